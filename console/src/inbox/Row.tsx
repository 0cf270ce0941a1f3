import { myID } from '../auth/session';
import { ago, fullTime } from '../i18n/dates';
import { t } from '../i18n/translate';
import { follow, href } from '../router/router';
import { conversation, type Conversation } from '../store/conversations';
import { agents, channels } from '../store/directory';
import { drafts } from '../store/drafts';
import { Avatar, initials } from '../ui/Avatar';
import { ChannelMark, kindName } from '../ui/ChannelMark';
import { Icon } from '../ui/Icon';
import { previewText, typeIcon } from './preview';
import { closing, contactName, countdownText, statusLook, statusName, windowClosing } from './status';

interface Props {
  id: string;
  view: string;
  query: URLSearchParams;
  open: boolean;
  /** The keyboard is at it. */
  cursor: boolean;
}

/**
 * A conversation in the list. It reads signals and has no state of its own, so
 * it is drawn again only when its properties or what it shows change.
 */
export function Row({ id, view, query, open, cursor }: Props) {
  const c = conversation(id)?.value;
  if (!c) return null;
  const name = contactName(c.contact);
  const channel = channels.value.get(c.channel_id);
  const at = c.last_message?.at ?? c.updated_at;
  const draft = drafts.value.get(id);
  const classes = `row ${open ? 'row-open' : ''} ${cursor ? 'row-cursor' : ''} ${c.unread_count > 0 ? 'row-unread' : ''}`;
  return (
    <a class={classes} href={href(`/inbox/${view}/${id}`, query)} data-id={id} aria-current={open ? 'true' : undefined} onClick={follow}>
      <Avatar id={c.contact.id} name={name}>
        <span class="row-mark">
          <ChannelMark kind={channel?.kind ?? ''} label={false} />
        </span>
      </Avatar>
      <span class="row-body">
        <span class="row-line">
          <strong class="row-name one-line" dir="auto">
            {name}
          </strong>
          {c.needs_attention && <Icon name="warning" size={14} label={t('row.attention')} class="danger" />}
          {(c.priority === 'high' || c.priority === 'urgent') && <Icon name="flag" size={13} label={t(`priority.${c.priority}`)} class={c.priority === 'urgent' ? 'danger' : 'warn'} />}
          <time class="row-time" dateTime={at} title={fullTime(at)}>
            {ago(at)}
          </time>
        </span>
        <span class="row-line row-meta">
          <span class={`state state-${statusLook(c.status).tone}`}>
            <Icon name={statusLook(c.status).icon} size={12} />
            {statusName(c.status)}
          </span>
          <span class="one-line">{facts(c, channel?.kind)}</span>
          <RowCountdown c={c} />
          {c.assignee_id && <Assignee id={c.assignee_id} />}
        </span>
        <span class="row-line">
          <span class="row-preview one-line" dir="auto">
            {draft ? (
              <>
                <em class="row-draft">{t('row.draft')}</em> {draft.text}
              </>
            ) : (
              <Preview c={c} />
            )}
          </span>
          {c.unread_count > 0 && (
            <span class="badge">
              {c.unread_count > 99 ? '99+' : c.unread_count}
              <span class="hidden"> {t('row.unread', { count: c.unread_count })}</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
}

function facts(c: Conversation, kind: string | undefined): string {
  const parts = [kindName(kind ?? '')];
  if (c.session === 'ended') parts.push(t('session.ended'));
  return parts.filter(Boolean).join(' · ');
}

/** What is counted down: the close always, the reply window in its last hour. */
function RowCountdown({ c }: { c: Conversation }) {
  const close = closing(c);
  const open = windowClosing(c);
  const shown = close ?? (open && open.seconds < 3600 ? open : null);
  if (!shown) return null;
  return <span class={`count-down ${shown.seconds < 3600 ? 'count-down-soon' : ''}`}>{countdownText(shown)}</span>;
}

function Assignee({ id }: { id: string }) {
  const mine = id === myID.value;
  const name = agents.value.get(id)?.name ?? '';
  return (
    <span class="row-assignee" title={mine ? t('row.mine') : t('row.assignee', { name })}>
      {mine ? t('row.me') : initials(name)}
    </span>
  );
}

function Preview({ c }: { c: Conversation }) {
  const last = c.last_message;
  if (!last) return <>{t('row.nothing')}</>;
  const icon = typeIcon(last.type);
  return (
    <>
      {last.direction === 'outbound' && <span class="row-you">{last.author.id === myID.value && myID.value ? t('row.you') : (last.author.name ?? t('author.business'))}: </span>}
      {icon && <Icon name={icon} size={13} class="inline" />}
      {previewText(last)}
    </>
  );
}
