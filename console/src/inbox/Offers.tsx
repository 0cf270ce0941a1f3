import { computed, effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { me, myID } from '../auth/session';
import { second, stretch, until } from '../i18n/dates';
import { t } from '../i18n/translate';
import { go } from '../router/router';
import { load, onConversation, type Conversation } from '../store/conversations';
import { channels } from '../store/directory';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { decline, take } from './actions';
import { previewText } from './preview';
import { contactName } from './status';

const offered = signal<ReadonlyMap<string, Conversation>>(new Map());

onConversation((c) => {
  const mine = c.offer && c.offer.agent_id === myID.peek();
  if (!mine && !offered.peek().has(c.id)) return;
  const next = new Map(offered.peek());
  if (mine) next.set(c.id, c);
  else next.delete(c.id);
  offered.value = next;
});

// What was offered before this page was opened is named by the agent's record.
effect(() => {
  for (const offer of me.value?.agent?.offers ?? []) if (!offered.peek().has(offer.conversation_id)) void load(offer.conversation_id).catch(() => undefined);
});

const running = computed(() => {
  void second.value;
  const left = (c: Conversation) => until(c.offer?.expires_at ?? '');
  return [...offered.value.values()].filter((c) => c.offer && left(c) > 0).sort((a, b) => left(a) - left(b));
});

const shownAtOnce = 2; // offers; more would cover what the agent works at

/** Two soft notes, so that an offer is noticed in another window. */
function ring(): void {
  try {
    const audio = new AudioContext();
    [0, 0.18].forEach((at, i) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = i === 0 ? 660 : 880;
      volume.gain.setValueAtTime(0.0001, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.08, audio.currentTime + at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.16);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.17);
    });
    setTimeout(() => void audio.close(), 1000);
  } catch {
    // A browser that plays nothing before the first click shows it all the same.
  }
}

/** Conversations held out to the agent, with how long they have to answer. */
export function Offers() {
  const list = running.value;
  const ids = list.map((c) => c.id).join(' ');
  useEffect(() => {
    if (ids) ring();
  }, [ids]);
  if (list.length === 0) return null;
  return (
    <section class="offers" aria-label={t('offer.title')} role="alert">
      {list.length > shownAtOnce && <p class="offers-more">{t('offer.more', { count: list.length - shownAtOnce })}</p>}
      {list.slice(0, shownAtOnce).map((c) => (
        <article key={c.id} class="offer">
          <Avatar id={c.contact.id} name={contactName(c.contact)} />
          <div class="offer-text">
            <p>
              <strong dir="auto">{contactName(c.contact)}</strong> <span class="quiet">{channels.value.get(c.channel_id)?.name}</span>
            </p>
            {c.last_message && (
              <p class="one-line" dir="auto">
                {previewText(c.last_message)}
              </p>
            )}
          </div>
          <span class="offer-left" aria-hidden="true">
            {stretch(until(c.offer?.expires_at ?? ''))}
          </span>
          <Button
            kind="primary"
            onClick={() =>
              void take(c).then((taken) => {
                if (taken) go(`/inbox/mine/${c.id}`);
              })
            }
          >
            {t('offer.accept')}
          </Button>
          <Button onClick={() => void decline(c)}>{t('offer.decline')}</Button>
        </article>
      ))}
    </section>
  );
}
