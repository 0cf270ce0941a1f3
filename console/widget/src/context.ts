// What every part of the chat needs.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Chat, State } from '../../../sdk/src/webchat';
import type { Words } from './en';
import type { Settings } from './settings';

export interface Scene {
  chat: Chat;
  state: State;
  words: Words;
  settings: Settings;
}

const Context = createContext<Scene | null>(null);

export const SceneProvider = Context.Provider;

export function useScene(): Scene {
  const scene = useContext(Context);
  if (!scene) throw new Error('not within a scene');
  return scene;
}
