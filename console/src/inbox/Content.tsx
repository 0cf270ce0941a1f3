import { useState } from 'preact/hooks';
import { number, t } from '../i18n/translate';
import type { Schema } from '../api/client';
import type { Message } from '../store/outbox';
import { openThread } from '../store/thread';
import { Icon } from '../ui/Icon';
import { Linked, Outside } from '../ui/Linked';
import type { Picture } from './Lightbox';
import { typeIcon } from './preview';

type Attachment = Schema['Attachment'];

/** Where the hub serves a file, or null for one that is elsewhere. */
export function hubFile(a: Attachment): string | null {
  if (!a.url) return null;
  try {
    // The public address may be another one than this page's.
    const { pathname } = new URL(a.url, window.location.href);
    return pathname.startsWith('/v1/attachments/') ? pathname : null;
  } catch {
    return null;
  }
}

/** What a message holds. */
export function Content({ message: m, show }: { message: Message; show(picture: Picture): void }) {
  return (
    <>
      {m.referral && !told(m) && <ReferralCard referral={m.referral} />}
      {m.attachments.map((a) => (
        <File key={a.id} a={a} show={() => show({ message: m.id, attachment: a.id })} />
      ))}
      {m.location && <LocationCard location={m.location} />}
      {m.contacts.map((card, i) => (
        <Card key={i} card={card} />
      ))}
      {m.order && <OrderCard order={m.order} />}
      {m.reply && (
        <p class="choice">
          <Icon name="check" size={14} />
          <span dir="auto">{t('content.chose', { title: m.reply.title ?? m.reply.id })}</span>
        </p>
      )}
      {m.template && (
        <p class="choice">
          <Icon name="template" size={14} />
          {t('content.template', { name: m.template.name, language: m.template.language })}
        </p>
      )}
      {m.type === 'unsupported' && (
        <p class="choice">
          <Icon name="question" size={14} />
          {t('content.unsupported', { type: m.platform_type ?? '?' })}
        </p>
      )}
      {m.text && m.text !== m.reply?.title && (
        <p class={`text ${emojiOnly(m.text) ? 'text-emoji' : ''}`} dir="auto">
          <Linked text={m.text} />
        </p>
      )}
      {m.buttons.length > 0 && (
        <ul class="buttons" aria-label={t('content.buttons')}>
          {m.buttons.map((b, i) => (
            <li key={i} dir="auto">
              {b.url ? <Outside url={b.url}>{b.title}</Outside> : b.title}
            </li>
          ))}
        </ul>
      )}
      {m.list && (
        <ul class="buttons" aria-label={t('content.list')}>
          {m.list.sections.flatMap((s) => s.rows).map((row) => (
            <li key={row.id} dir="auto">
              {row.title}
              {row.description && <small> {row.description}</small>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function emojiOnly(text: string): boolean {
  return text.length <= 12 && /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f|\s)+$/u.test(text);
}

/** "1.2 MB" */
export function fileSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${number(Math.round(size * (size < 10 && unit > 0 ? 10 : 1)) / (size < 10 && unit > 0 ? 10 : 1))} ${units[unit]}`;
}

function File({ a, show }: { a: Attachment; show(): void }) {
  const [broken, setBroken] = useState(false);
  const url = hubFile(a);
  if (a.state === 'failed') {
    return (
      <p class="file-line file-gone">
        <Icon name="warning" size={16} />
        <span>{t('file.gone', { name: a.name ?? t(`type.${a.type}`) })}</span>
      </p>
    );
  }
  if (!url || broken) return <FileCard a={a} url={url} broken={broken} retry={() => setBroken(false)} />;
  const caption = a.caption && <p dir="auto">{a.caption}</p>;
  switch (a.type) {
    case 'image':
    case 'sticker':
      return (
        <figure class={`picture picture-${a.type}`}>
          <button type="button" onClick={show} aria-label={t('file.enlarge', { name: a.name ?? t(`type.${a.type}`) })} style={{ aspectRatio: aspect(a) }}>
            <img src={url} alt={a.caption ?? a.name ?? t(`type.${a.type}`)} loading="lazy" decoding="async" onError={() => setBroken(true)} />
          </button>
          {caption}
        </figure>
      );
    case 'audio':
      return (
        <figure class="sound">
          <audio controls preload="none" src={url} onError={() => setBroken(true)} aria-label={a.name ?? t('type.audio')} />
          {caption}
        </figure>
      );
    case 'video':
      return (
        <figure class="film">
          <video controls preload="metadata" src={url} onError={() => setBroken(true)} aria-label={a.name ?? t('type.video')} style={{ aspectRatio: aspect(a) }} />
          {caption}
        </figure>
      );
    default:
      return <FileCard a={a} url={url} broken={false} retry={() => undefined} />;
  }
}

/** The form of a picture before it is there, so that nothing moves when it is. */
function aspect(a: Attachment): string {
  if (a.type === 'sticker') return '1';
  if (!a.width || !a.height) return '4 / 3';
  return String(Math.min(2.2, Math.max(0.6, a.width / a.height)));
}

function FileCard({ a, url, broken, retry }: { a: Attachment; url: string | null; broken: boolean; retry(): void }) {
  const name = a.name ?? t(`type.${a.type}`);
  const facts = [a.size ? fileSize(a.size) : '', a.mime ?? ''].filter(Boolean).join(' · ');
  return (
    <div class="file-card">
      <Icon name={typeIcon(a.type) ?? 'file'} size={20} />
      <span class="file-name">
        <strong class="one-line" dir="auto" title={name}>
          {name}
        </strong>
        <small>{broken ? t('file.broken') : facts}</small>
      </span>
      {broken && (
        <button type="button" class="button button-quiet button-small button-bare" aria-label={t('action.retry')} onClick={retry}>
          <Icon name="retry" size={16} />
        </button>
      )}
      {url ? (
        <a class="button button-quiet button-small button-bare" href={`${url}?download=true`} download={a.name ?? ''} aria-label={t('file.download', { name })} title={t('file.download', { name })}>
          <Icon name="download" size={16} />
        </a>
      ) : (
        a.url && (
          <Outside url={a.url}>
            <Icon name="external" size={16} label={t('file.open', { name })} />
          </Outside>
        )
      )}
    </div>
  );
}

function LocationCard({ location: l }: { location: Schema['Location'] }) {
  const place = `${l.latitude.toFixed(5)}, ${l.longitude.toFixed(5)}`;
  return (
    <div class="file-card">
      <Icon name="pin" size={20} />
      <span class="file-name">
        <strong dir="auto">{l.name ?? t('type.location')}</strong>
        {l.address && <small dir="auto">{l.address}</small>}
        <small>{l.url ? <Outside url={l.url}>{place}</Outside> : place}</small>
      </span>
    </div>
  );
}

function Card({ card }: { card: Schema['ContactCard'] }) {
  return (
    <div class="file-card">
      <Icon name="card" size={20} />
      <span class="file-name">
        <strong dir="auto">{card.name}</strong>
        {[...card.phones, ...card.emails].map((line) => (
          <small key={line}>
            <Linked text={line} />
          </small>
        ))}
      </span>
    </div>
  );
}

function OrderCard({ order }: { order: Schema['Order'] }) {
  return (
    <div class="file-card">
      <Icon name="cart" size={20} />
      <span class="file-name">
        <strong>{t('content.order', { count: order.items.length })}</strong>
        {order.items.map((item, i) => (
          <small key={i}>
            {item.quantity} × {item.product_id} {item.price ? `· ${item.price} ${item.currency ?? ''}` : ''}
          </small>
        ))}
        {order.note && <small dir="auto">{order.note}</small>}
      </span>
    </div>
  );
}

/** Whether the contact's message before came from the same place. */
function told(m: Message): boolean {
  const all = openThread(m.conversation_id).messages.value.filter((other) => other.author.type === m.author.type);
  const before = all[all.findIndex((other) => other.id === m.id) - 1];
  return before !== undefined && JSON.stringify(before.referral) === JSON.stringify(m.referral);
}

function ReferralCard({ referral: r }: { referral: Schema['Referral'] }) {
  return (
    <div class="file-card">
      <Icon name="link" size={20} />
      <span class="file-name">
        <strong dir="auto">{r.headline ?? t('content.referral')}</strong>
        {r.body && <small dir="auto">{r.body}</small>}
        <small>{r.url ? <Outside url={r.url}>{r.source}</Outside> : r.source}</small>
      </span>
    </div>
  );
}
