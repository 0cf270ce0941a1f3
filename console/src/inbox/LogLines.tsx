import { useState } from 'preact/hooks';
import { clockTime, fullTime } from '../i18n/dates';
import { isKey, t } from '../i18n/translate';
import { myID } from '../auth/session';
import { agents } from '../store/directory';
import type { Transition } from '../store/thread';
import { Icon, type IconName } from '../ui/Icon';
import { statusLook, statusName } from './status';

const foldFrom = 4; // lines; fewer are shown as they are

/** What happened between two messages, a grey line each. */
export function LogLines({ lines, contact }: { lines: readonly Transition[]; contact: string }) {
  const [open, setOpen] = useState(false);
  const folded = lines.length >= foldFrom && !open;
  const shown = folded ? lines.slice(-1) : lines;
  return (
    <ul class="log-lines">
      {lines.length >= foldFrom && (
        <li>
          <button type="button" class="log-fold" aria-expanded={open} onClick={() => setOpen(!open)}>
            <Icon name={open ? 'up' : 'down'} size={13} />
            {open ? t('log.fold') : t('log.more', { count: lines.length - 1 })}
          </button>
        </li>
      )}
      {shown.map((line) => (
        <li key={line.id} class="log-line" title={fullTime(line.at)}>
          <Icon name={lineIcon(line)} size={13} />
          <span dir="auto">{lineText(line, contact)}</span>
          <time dateTime={line.at}>{clockTime(line.at)}</time>
        </li>
      ))}
    </ul>
  );
}

function lineIcon(line: Transition): IconName {
  if (line.session) return 'clock';
  if (line.from !== line.to) return statusLook(line.to).icon;
  return 'user';
}

/** What happened, who did it and why: one sentence. */
export function lineText(line: Transition, contact: string): string {
  const key = `cause.${line.cause}`;
  const agent = agents.value.get(line.detail ?? '');
  const cause = isKey(key) ? t(key, { who: actor(line, contact), agent: agent?.name ?? line.detail ?? '' }) : line.cause;
  if (line.session) return line.session.to === 'active' ? t('log.active') : cause;
  if (line.from !== line.to) return t('log.moved', { status: statusName(line.to), cause });
  return line.detail && !agent ? `${cause} (${line.detail})` : cause;
}

function actor(line: Transition, contact: string): string {
  if (line.actor.type === 'agent') return line.actor.id && line.actor.id === myID.value ? t('author.you') : (agents.value.get(line.actor.id ?? '')?.name ?? line.actor.name ?? t('author.agent'));
  if (line.actor.type === 'contact') return line.actor.name ?? contact;
  return t('author.hub');
}
