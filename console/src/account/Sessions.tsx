import { useState } from 'preact/hooks';
import { before } from '../admin/parts/before';
import { Confirm } from '../admin/parts/Confirm';
import { Show, useLoad } from '../admin/parts/load';
import { Section } from '../admin/parts/Section';
import { api, type Schema } from '../api/client';
import { signOut } from '../auth/session';
import { fullTime, shortTime } from '../i18n/dates';
import { t } from '../i18n/translate';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { Icon } from '../ui/Icon';
import { complain, tell } from '../ui/Toast';
import { device, isPhone } from './device';

type Session = Schema['SignInSession'];

/** Where the user is signed in, each to be ended. */
export function Sessions() {
  const sessions = useLoad(async () => (await api.get('/v1/me/sessions')).data);
  const [all, setAll] = useState(false);
  const others = sessions.data?.filter((s) => !s.current).length ?? 0;
  const end = async (s: Session) => {
    const before = sessions.data ?? [];
    if (s.current) {
      await signOut().catch((error: unknown) => complain(t('session.signOutFailed'), error));
      return;
    }
    sessions.set(before.filter((other) => other.id !== s.id));
    try {
      await api.delete('/v1/me/sessions/{session_id}', { path: { session_id: s.id } });
    } catch (error) {
      sessions.set(before);
      complain(t('account.endFailed'), error);
    }
  };
  return (
    <Section
      title={t('account.sessions')}
      hint={t('account.sessionsHint')}
      actions={
        others > 0 && (
          <Button icon="exit" onClick={() => setAll(true)}>
            {t('account.endOthers')}
          </Button>
        )
      }
    >
      <Show of={sessions} lines={3}>
        {(list) => (
          <ul class="lines">
            {list.toSorted((a, b) => Number(b.current) - Number(a.current) || b.seen_at.localeCompare(a.seen_at)).map((s) => (
              <li key={s.id}>
                <Line session={s} onEnd={() => void end(s)} />
              </li>
            ))}
          </ul>
        )}
      </Show>
      {all && (
        <Confirm
          title={t('account.endOthers')}
          action={t('session.signOut')}
          onClose={() => setAll(false)}
          run={async () => {
            await api.delete('/v1/me/sessions');
            tell(t('account.ended', { count: others }));
            sessions.reload();
          }}
        >
          <p>{t('account.endOthersText', { count: others })}</p>
        </Confirm>
      )}
    </Section>
  );
}

function Line({ session: s, onEnd }: { session: Session; onEnd(): void }) {
  const { browser, system } = device(s.client);
  const name = browser && system ? t('account.device', { browser, system }) : browser || system || s.client || t('account.unknown');
  return (
    <div class="line">
      <Icon name={isPhone(s.client) ? 'phone' : 'system'} />
      <span class="line-main">
        <strong title={s.client}>{name}</strong>
        <small>
          {s.current ? t('account.now') : <span title={fullTime(s.seen_at)}>{t('account.seen', { time: before(s.seen_at) })}</span>} · {t('account.from', { address: s.address })} ·{' '}
          {t(`account.method.${s.method}`, { time: shortTime(s.created_at) })}
        </small>
      </span>
      {s.current && (
        <Chip tone="ok" icon="check">
          {t('account.here')}
        </Chip>
      )}
      <Button size="small" aria-label={t('account.end', { name })} onClick={onEnd}>
        {t('session.signOut')}
      </Button>
    </div>
  );
}
