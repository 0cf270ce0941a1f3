import { useState } from 'preact/hooks';
import { may, myID } from '../auth/session';
import { t } from '../i18n/translate';
import type { Conversation, Status } from '../store/conversations';
import { agents, channels, groups, loadAgents } from '../store/directory';
import { priorities } from '../store/query';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { ChannelMark, kindName } from '../ui/ChannelMark';
import { Icon } from '../ui/Icon';
import { Menu, type MenuItem } from '../ui/Menu';
import { assign, endSession, setFacts, setStatus, take } from './actions';
import { closing, contactName, countdownText, statusLook, statusName, windowClosing } from './status';
import { StyleDialog } from './StyleDialog';

/** Where a conversation may go from where it is, as an agent. */
export function nextStatuses(c: Conversation): Status[] {
  if (c.status === 'closed') return [];
  const all: Status[] = ['open', 'pending', 'on_hold', 'solved'];
  const next = all.filter((s) => s !== c.status);
  return c.status === 'solved' && may('admin') ? [...next, 'closed'] : next;
}

const statusKeys: Partial<Record<Status, string>> = { pending: 'P', on_hold: 'H', solved: 'E' };

/** Who it is, what state it is in, who has it, and what happens next. */
export function ThreadHead({ c, back, details }: { c: Conversation; back(): void; details(): void }) {
  const channel = channels.value.get(c.channel_id);
  return (
    <header class="thread-head">
      <div class="thread-top">
        <Button class="only-narrow" kind="quiet" icon="back" aria-label={t('thread.back')} onClick={back} />
        <Avatar id={c.contact.id} name={contactName(c.contact)} />
        <div class="thread-who">
          <h2 class="one-line" dir="auto">
            {contactName(c.contact)}
          </h2>
          <p class="one-line">
            <ChannelMark kind={channel?.kind ?? ''} label={false} /> <span dir="auto">{channel?.name ?? kindName(channel?.kind ?? '')}</span>
          </p>
        </div>
        <StatusMenu c={c} />
        {c.status !== 'solved' && c.status !== 'closed' && (
          <Button class="solve" kind="primary" icon="check" title={`${t('action.solve')} (E)`} aria-label={t('action.solve')} onClick={() => void setStatus(c, 'solved')}>
            {t('action.solve')}
          </Button>
        )}
        <MoreMenu c={c} />
        <Button class="only-below-details" kind="quiet" icon="panel" aria-label={t('details.open')} onClick={details} />
      </div>
      <Facts c={c} />
    </header>
  );
}

function StatusMenu({ c }: { c: Conversation }) {
  const look = statusLook(c.status);
  const items = nextStatuses(c).map(
    (status): MenuItem => ({
      id: status,
      label: t(status === 'open' && c.status === 'solved' ? 'action.reopen' : `action.to.${status}`),
      icon: statusLook(status).icon,
      keys: statusKeys[status],
      run: () => void setStatus(c, status),
    }),
  );
  return (
    <Menu label={t('thread.status')} buttonLabel={`${t('thread.status')}: ${statusName(c.status)}`} buttonClass={`status status-${look.tone}`} items={items} disabled={items.length === 0} align="end" name="status">
      <Icon name={look.icon} size={15} />
      <span>{statusName(c.status)}</span>
      {items.length > 0 && <Icon name="down" size={14} />}
    </Menu>
  );
}

function MoreMenu({ c }: { c: Conversation }) {
  const closed = c.status === 'closed';
  const items: MenuItem[] = priorities.map((priority) => ({
    id: priority,
    label: t(`priority.${priority}`),
    icon: 'flag',
    selected: c.priority === priority,
    run: () => void setFacts(c, { priority }),
  }));
  if (!closed && c.session !== 'ended') {
    items.push({ id: 'end', label: t('action.endSession'), hint: t('action.endSessionHint'), icon: 'exit', apart: true, run: () => void endSession(c) });
  }
  return (
    <Menu label={t('thread.more')} buttonLabel={t('thread.more')} buttonClass="button button-quiet button-normal button-bare" items={items} align="end">
      <Icon name="more" />
    </Menu>
  );
}

const headerWindow = 4 * 3600; // seconds; a window that is open longer is told in the details

/** The line below: assignee, group, style with its countdown, reply window. */
function Facts({ c }: { c: Conversation }) {
  const [styling, setStyling] = useState(false);
  const close = closing(c);
  const open = windowClosing(c);
  return (
    <div class="thread-facts">
      <AssigneeMenu c={c} />
      <GroupMenu c={c} />
      <button type="button" class="fact" onClick={() => setStyling(true)} title={t(`style.${c.style.name}.solved`)} aria-haspopup="dialog">
        <Icon name="history" size={14} />
        <span>{t(`style.${c.style.name}`)}</span>
      </button>
      {close && <span class={`fact fact-countdown ${close.seconds < 3600 ? 'fact-soon' : ''}`}>{countdownText(close)}</span>}
      {open && open.seconds < headerWindow && (
        <span class={`fact fact-countdown ${open.seconds < 7200 ? 'fact-soon' : ''}`}>
          <Icon name="clock" size={14} />
          {countdownText(open)}
        </span>
      )}
      {c.session === 'ended' && c.status !== 'closed' && <span class="fact fact-soon">{t('session.endedLong')}</span>}
      {styling && <StyleDialog c={c} onClose={() => setStyling(false)} />}
    </div>
  );
}

function AssigneeMenu({ c }: { c: Conversation }) {
  const name = c.assignee_id ? (c.assignee_id === myID.value ? t('author.you') : (agents.value.get(c.assignee_id)?.name ?? t('author.agent'))) : t('thread.nobody');
  const list = [...agents.value.values()].sort((a, b) => Number(b.id === myID.value) - Number(a.id === myID.value) || a.name.localeCompare(b.name));
  const items: MenuItem[] = list.map((a) => ({
    id: a.id,
    label: a.id === myID.value ? t('thread.me', { name: a.name }) : a.name,
    hint: `${t(`availability.${a.availability}`)} · ${t('availability.load', { load: a.load, capacity: a.capacity.messaging })}`,
    mark: <span class={`presence presence-${a.availability}`} aria-hidden="true" />,
    selected: a.id === c.assignee_id,
    keys: a.id === myID.value ? 'M' : undefined,
    run: () => void (a.id === myID.value ? take(c) : assign(c, a.id)),
  }));
  if (c.assignee_id) items.push({ id: 'none', label: t('thread.toQueue'), icon: 'queue', apart: true, run: () => void assign(c, null) });
  return (
    <span onPointerEnter={() => void loadAgents().catch(() => undefined)}>
      <Menu label={t('thread.assignee')} buttonLabel={`${t('thread.assignee')}: ${name}`} buttonClass="fact" items={items} disabled={c.status === 'closed' || items.length === 0} name="assign">
        <Icon name="user" size={14} />
        <span class="one-line">{name}</span>
        <Icon name="down" size={12} />
      </Menu>
    </span>
  );
}

function GroupMenu({ c }: { c: Conversation }) {
  if (groups.value.size === 0 && !c.group_id) return null;
  const items: MenuItem[] = [...groups.value.values()].map((g) => ({ id: g.id, label: g.name, icon: 'users', selected: g.id === c.group_id, run: () => void setFacts(c, { group_id: g.id }) }));
  if (c.group_id) items.push({ id: 'none', label: t('thread.noGroup'), icon: 'close', apart: true, run: () => void setFacts(c, { group_id: null }) });
  const name = c.group_id ? (groups.value.get(c.group_id)?.name ?? t('thread.group')) : t('thread.noGroup');
  return (
    <Menu label={t('thread.group')} buttonLabel={`${t('thread.group')}: ${name}`} buttonClass="fact" items={items} disabled={c.status === 'closed'}>
      <Icon name="users" size={14} />
      <span class="one-line">{name}</span>
      <Icon name="down" size={12} />
    </Menu>
  );
}
