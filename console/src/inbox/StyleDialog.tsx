import { useState } from 'preact/hooks';
import { goSeconds, hubTime, shortTime, stretch } from '../i18n/dates';
import { t } from '../i18n/translate';
import type { Schema } from '../api/client';
import type { Conversation } from '../store/conversations';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field, Select } from '../ui/Field';
import { setStyle } from './actions';
import { closing, countdownText } from './status';

type StyleName = Schema['StyleName'];
const names: readonly StyleName[] = ['live_chat', 'live_chat_returning', 'social_messaging'];
const usual: Record<StyleName, string> = { live_chat: '', live_chat_returning: '1h', social_messaging: '96h' };
const units = { s: 1, m: 60, h: 3600 } as const;
type Unit = keyof typeof units;

/** The amount of a duration in the largest unit that leaves no rest. */
function split(duration: string): { amount: number; unit: Unit } {
  const seconds = goSeconds(duration);
  for (const unit of ['h', 'm'] as const) if (seconds > 0 && seconds % units[unit] === 0) return { amount: seconds / units[unit], unit };
  return { amount: seconds, unit: 's' };
}

/** What happens when the conversation is solved, and another way for it. */
export function StyleDialog({ c, onClose }: { c: Conversation; onClose(): void }) {
  const [name, setName] = useState<StyleName>(c.style.name);
  const [delay, setDelay] = useState(() => split(c.style.close_after || '96h'));
  const [busy, setBusy] = useState(false);
  const countdown = closing(c);
  const closed = c.status === 'closed';
  const seconds = delay.amount * units[delay.unit];
  const valid = name === 'live_chat' || (seconds >= 1 && seconds <= 672 * 3600);
  const choose = (next: StyleName) => {
    setName(next);
    if (next !== 'live_chat') setDelay(split(next === c.style.name ? c.style.close_after : usual[next]));
  };
  const submit = async () => {
    setBusy(true);
    const draft: Schema['StyleDraft'] =
      name === 'live_chat'
        ? { name }
        : { name, close_after: `${delay.amount}${delay.unit}`, ...(c.style.clock === 'business' ? { clock: 'business', schedule_id: c.style.schedule_id } : {}) };
    const done = await setStyle(c, draft);
    setBusy(false);
    if (done) onClose();
  };
  const from = c.status === 'solved' && c.solved_at ? Date.parse(c.solved_at) : hubTime();
  return (
    <Dialog
      title={t('styleDialog.title')}
      onClose={onClose}
      actions={
        closed ? (
          <Button onClick={onClose}>{t('action.close')}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button kind="primary" busy={busy} disabled={!valid} onClick={() => void submit()}>
              {t('action.save')}
            </Button>
          </>
        )
      }
    >
      {countdown && <p class="alert alert-info">{countdownText(countdown)}</p>}
      <fieldset class="styles" disabled={closed}>
        <legend class="hidden">{t('styleDialog.title')}</legend>
        {names.map((id) => (
          <label key={id} class={`style-choice ${name === id ? 'style-chosen' : ''}`}>
            <input type="radio" name="style" checked={name === id} onChange={() => choose(id)} />
            <span>
              <strong>{t(`style.${id}`)}</strong>
              <small>{t(`style.${id}.solved`)}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {name !== 'live_chat' && (
        <div class="delay">
          <Field label={t('styleDialog.delay')} type="number" min={1} disabled={closed} value={delay.amount} error={valid ? undefined : t('styleDialog.range')} onInput={(e) => setDelay({ ...delay, amount: Number(e.currentTarget.value) })} />
          <Select label={t('styleDialog.unit')} disabled={closed} value={delay.unit} onChange={(e) => setDelay({ ...delay, unit: e.currentTarget.value as Unit })}>
            <option value="s">{t('styleDialog.seconds')}</option>
            <option value="m">{t('styleDialog.minutes')}</option>
            <option value="h">{t('styleDialog.hours')}</option>
          </Select>
        </div>
      )}
      {!closed && valid && (
        <p class="quiet">
          {name === 'live_chat'
            ? t(c.status === 'solved' ? 'styleDialog.closesAtOnce' : 'styleDialog.wouldCloseAtOnce')
            : c.style.clock === 'business'
              ? t('styleDialog.business', { time: stretch(seconds) })
              : t(c.status === 'solved' ? 'styleDialog.closes' : 'styleDialog.wouldClose', { time: shortTime(new Date(from + seconds * 1000).toISOString()) })}
        </p>
      )}
    </Dialog>
  );
}
