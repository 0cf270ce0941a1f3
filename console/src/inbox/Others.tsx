import { useEffect, useRef } from 'preact/hooks';
import { t, type Key } from '../i18n/translate';
import { look, viewers } from '../store/viewing';

const quiet = 60_000; // milliseconds in which the same is not read out again

/** Which other agents look at the conversation or write in it; and they hear that the user does. */
export function Others({ id }: { id: string }) {
  useEffect(() => look(id), [id]);
  const list = viewers(id).value;
  const names = (typing: boolean) => list.filter((v) => v.typing === typing).map((v) => v.name || t('author.agent'));
  const text = [said('typing', names(true)), said('viewing', names(false))].filter(Boolean).join(' · ');
  const spoken = useSpoken(text);
  return (
    <div class="others">
      <span class="one-line" dir="auto" aria-hidden="true" title={text}>
        {text}
      </span>
      <span class="hidden" aria-live="polite">
        {spoken}
      </span>
    </div>
  );
}

function said(what: 'viewing' | 'typing', [first = '', second = '', ...rest]: string[]): string {
  if (!first) return '';
  if (!second) return t(`others.${what}.one` as Key, { first });
  if (rest.length === 0) return t(`others.${what}.two` as Key, { first, second });
  return t(`others.${what}.more` as Key, { first, count: rest.length + 1 });
}

/** What is read out: who stops and goes on every other second is told of once. */
function useSpoken(text: string): string {
  const at = useRef(new Map<string, number>());
  const spoken = useRef('');
  const now = Date.now();
  if (!text) spoken.current = '';
  else if (now - (at.current.get(text) ?? -quiet) >= quiet) {
    at.current.set(text, now);
    spoken.current = text;
  }
  return spoken.current;
}
