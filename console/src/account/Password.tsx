import { useState } from 'preact/hooks';
import { Problem } from '../admin/parts/Problem';
import { Section } from '../admin/parts/Section';
import { useDoing } from '../admin/parts/useDoing';
import { api } from '../api/client';
import { t } from '../i18n/translate';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { tell } from '../ui/Toast';

/** Sets another password, which ends every other session. */
export function Password({ email }: { email: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { busy, failure, errors, run } = useDoing();
  const submit = async () => {
    if (!(await run(() => api.put('/v1/me/password', { body: { current_password: current, new_password: next } })))) return;
    setCurrent('');
    setNext('');
    tell(t('account.passwordChanged'));
  };
  return (
    <Section title={t('account.password')} hint={t('account.passwordHint')}>
      <form
        name="password"
        class="admin-stack admin-narrow"
        onSubmit={(e) => {
          e.preventDefault();
          void submit();
        }}
      >
        <input type="hidden" name="email" autocomplete="username" value={email} />
        <Field
          label={t('account.current')}
          name="current_password"
          type="password"
          autocomplete="current-password"
          required
          error={errors['current_password']}
          value={current}
          onInput={(e) => setCurrent(e.currentTarget.value)}
        />
        <Field
          label={t('account.next')}
          name="new_password"
          type="password"
          autocomplete="new-password"
          required
          hint={t('password.hint')}
          error={errors['new_password']}
          value={next}
          onInput={(e) => setNext(e.currentTarget.value)}
        />
        <Problem error={failure} />
        <p class="admin-actions">
          <Button type="submit" busy={busy}>
            {t('account.change')}
          </Button>
        </p>
      </form>
    </Section>
  );
}
