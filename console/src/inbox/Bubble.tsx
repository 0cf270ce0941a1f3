import { myID } from '../auth/session';
import { clockTime, fullTime, shortTime } from '../i18n/dates';
import { t, type Key } from '../i18n/translate';
import type { Conversation } from '../store/conversations';
import { agents, channels, connectors } from '../store/directory';
import { draftOf, keepDraft } from '../store/drafts';
import { again, discard, type Leaving, type Message } from '../store/outbox';
import { Button } from '../ui/Button';
import { Icon, type IconName } from '../ui/Icon';
import { Linked } from '../ui/Linked';
import { Menu, type MenuItem } from '../ui/Menu';
import { cancel, copy, react, resend } from './actions';
import { Content } from './Content';
import type { Picture } from './Lightbox';

interface Props {
  message: Message;
  /** The first and the last of a run of one sender. */
  first: boolean;
  last: boolean;
  c: Conversation;
  show(picture: Picture): void;
}

/** A message as it was said, with what became of it. */
export function MessageBubble({ message: m, first, last, c, show }: Props) {
  const side = m.internal ? 'note' : m.direction === 'inbound' ? 'in' : 'out';
  const trouble = m.status === 'failed' || m.status === 'unknown';
  return (
    <article class={`message message-${side} ${first ? 'message-first' : ''} ${m.type === 'system' ? 'message-system' : ''}`} id={`m-${m.id}`} data-status={m.status} aria-label={messageLabel(m)}>
      {first && side !== 'in' && <p class="message-author">{authorLine(m)}</p>}
      <div class="message-line">
        <div class={`bubble bubble-${side} ${trouble ? 'bubble-trouble' : ''} ${m.deleted_at ? 'bubble-deleted' : ''}`}>
          {m.reply_to && <Quote message={m} />}
          {m.deleted_at ? (
            <p class="deleted">
              <Icon name="trash" size={14} />
              {t('message.deleted')}
            </p>
          ) : (
            <Content message={m} show={show} />
          )}
          <Foot message={m} full={last && !trouble} />
        </div>
        <Actions message={m} c={c} />
      </div>
      {m.reactions.length > 0 && (
        <ul class="reactions" aria-label={t('message.reactions')}>
          {m.reactions.map((r, i) => (
            <li key={i} title={r.author.name ?? undefined}>
              {r.emoji}
              <span class="hidden"> {r.author.name ?? ''}</span>
            </li>
          ))}
        </ul>
      )}
      {trouble && <Trouble message={m} />}
      {m.losses.length > 0 && last && (
        <p class="losses">
          <Icon name="info" size={13} />
          {t('message.losses', { what: m.losses.map((l) => l.detail).join('; ') })}
        </p>
      )}
    </article>
  );
}

function authorName(m: Message): string {
  if (m.author.type === 'agent') return m.author.id && m.author.id === myID.value ? t('author.you') : (agents.value.get(m.author.id ?? '')?.name ?? m.author.name ?? t('author.agent'));
  if (m.author.type === 'external') return m.author.name ?? t('author.external');
  if (m.author.type === 'system') return m.author.name ?? t('author.hub');
  return m.author.name ?? t('author.contact');
}

function authorLine(m: Message) {
  return (
    <>
      {m.internal && (
        <>
          <Icon name="note" size={13} /> {t('message.note')} ·{' '}
        </>
      )}
      <span dir="auto">{authorName(m)}</span>
    </>
  );
}

/** What a screen reader says first. */
function messageLabel(m: Message): string {
  return t(m.internal ? 'message.noteLabel' : 'message.label', { name: authorName(m), time: shortTime(m.sent_at) });
}

function Quote({ message: m }: { message: Message }) {
  const target = m.reply_to?.message_id;
  const text = m.reply_to?.text || t('message.quoted');
  const jump = () => {
    const el = document.getElementById(`m-${target}`);
    el?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    el?.classList.remove('message-flash');
    // A frame apart, so that the animation begins again.
    requestAnimationFrame(() => el?.classList.add('message-flash'));
  };
  return target ? (
    <button type="button" class="quote" onClick={jump} dir="auto" title={t('message.jump')}>
      {text}
    </button>
  ) : (
    <p class="quote" dir="auto">
      {text}
    </p>
  );
}

const stateIcons: Record<Message['status'], IconName | null> = {
  received: null, queued: 'clock', sending: 'send', sent: 'check', delivered: 'checks', read: 'checks', failed: 'warning', unknown: 'question',
};

/** The time, and how far the message has got. */
function Foot({ message: m, full }: { message: Message; full: boolean }) {
  const icon = m.internal ? null : stateIcons[m.status];
  const name = m.internal || m.direction === 'inbound' ? '' : m.send_at && m.status === 'queued' ? t('message.scheduled', { time: shortTime(m.send_at) }) : t(`delivery.${m.status}` as Key);
  return (
    <p class="bubble-foot">
      {m.forwarded && <span>{t('message.forwarded')}</span>}
      {m.edited_at && !m.deleted_at && <span title={fullTime(m.edited_at)}>{t('message.edited')}</span>}
      <time dateTime={m.sent_at} title={fullTime(m.sent_at)}>
        {clockTime(m.sent_at)}
      </time>
      {icon && (
        <span class={`delivery delivery-${m.status}`} title={name}>
          <Icon name={icon} size={14} />
          <span class={full ? '' : 'hidden'}>{name}</span>
        </span>
      )}
    </p>
  );
}

/** What can be done with a message. */
function Actions({ message: m, c }: { message: Message; c: Conversation }) {
  const text = m.text ?? '';
  const items: MenuItem[] = [];
  if (!m.internal && !m.deleted_at && c.status !== 'closed') {
    items.push({ id: 'reply', label: t('message.reply'), icon: 'reply', run: () => quote(m, c) });
  }
  if (text) items.push({ id: 'copy', label: t('action.copy'), icon: 'copy', run: () => void copy(text) });
  if (m.direction === 'outbound' && !m.internal && m.status === 'queued') items.push({ id: 'cancel', label: t('message.takeBack'), icon: 'close', run: () => void cancel(m.id) });
  items.push(...reacting(m, c));
  if (items.length === 0) return null;
  return (
    <Menu label={t('message.actions')} buttonLabel={t('message.actions')} buttonClass="message-menu" items={items} align={m.direction === 'inbound' ? 'start' : 'end'}>
      <Icon name="more" size={16} />
    </Menu>
  );
}

const quickReactions = ['👍', '❤️', '😂', '🎉', '🙏'];

/** Reactions, where the platform takes some; the one that is ours is marked. */
function reacting(m: Message, c: Conversation): MenuItem[] {
  const kind = channels.value.get(m.channel_id)?.kind ?? '';
  const atPlatform = m.direction === 'inbound' || Boolean(m.external_id);
  if (!connectors.value.get(kind)?.capabilities.reactions || m.internal || m.deleted_at || !atPlatform || c.status === 'closed') return [];
  const ours = m.reactions.find((r) => r.author.type !== 'contact')?.emoji;
  const all = ours && !quickReactions.includes(ours) ? [ours, ...quickReactions] : quickReactions;
  return all.map((emoji, i) => ({
    id: `react-${i}`, label: t('message.react', { emoji }), apart: i === 0, selected: emoji === ours,
    run: () => void react(m.id, emoji === ours ? null : emoji),
  }));
}

function quote(m: Message, c: Conversation): void {
  keepDraft(c.id, { ...draftOf(c.id), note: false, replyTo: m.id });
  document.querySelector<HTMLElement>('.composer-text')?.focus();
}

/** Why a message did not arrive, or that nobody knows; and what to do. */
function Trouble({ message: m }: { message: Message }) {
  const unknown = m.status === 'unknown';
  const reason = m.error ? t(`failure.${m.error.code}` as Key) : '';
  return (
    <div class="trouble" role="group" aria-label={t(unknown ? 'delivery.unknown' : 'delivery.failed')}>
      <p>
        <Icon name={unknown ? 'question' : 'warning'} size={15} />
        <span>
          <strong>{unknown ? t('trouble.unknown') : t('trouble.failed')}</strong> {unknown ? t('trouble.unknownText') : reason}
          {m.error?.message && !unknown && <span class="trouble-detail"> {m.error.message}</span>}
          {m.error?.provider_code && <code> {t('trouble.code', { code: m.error.provider_code })}</code>}
        </span>
      </p>
      {m.resent_as ? (
        <p class="quiet">{t('trouble.resent')}</p>
      ) : (
        <p class="trouble-actions">
          <Button size="small" icon="retry" onClick={() => void resend(m.id)}>
            {unknown ? t('trouble.sendAgain') : t('action.retry')}
          </Button>
          {m.text && (
            <Button size="small" kind="quiet" icon="edit" onClick={() => edit(m.conversation_id, m.text ?? '')}>
              {t('action.edit')}
            </Button>
          )}
          {m.text && (
            <Button size="small" kind="quiet" icon="copy" onClick={() => void copy(m.text ?? '')}>
              {t('action.copy')}
            </Button>
          )}
        </p>
      )}
    </div>
  );
}

function edit(conversation: string, text: string): void {
  keepDraft(conversation, { ...draftOf(conversation), text, note: false });
  document.querySelector<HTMLElement>('.composer-text')?.focus();
}

/** A message that the hub does not have yet. */
export function LeavingBubble({ leaving: l }: { leaving: Leaving }) {
  const side = l.body.internal ? 'note' : 'out';
  const text = l.body.text ?? (l.body.template ? l.body.template.name : '');
  return (
    <article class={`message message-${side} message-first`} data-status={l.state} aria-label={t('message.label', { name: t('author.you'), time: clockTime(l.at) })}>
      <p class="message-author">
        {l.body.internal && (
          <>
            <Icon name="note" size={13} /> {t('message.note')} ·{' '}
          </>
        )}
        {t('author.you')}
      </p>
      <div class="message-line">
        <div class={`bubble bubble-${side} ${l.state === 'refused' ? 'bubble-trouble' : 'bubble-leaving'}`}>
          {l.files.map((f) => (
            <p key={f.name} class="file-line">
              <Icon name="file" size={16} />
              <span class="one-line">{f.name}</span>
            </p>
          ))}
          {text && (
            <p class="text" dir="auto">
              <Linked text={text} />
            </p>
          )}
          <p class="bubble-foot">
            <time dateTime={l.at}>{clockTime(l.at)}</time>
            <span class="delivery">
              <Icon name={l.state === 'refused' ? 'warning' : l.state === 'waiting' ? 'offline' : 'clock'} size={14} />
              {t(`leaving.${l.state}`)}
            </span>
          </p>
        </div>
      </div>
      {l.state === 'refused' && (
        <div class="trouble" role="group" aria-label={t('leaving.refused')}>
          <p>
            <Icon name="warning" size={15} />
            <span>
              <strong>{t('trouble.refused')}</strong> {l.why}
            </span>
          </p>
          <p class="trouble-actions">
            <Button size="small" icon="retry" onClick={() => again(l.key)}>
              {t('action.retry')}
            </Button>
            {l.body.text && (
              <Button
                size="small"
                kind="quiet"
                icon="edit"
                onClick={() => {
                  edit(l.conversation, l.body.text ?? '');
                  discard(l.key);
                }}
              >
                {t('action.edit')}
              </Button>
            )}
            <Button size="small" kind="quiet" icon="trash" onClick={() => discard(l.key)}>
              {t('action.discard')}
            </Button>
          </p>
        </div>
      )}
    </article>
  );
}
