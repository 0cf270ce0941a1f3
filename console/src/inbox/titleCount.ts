// How much is unread, where it is seen from another tab: in the title and on
// the icon.
import { effect } from '@preact/signals';
import { t } from '../i18n/translate';
import { counts } from '../store/counts';

const size = 32;
let plain = '';

/** Keeps title and icon up to date until the function that it answers is called. */
export function countInTitle(): () => void {
  const end = effect(() => {
    const unread = counts.value?.unread ?? 0;
    document.title = unread > 0 ? `(${unread}) ${t('nav.inbox')} · Threadhub` : `${t('nav.inbox')} · Threadhub`;
    void badge(unread);
  });
  return () => {
    end();
    document.title = 'Threadhub';
    void badge(0);
  };
}

async function badge(n: number): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  plain ||= link.href;
  if (n === 0) {
    link.href = plain;
    return;
  }
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = new Image();
  image.src = plain;
  try {
    await image.decode();
    context.drawImage(image, 0, 0, size, size);
  } catch {
    // The mark alone says it too.
  }
  context.fillStyle = '#c22d22';
  context.beginPath();
  context.arc(size - 10, 10, 10, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = '#fff';
  context.font = 'bold 14px sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(n > 9 ? '9+' : String(n), size - 10, 11);
  link.href = canvas.toDataURL('image/png');
}
