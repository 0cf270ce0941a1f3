import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../api/client';
import { ago, fullTime, shortTime, stretch } from '../i18n/dates';
import { t } from '../i18n/translate';
import { follow, href, place } from '../router/router';
import { Decision, type RoutingDecision } from '../routing/Decision';
import { conversation, keep, type Conversation } from '../store/conversations';
import { channels } from '../store/directory';
import { onEvent } from '../store/live';
import { openThread } from '../store/thread';
import { Avatar } from '../ui/Avatar';
import { ChannelMark, kindName } from '../ui/ChannelMark';
import { Chip } from '../ui/Chip';
import { Skeleton } from '../ui/Empty';
import { Icon } from '../ui/Icon';
import { changeTags, setFacts } from './actions';
import { lineText } from './LogLines';
import { Person } from './Person';
import { previewText } from './preview';
import { closing, contactName, countdownText, statusLook, statusName, windowClosing } from './status';
import { StyleDialog } from './StyleDialog';

/** What is known of a conversation and of who it is with. */
export function Details({ id }: { id: string }) {
  const c = conversation(id)?.value;
  if (!c) return <Skeleton lines={8} />;
  return (
    <div class="details-body">
      <Who c={c} />
      <StyleSection c={c} />
      <Tags c={c} />
      <Notes c={c} />
      <Earlier c={c} />
      <Why c={c} />
      <Figures c={c} />
      <Log c={c} />
    </div>
  );
}

function Section({ title, count, open = true, children }: { title: string; count?: number | undefined; open?: boolean; children: ComponentChildren }) {
  return (
    <details class="section" open={open}>
      <summary>
        <h3>{title}</h3>
        {count !== undefined && count > 0 && <span class="nav-count">{count}</span>}
        <Icon name="down" size={14} />
      </summary>
      <div class="section-body">{children}</div>
    </details>
  );
}

function useContact(id: string): [Schema['Contact'] | null, (contact: Schema['Contact']) => void] {
  const [contact, setContact] = useState<Schema['Contact'] | null>(null);
  useEffect(() => {
    let gone = false;
    setContact(null);
    api.get('/v1/contacts/{contact_id}', { path: { contact_id: id } }).then(
      (answer) => !gone && setContact(answer),
      () => undefined, // what the conversation itself tells is shown
    );
    const end = onEvent((e) => {
      if (e.contact?.id === id) setContact(e.contact);
    });
    return () => {
      gone = true;
      end();
    };
  }, [id]);
  return [contact, setContact];
}

function Who({ c }: { c: Conversation }) {
  const [contact, setContact] = useContact(c.contact.id);
  const facts: [string, string | null | undefined][] = [
    [t('details.phone'), contact?.phone],
    [t('details.username'), contact?.username],
    [t('details.locale'), contact?.locale],
    [t('details.since'), contact ? shortTime(contact.created_at) : null],
  ];
  const consents = Object.entries(contact?.consents ?? {}).filter(([, v]) => v === 'blocked' || v === 'opted_out');
  return (
    <section class="who-section">
      <Avatar id={c.contact.id} name={contactName(c.contact)} size="large" />
      <h2 dir="auto">{contactName(c.contact)}</h2>
      {consents.map(([category, v]) => (
        <Chip key={category} tone="danger" icon="warning">
          {t(v === 'blocked' ? 'details.blocked' : 'details.optedOut')}
        </Chip>
      ))}
      <ul class="identities" aria-label={t('details.identities')}>
        {(contact?.identities ?? [{ channel_id: c.channel_id, external_id: c.contact.external_id }]).map((i) => {
          const channel = channels.value.get(i.channel_id);
          return (
            <li key={`${i.channel_id} ${i.external_id}`}>
              <ChannelMark kind={channel?.kind ?? ''} />
              <span class="one-line" title={channel?.name}>
                {channel?.name ?? kindName(channel?.kind ?? '')}
              </span>
              <code class="one-line" title={i.external_id}>
                {i.external_id}
              </code>
            </li>
          );
        })}
      </ul>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd dir="auto">{value}</dd>
              </div>
            ),
        )}
      </dl>
      {contact && contact.tags.length > 0 && (
        <p class="chips">
          {contact.tags.map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </p>
      )}
      {contact && <Person contact={contact} onChange={setContact} />}
    </section>
  );
}

function StyleSection({ c }: { c: Conversation }) {
  const [changing, setChanging] = useState(false);
  const close = closing(c);
  const open = windowClosing(c);
  return (
    <Section title={t('details.style')}>
      <p>
        <strong>{t(`style.${c.style.name}`)}</strong>
      </p>
      <p class="quiet">{t(`style.${c.style.name}.solved`)}</p>
      {close && (
        <p class={`big-countdown ${close.seconds < 3600 ? 'warn' : ''}`} title={fullTime(close.at)}>
          <Icon name="clock" size={16} />
          {countdownText(close)}
        </p>
      )}
      {c.closed_at && <p>{t('details.closedAt', { time: shortTime(c.closed_at) })}</p>}
      {open && (
        <p class={`big-countdown ${open.seconds < 7200 ? 'warn' : ''}`} title={fullTime(open.at)}>
          <Icon name="reply" size={16} />
          {countdownText(open)}
        </p>
      )}
      {!c.reply_window.open && c.status !== 'closed' && (
        <p class="big-countdown warn">
          <Icon name="lock" size={16} />
          {t('countdown.windowEnds')}
        </p>
      )}
      {c.reopen_count > 0 && <p class="quiet">{t('details.reopened', { count: c.reopen_count })}</p>}
      {c.status !== 'closed' && (
        <button type="button" class="link" aria-haspopup="dialog" onClick={() => setChanging(true)}>
          {t('details.changeStyle')}
        </button>
      )}
      {changing && <StyleDialog c={c} onClose={() => setChanging(false)} />}
    </Section>
  );
}

function Tags({ c }: { c: Conversation }) {
  const [text, setText] = useState('');
  const [subject, setSubject] = useState(c.subject ?? '');
  useEffect(() => setSubject(c.subject ?? ''), [c.id, c.subject]);
  const add = (e: Event) => {
    e.preventDefault();
    const tag = text.trim();
    setText('');
    if (tag && !c.tags.includes(tag)) void changeTags(c.id, (tags) => [...tags, tag]);
  };
  return (
    <Section title={t('details.tags')} count={c.tags.length}>
      <p class="chips">
        {c.tags.map((tag) => (
          <Chip key={tag} onRemove={() => void changeTags(c.id, (tags) => tags.filter((other) => other !== tag))} removeLabel={t('details.removeTag', { tag })}>
            {tag}
          </Chip>
        ))}
      </p>
      <form class="inline-form" onSubmit={add}>
        <input class="input" aria-label={t('details.addTag')} placeholder={t('details.addTag')} maxLength={100} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </form>
      <input
        class="input"
        dir="auto"
        aria-label={t('details.subject')}
        placeholder={t('details.subject')}
        maxLength={500}
        value={subject}
        onInput={(e) => setSubject(e.currentTarget.value)}
        onChange={() => subject.trim() !== (c.subject ?? '') && void setFacts(c, { subject: subject.trim() || null })}
      />
    </Section>
  );
}

function Notes({ c }: { c: Conversation }) {
  const notes = openThread(c.id).messages.value.filter((m) => m.internal);
  if (notes.length === 0) return null;
  return (
    <Section title={t('details.notes')} count={notes.length}>
      <ul class="notes">
        {notes.slice(-5).map((m) => (
          <li key={m.id}>
            <button type="button" onClick={() => document.getElementById(`m-${m.id}`)?.scrollIntoView({ block: 'center', behavior: 'smooth' })}>
              <span dir="auto">{previewText(m)}</span>
              <small>
                {m.author.name} · {shortTime(m.sent_at)}
              </small>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Earlier({ c }: { c: Conversation }) {
  const [list, setList] = useState<Conversation[]>();
  useEffect(() => {
    let gone = false;
    setList(undefined);
    api.get('/v1/contacts/{contact_id}/conversations', { path: { contact_id: c.contact.id }, query: { limit: 20 } }).then(
      (page) => {
        for (const other of page.data) keep(other);
        if (!gone) setList(page.data);
      },
      () => !gone && setList([]),
    );
    return () => {
      gone = true;
    };
  }, [c.contact.id, c.id]);
  const others = list?.filter((other) => other.id !== c.id);
  if (others?.length === 0) return null;
  const view = place.value.path.split('/')[2] ?? 'all';
  return (
    <Section title={t('details.conversations')} count={others?.length}>
      {!others ? (
        <Skeleton lines={2} />
      ) : (
        <ul class="earlier">
          {others.map((other) => (
            <li key={other.id}>
              <a href={href(`/inbox/${view}/${other.id}`, place.value.query)} onClick={follow}>
                <Icon name={statusLook(other.status).icon} size={14} label={statusName(other.status)} />
                <span class="one-line" dir="auto">
                  {other.subject || (other.last_message ? previewText(other.last_message) : statusName(other.status))}
                </span>
                <time dateTime={other.updated_at} title={fullTime(other.updated_at)}>
                  {ago(other.updated_at)}
                </time>
                {(other.id === c.follow_up_of || other.follow_up_of === c.id) && <Icon name="link" size={13} label={t(other.id === c.follow_up_of ? 'details.before' : 'details.after')} />}
              </a>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Who was asked and who got it, and why. */
function Why({ c }: { c: Conversation }) {
  const [list, setList] = useState<RoutingDecision[]>([]);
  useEffect(() => {
    let gone = false;
    api.get('/v1/conversations/{conversation_id}/routing', { path: { conversation_id: c.id }, query: { limit: 10 } }).then(
      (page) => !gone && setList(page.data),
      () => undefined, // the log tells the rest
    );
    return () => {
      gone = true;
    };
  }, [c.id, c.assignee_id, c.offer?.agent_id]);
  if (list.length === 0) return null;
  return (
    <Section title={t('details.routing')} count={list.length} open={false}>
      <ol class="log">
        {list.map((d) => (
          <li key={d.id}>
            <Decision decision={d} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Figures({ c }: { c: Conversation }) {
  const m = c.metrics;
  const rows: [string, number | null][] = [
    [t('metric.firstReply'), m.first_reply_seconds],
    [t('metric.wait'), m.requester_wait_by_status_seconds],
    [t('metric.hold'), m.on_hold_seconds],
    [t('metric.handle'), m.handle_seconds],
    [t('metric.resolution'), m.full_resolution_seconds],
  ];
  return (
    <Section title={t('details.figures')} open={false}>
      <dl class="facts">
        {rows.map(([name, seconds]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{seconds === null ? '–' : stretch(seconds)}</dd>
          </div>
        ))}
        <div>
          <dt>{t('metric.replies')}</dt>
          <dd>{m.replies}</dd>
        </div>
        <div>
          <dt>{t('metric.reopens')}</dt>
          <dd>{m.reopens}</dd>
        </div>
      </dl>
    </Section>
  );
}

function Log({ c }: { c: Conversation }) {
  const lines = openThread(c.id).log.value;
  return (
    <Section title={t('details.log')} count={lines.length} open={false}>
      <ol class="log">
        {lines.toReversed().map((line) => (
          <li key={line.id}>
            <p dir="auto">{lineText(line, contactName(c.contact))}</p>
            <small>
              <time dateTime={line.at} title={fullTime(line.at)}>
                {shortTime(line.at)}
              </time>{' '}
              · {t(`style.${line.style.name}`)}
            </small>
          </li>
        ))}
      </ol>
    </Section>
  );
}
