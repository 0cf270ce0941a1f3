import { t } from '../i18n/translate';
import type { Conversation } from '../store/conversations';
import { agents, channels } from '../store/directory';
import { draftOf, keepDraft } from '../store/drafts';
import { Button } from '../ui/Button';
import { Icon, type IconName } from '../ui/Icon';
import { setStatus, take } from './actions';
import type { Composing } from './composing';
import { closing, countdownText, windowClosing } from './status';

const icons: Record<Composing['notices'][number], IconName> = { offline: 'offline', suspended: 'plug', windowClosing: 'clock', lastMessages: 'info', others: 'user', solved: 'check' };

/** What should be known before a message is sent: the most urgent only. */
export function Notices({ c, state }: { c: Conversation; state: Composing }) {
  if (state.hindrance === 'closed') return null;
  if (state.hindrance === 'windowTemplate') {
    return (
      <p class="notice notice-warn">
        <Icon name="clock" size={15} />
        <span>{t('notice.windowTemplate')}</span>
      </p>
    );
  }
  const name = state.notices[0];
  if (!name) return null;
  const open = windowClosing(c);
  const close = closing(c);
  const texts: Record<typeof name, string> = {
    offline: t('notice.offline'),
    suspended: t('notice.suspended', { why: channels.value.get(c.channel_id)?.health.detail ?? '' }),
    windowClosing: open ? countdownText(open) : '',
    lastMessages: t('notice.lastMessages', { count: c.reply_window.messages_left ?? 0 }),
    others: t('notice.others', { name: agents.value.get(c.assignee_id ?? '')?.name ?? t('author.agent') }),
    solved: close ? t('notice.solvedCloses', { countdown: countdownText(close) }) : t('notice.solved'),
  };
  const calm = name === 'others' || name === 'solved';
  return (
    <p class={`notice ${calm ? '' : 'notice-warn'}`} role="status">
      <Icon name={icons[name]} size={15} />
      <span>{texts[name]}</span>
      {name === 'others' && (
        <>
          <Button size="small" onClick={() => void take(c)}>
            {t('notice.takeOver')}
          </Button>
          <Button size="small" kind="quiet" icon="note" onClick={() => keepDraft(c.id, { ...draftOf(c.id), note: true })}>
            {t('composer.note')}
          </Button>
        </>
      )}
      {name === 'solved' && (
        <Button size="small" onClick={() => void setStatus(c, 'open')}>
          {t('action.reopen')}
        </Button>
      )}
    </p>
  );
}
