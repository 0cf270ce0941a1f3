import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n/translate';
import { cannedReplies, loadCanned, rendered, type CannedReply } from '../store/canned';
import { complain } from '../ui/Toast';

interface Picker {
  /** The replies that begin with what was typed. */
  shown: readonly CannedReply[];
  at: number;
  /** Takes a key of the text box; tells whether it was one of the list's. */
  key(e: KeyboardEvent): boolean;
  pick(reply: CannedReply): void;
}

/** Finds canned replies while the text is "/" and a part of a name. */
export function useCanned(text: string, conversation: string, put: (text: string) => void): Picker {
  const [at, setAt] = useState(0);
  const [closed, setClosed] = useState(false);
  const asks = /^\/\S*( \S*){0,3}$/.test(text);
  useEffect(() => {
    setAt(0);
    if (!asks) setClosed(false);
    else void loadCanned().catch((error: unknown) => complain(t('canned.failed'), error));
  }, [text]);
  const wanted = text.slice(1).toLocaleLowerCase();
  const shown = asks && !closed ? (cannedReplies.value ?? []).filter((r) => r.name.toLocaleLowerCase().includes(wanted)).slice(0, 8) : [];
  const pick = (reply: CannedReply) => {
    rendered(reply, conversation).then(put, (error: unknown) => complain(t('canned.failed'), error));
  };
  const key = (e: KeyboardEvent): boolean => {
    if (shown.length === 0 || e.ctrlKey || e.metaKey || e.isComposing) return false;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[e.key];
    if (step !== undefined) setAt((at + step + shown.length) % shown.length);
    else if (e.key === 'Enter' || e.key === 'Tab') {
      const reply = shown[at];
      if (reply) pick(reply);
    } else if (e.key === 'Escape') setClosed(true);
    else return false;
    e.preventDefault();
    e.stopPropagation();
    return true;
  };
  return { shown, at, key, pick };
}

/** The canned replies above the text box. */
export function CannedList({ picker }: { picker: Picker }) {
  if (picker.shown.length === 0) return null;
  return (
    <ul id="canned" class="canned" role="listbox" aria-label={t('canned.title')}>
      {picker.shown.map((reply, i) => (
        <li key={reply.id} id={`canned-${i}`} role="option" aria-selected={i === picker.at} onPointerDown={(e) => e.preventDefault()} onClick={() => picker.pick(reply)}>
          <strong>/{reply.name}</strong>
          <span class="one-line" dir="auto">
            {reply.text}
          </span>
        </li>
      ))}
    </ul>
  );
}
