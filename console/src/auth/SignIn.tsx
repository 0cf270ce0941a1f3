import { useEffect, useState } from 'preact/hooks';
import { explain } from '../api/problem';
import { t } from '../i18n/translate';
import { go } from '../router/router';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { FormError, Gate } from './Gate';
import { acceptLink, checkLink, session, setUp, signIn, start, type SignInMethods } from './session';
import { useSubmit } from './useSubmit';

/** The page for who is not signed in: the first admin's, or everybody's. */
export function SignIn({ methods, ended }: { methods: SignInMethods; ended: boolean }) {
  const [instead, setInstead] = useState(false);
  // Without an admin there may be agents all the same.
  return methods.setup_required && !instead ? <SetUp signIn={() => setInstead(true)} /> : <Password methods={methods} ended={ended} />;
}

function Password({ methods, ended }: { methods: SignInMethods; ended: boolean }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const form = useSubmit(() => signIn(email.trim(), password));
  return (
    <Gate title={t('signIn.title')}>
      {ended && (
        <p class="alert alert-info" role="status">
          <Icon name="info" />
          {t('signIn.ended')}
        </p>
      )}
      {methods.password && (
        <form onSubmit={form.submit}>
          <Field label={t('signIn.email')} type="email" name="email" autocomplete="username" required autofocus value={email} onInput={(e) => setEmail(e.currentTarget.value)} />
          <Field label={t('signIn.password')} type="password" name="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} />
          {form.error && <FormError>{form.error}</FormError>}
          <Button kind="primary" type="submit" busy={form.busy}>
            {t('signIn.submit')}
          </Button>
        </form>
      )}
      {methods.oidc && (
        <a class="button button-plain button-normal" href={methods.oidc.url}>
          {t('signIn.with', { name: methods.oidc.name })}
        </a>
      )}
    </Gate>
  );
}

function SetUp({ signIn: instead }: { signIn(): void }) {
  const [values, setValues] = useState({ token: '', name: '', email: '', password: '' });
  const form = useSubmit(() => setUp(values), Object.keys(values));
  const field = (name: keyof typeof values) => ({
    name,
    value: values[name],
    required: true,
    error: form.fieldError(name),
    onInput: (e: { currentTarget: HTMLInputElement }) => setValues({ ...values, [name]: e.currentTarget.value }),
  });
  return (
    <Gate title={t('setUp.title')} text={t('setUp.text')}>
      <form onSubmit={form.submit}>
        <Field label={t('setUp.token')} hint={t('setUp.tokenHint')} type="password" autocomplete="off" autofocus {...field('token')} />
        <Field label={t('setUp.name')} autocomplete="name" {...field('name')} />
        <Field label={t('signIn.email')} type="email" autocomplete="username" {...field('email')} />
        <Field label={t('signIn.password')} hint={t('password.hint')} type="password" autocomplete="new-password" {...field('password')} />
        {form.error && <FormError>{form.error}</FormError>}
        <Button kind="primary" type="submit" busy={form.busy}>
          {t('setUp.submit')}
        </Button>
      </form>
      <button type="button" class="link" onClick={instead}>
        {t('setUp.instead')}
      </button>
    </Gate>
  );
}

/** The page behind the link of an invitation or of a reset. */
export function Invitation({ token }: { token: string }) {
  const [invited, setInvited] = useState<Awaited<ReturnType<typeof checkLink>>>();
  const [failure, setFailure] = useState<unknown>();
  const [password, setPassword] = useState('');
  const form = useSubmit(async () => {
    await acceptLink(token, password);
    go('/', undefined, { replace: true });
  }, ['password']);
  useEffect(() => {
    checkLink(token).then(setInvited, setFailure);
  }, [token]);
  if (failure !== undefined) {
    return (
      <Gate title={t('invite.useless')} text={t('invite.uselessText')}>
        <FormError>{explain(failure)}</FormError>
        <Button onClick={() => go('/', undefined, { replace: true })}>{t('signIn.title')}</Button>
      </Gate>
    );
  }
  if (!invited) return <Gate title={t('load.loading')}>{null}</Gate>;
  return (
    <Gate title={invited.purpose === 'reset' ? t('invite.reset') : t('invite.welcome', { name: invited.name })} text={invited.email}>
      <form onSubmit={form.submit}>
        <input type="hidden" name="email" autocomplete="username" value={invited.email} />
        <Field
          label={t('invite.password')}
          hint={t('password.hint')}
          type="password"
          autocomplete="new-password"
          required
          autofocus
          error={form.fieldError('password')}
          value={password}
          onInput={(e) => setPassword(e.currentTarget.value)}
        />
        {form.error && <FormError>{form.error}</FormError>}
        <Button kind="primary" type="submit" busy={form.busy}>
          {t('invite.submit')}
        </Button>
      </form>
    </Gate>
  );
}

/** Shown when it is not known who is signed in, because the hub does not answer. */
export function Unreached({ error }: { error: unknown }) {
  const [busy, setBusy] = useState(false);
  const retry = () => {
    setBusy(true);
    void start().finally(() => setBusy(false));
  };
  useEffect(() => {
    const timer = setInterval(() => session.peek().name === 'unreachable' && void start(), 3000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Gate title={t('unreached.title')} text={t('unreached.text')}>
      <FormError>{explain(error)}</FormError>
      <Button icon="retry" busy={busy} onClick={retry}>
        {t('action.retry')}
      </Button>
    </Gate>
  );
}
