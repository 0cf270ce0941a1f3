// One message.
import { Linked, safeHref } from '../../src/ui/Linked';
import type { Attachment, Entry, Message } from '../../../sdk/src/webchat';
import { useScene } from './context';
import { bytes, clock } from './format';
import { Icon, type IconName } from './icons';

const ticks: Record<NonNullable<Entry['delivery']>, IconName> = { sending: 'clock', waiting: 'clock', failed: 'warn', received: 'check', read: 'checks' };

interface Props {
  entry: Entry;
  first: boolean; // of a run of one author's
  last: boolean;
  latest: boolean; // of all
}

export function Bubble({ entry, first, last, latest }: Props) {
  const { chat, words, settings } = useScene();
  const own = entry.author.type === 'visitor';
  const who = own ? words.you : entry.author.type === 'system' ? words.system : entry.author.name || words.team;
  const pictures = !entry.text && entry.attachments.length > 0 && entry.attachments.every((a) => a.type === 'image' && a.url);
  const emoji = !entry.attachments.length && /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s){1,8}$/u.test(entry.text ?? '') && /\p{Extended_Pictographic}/u.test(entry.text ?? '');
  return (
    <div class={`line line-${own ? 'own' : 'other'}${first ? ' line-first' : ''}`}>
      {first && !own ? (
        <div class="who" dir="auto">
          {who}
        </div>
      ) : (
        <span class="hidden">{who}: </span>
      )}
      <div class={`bubble${pictures ? ' bubble-pictures' : ''}${emoji ? ' bubble-emoji' : ''}${entry.delivery === 'failed' ? ' bubble-failed' : ''}`}>
        {entry.reply_to && <Quote entry={entry} />}
        {entry.deleted_at ? <em class="deleted">{words.deleted}</em> : <Content entry={entry} />}
      </div>
      {entry.reactions && entry.reactions.length > 0 && (
        <div class="reactions">
          <span class="hidden">{words.reactions}: </span>
          {entry.reactions.join(' ')}
        </div>
      )}
      {(last || entry.delivery === 'failed' || entry.edited_at) && (
        <div class="meta">
          {entry.edited_at && !entry.deleted_at && <span>{words.edited} · </span>}
          <time dateTime={entry.created_at}>{clock(entry.created_at, settings.locale)}</time>
          {entry.delivery && (
            <span class={`tick tick-${entry.delivery}`}>
              <Icon name={ticks[entry.delivery]} size={15} />
              <span>{words[entry.delivery]}</span>
            </span>
          )}
        </div>
      )}
      {entry.delivery === 'failed' && (
        <div class="failed">
          <span>{entry.problem?.errors?.[0]?.message ?? entry.problem?.detail}</span>
          <button type="button" class="link" onClick={() => chat.retry(entry.key)}>
            {words.retry}
          </button>
          <button type="button" class="link" onClick={() => chat.discard(entry.key)}>
            {words.discard}
          </button>
        </div>
      )}
      {!own && !entry.deleted_at && <Choices entry={entry} latest={latest} />}
    </div>
  );
}

function Content({ entry }: { entry: Message }) {
  const { words } = useScene();
  const { text, attachments, location, contacts } = entry;
  const nothing = !text && !attachments.length && !location && !contacts?.length && !entry.buttons.length && !entry.list;
  return (
    <>
      {attachments.map((a) => (
        <File key={a.id} file={a} />
      ))}
      {text && (
        <div class="text" dir="auto">
          <Linked text={text} />
        </div>
      )}
      {location && (
        <a class="card" href={`https://www.openstreetmap.org/?mlat=${location.latitude}&mlon=${location.longitude}#map=16/${location.latitude}/${location.longitude}`} target="_blank" rel="noopener noreferrer nofollow">
          <Icon name="pin" />
          <span dir="auto">{location.name || location.address || words.location}</span>
        </a>
      )}
      {contacts?.map((c, i) => (
        <div key={i} class="card">
          <span dir="auto">
            <b>{c.name}</b>
            {[...c.phones, ...c.emails].map((line) => (
              <div key={line}>{line}</div>
            ))}
          </span>
        </div>
      ))}
      {nothing && <em class="deleted">{words.unsupported}</em>}
    </>
  );
}

/** A file: looked at in place where it is a picture, a sound or a film. */
function File({ file }: { file: Attachment }) {
  const { words, settings } = useScene();
  const name = file.name || words.file;
  const caption = file.caption ? (
    <div class="text" dir="auto">
      <Linked text={file.caption} />
    </div>
  ) : null;
  const local = file.url.startsWith('blob:');
  const url = local ? file.url : safeHref(file.url);
  if (url && (file.type === 'image' || file.type === 'sticker')) {
    const picture = <img src={url} alt={file.caption ? '' : name} loading="lazy" decoding="async" />;
    return (
      <>
        {local ? (
          <span class="picture">{picture}</span>
        ) : (
          <a class="picture" href={url} target="_blank" rel="noopener noreferrer nofollow" aria-label={name}>
            {picture}
          </a>
        )}
        {caption}
      </>
    );
  }
  if (url && !local && (file.type === 'audio' || file.type === 'video')) {
    return (
      <>
        {file.type === 'audio' ? <audio controls preload="none" src={url} aria-label={name} /> : <video controls preload="metadata" src={url} aria-label={name} />}
        {caption}
      </>
    );
  }
  const inside = (
    <>
      <Icon name="file" size={24} />
      <span class="file-names">
        <b dir="auto">{name}</b>
        {file.size ? <small>{bytes(file.size, settings.locale)}</small> : null}
      </span>
    </>
  );
  return (
    <>
      {url && !local ? (
        <a class="card" href={`${url}${url.includes('?') ? '&' : '?'}download=true`} target="_blank" rel="noopener noreferrer nofollow">
          {inside}
        </a>
      ) : (
        <div class="card">{inside}</div>
      )}
      {caption}
    </>
  );
}

/** The beginning of the message that this one answers. */
function Quote({ entry }: { entry: Entry }) {
  const { state, words } = useScene();
  const quoted = state.entries.find((e) => e.id === entry.reply_to?.id);
  const text = entry.reply_to?.text || quoted?.text;
  if (!text) return null;
  return (
    <div class="quote" dir="auto">
      <span class="hidden">{words.answering}: </span>
      {text}
    </div>
  );
}

/** What can be chosen instead of writing; only of the latest message, since a choice is an answer. */
function Choices({ entry, latest }: { entry: Entry; latest: boolean }) {
  const { chat } = useScene();
  const links = entry.buttons.flatMap((b) => {
    const href = safeHref(b.url ?? '');
    return href ? [{ href, title: b.title }] : [];
  });
  const replies = latest ? entry.buttons.filter((b) => b.id && !b.url) : [];
  const rows = latest ? (entry.list?.sections ?? []) : [];
  if (!links.length && !replies.length && !rows.length) return null;
  const choose = (kind: 'button' | 'list', id: string, title: string) => chat.send({ postback: { kind, id, title: title.slice(0, 300) } });
  return (
    <div class="choices">
      {links.map((b, i) => (
        <a key={i} class="choice" href={b.href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
          {b.title}
        </a>
      ))}
      {replies.map((b) => (
        <button key={b.id} type="button" class="choice" dir="auto" onClick={() => choose('button', b.id ?? '', b.title)}>
          {b.title}
        </button>
      ))}
      {rows.map((section, i) => (
        <div key={i} class="rows" role="group" aria-label={section.title || entry.list?.button}>
          {section.title && (
            <div class="rows-title" dir="auto" aria-hidden="true">
              {section.title}
            </div>
          )}
          {section.rows.map((row) => (
            <button key={row.id} type="button" class="choice choice-row" onClick={() => choose('list', row.id, row.title)}>
              <b dir="auto">{row.title}</b>
              {row.description && <small dir="auto">{row.description}</small>}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}
