// The open chat: who one talks to, what was said, where one writes.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Composer } from './Composer';
import { useScene } from './context';
import { Icon } from './icons';
import { Log } from './Log';

/** On a small screen the panel covers the page. */
function useCovers(): boolean {
  const query = useRef(matchMedia('(max-width: 480px)')).current;
  const [covers, set] = useState(query.matches);
  useEffect(() => {
    const turn = () => set(query.matches);
    query.addEventListener('change', turn);
    return () => query.removeEventListener('change', turn);
  }, []);
  return covers;
}

const reachable = 'button:not([disabled]), textarea:not([disabled]), a[href], audio[controls], video[controls], [tabindex="0"]';

export function Panel({ close, focus }: { close: () => void; focus: boolean }) {
  const { state, words, settings } = useScene();
  const panel = useRef<HTMLDivElement>(null);
  const covers = useCovers();
  const { line, agent } = state;

  useEffect(() => {
    if (focus) (panel.current?.querySelector<HTMLElement>('textarea') ?? panel.current)?.focus();
  }, []);

  const keys = (e: KeyboardEvent) => {
    if (e.key === 'Escape' && !e.defaultPrevented) {
      e.preventDefault();
      close();
    }
    if (e.key !== 'Tab' || !covers) return;
    // Nothing else can be seen: the focus stays in here.
    const list = [...(panel.current?.querySelectorAll<HTMLElement>(reachable) ?? [])].filter((el) => el.offsetParent);
    const [first, last] = [list[0], list.at(-1)];
    const now = (panel.current?.getRootNode() as ShadowRoot).activeElement;
    if (e.shiftKey ? now === first : now === last) {
      e.preventDefault();
      (e.shiftKey ? last : first)?.focus();
    }
  };
  return (
    <div ref={panel} class="panel" role="dialog" aria-label={settings.title} aria-modal={covers} tabIndex={-1} onKeyDown={keys}>
      <div class="head">
        <div class="head-names">
          <div class="head-title" dir="auto">
            {settings.title}
          </div>
          <div class="head-line">
            <span class={`dot dot-${line}`} aria-hidden="true" />
            <span dir="auto">{line === 'live' || line === 'idle' ? (agent ? words.withAgent(agent) : words.online) : line === 'connecting' ? words.connecting : words.waiting}</span>
          </div>
        </div>
        <More />
        <button type="button" class="bare head-button" aria-label={words.close} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      {line === 'lost' && (
        <div class="banner" role="status">
          {words.offline}
        </div>
      )}
      {line === 'refused' ? <Refusal /> : <Log />}
      {line !== 'refused' && <Composer />}
    </div>
  );
}

/** Why there is no chat. */
function Refusal() {
  const { state, words } = useScene();
  return (
    <div class="refusal" role="status">
      <Icon name="warn" size={28} />
      <p>{state.problem?.code === 'identity_required' ? words.identity : words.refused}</p>
    </div>
  );
}

/** What is seldom done. */
function More() {
  const { chat, state, words } = useScene();
  const [shown, show] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (shown) first.current?.focus();
  }, [shown]);
  if (state.conversation?.state !== 'open') return null;
  const hide = () => {
    show(false);
    button.current?.focus();
  };
  return (
    <div
      class="more"
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !shown) return;
        e.preventDefault();
        hide();
      }}
    >
      <button ref={button} type="button" class="bare head-button" aria-label={words.menu} aria-expanded={shown} onClick={() => show(!shown)}>
        <Icon name="more" />
      </button>
      {shown && (
        <div class="sheet" role="group" aria-label={words.end}>
          <p>{words.endSure}</p>
          <div class="sheet-buttons">
            <button ref={first} type="button" class="plain" onClick={hide}>
              {words.cancel}
            </button>
            <button
              type="button"
              class="solid"
              onClick={() => {
                hide();
                chat.end().catch(() => undefined); // offline: it can be asked again
              }}
            >
              {words.endYes}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
