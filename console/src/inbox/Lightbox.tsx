import { useEffect } from 'preact/hooks';
import { t } from '../i18n/translate';
import type { Message } from '../store/outbox';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';
import { hubFile } from './Content';

/** Which picture is shown large. */
export interface Picture {
  message: string;
  attachment: string;
}

/** A picture at the size of the window; arrow keys go through all of the thread. */
export function Lightbox({ picture, messages, show }: { picture: Picture; messages: readonly Message[]; show(next: Picture | null): void }) {
  const all = messages.flatMap((m) => m.attachments.filter((a) => (a.type === 'image' || a.type === 'sticker') && a.state !== 'failed' && hubFile(a)).map((a) => ({ m, a })));
  const at = all.findIndex((p) => p.a.id === picture.attachment);
  const now = all[at];
  const step = (by: number) => {
    const next = all[at + by];
    if (next) show({ message: next.m.id, attachment: next.a.id });
  };
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key === 'ArrowLeft') step(-1);
      if (e.key === 'ArrowRight') step(1);
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  });
  if (!now) return null;
  const url = hubFile(now.a) ?? '';
  const name = now.a.name ?? t('type.image');
  return (
    <Dialog title={name} place="whole" bare onClose={() => show(null)}>
      <div class="lightbox" onClick={(e) => e.target === e.currentTarget && show(null)}>
        <img src={url} alt={now.a.caption ?? name} />
        <div class="lightbox-bar">
          <span class="one-line">{all.length > 1 ? t('lightbox.of', { name, at: at + 1, count: all.length }) : name}</span>
          {all.length > 1 && <Button kind="quiet" icon="back" aria-label={t('lightbox.previous')} disabled={at === 0} onClick={() => step(-1)} />}
          {all.length > 1 && <Button kind="quiet" icon="right" aria-label={t('lightbox.next')} disabled={at === all.length - 1} onClick={() => step(1)} />}
          <a class="button button-quiet button-normal button-bare" href={`${url}?download=true`} download={now.a.name ?? ''} aria-label={t('file.download', { name })}>
            <Icon name="download" />
          </a>
          <Button kind="quiet" icon="close" aria-label={t('action.close')} onClick={() => show(null)} />
        </div>
      </div>
    </Dialog>
  );
}
