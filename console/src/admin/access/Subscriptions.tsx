import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { go } from '../../router/router';
import { channels } from '../../store/directory';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Dialog } from '../../ui/Dialog';
import { Field } from '../../ui/Field';
import { before } from '../parts/before';
import { Choices } from '../parts/Choices';
import { Copy } from '../parts/Copy';
import { FormDialog } from '../parts/FormDialog';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';
import type { ViewProps } from '../views';
import { SubscriptionPage } from './SubscriptionPage';

type Subscription = Schema['Subscription'];

const events = [
  '*', 'message.created', 'message.updated', 'message.failed', 'conversation.created', 'conversation.updated', 'conversation.reopened', 'conversation.solved',
  'conversation.closed', 'conversation.assigned', 'contact.updated', 'channel.health', 'subscription.disabled',
];

export const subscriptionTones = { untried: 'plain', healthy: 'ok', failing: 'warn', disabled: 'danger' } as const;

/** Addresses that are told of events. */
export default function Subscriptions({ id }: ViewProps) {
  return id ? <SubscriptionPage key={id} id={id} /> : <List />;
}

function List() {
  const list = usePages((cursor) => api.get('/v1/subscriptions', { query: { limit: 100, ...(cursor ? { cursor } : {}) } }));
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState('');
  return (
    <>
      <Records
        of={list}
        intro={t('admin.sub.intro')}
        add={{ label: t('admin.sub.add'), run: () => setAdding(true) }}
        none={{ icon: 'bell', title: t('admin.sub.none'), text: t('admin.sub.intro') }}
        line={(s) => (
          <button type="button" class="line" onClick={() => go(`/admin/subscriptions/${s.id}`)}>
            <span class="line-main">
              <strong dir="auto">{s.name || s.url}</strong>
              <small>{s.url}</small>
              <small>
                {s.events.join(', ')}
                {s.health.last_success_at && ` · ${t('admin.sub.lastSuccess', { time: before(s.health.last_success_at) })}`}
              </small>
              {s.health.last_error && s.health.state !== 'healthy' && <small class="line-trouble">{s.health.last_error}</small>}
            </span>
            <Chip tone={subscriptionTones[s.health.state]}>{t(`admin.sub.state.${s.health.state}`)}</Chip>
          </button>
        )}
      />
      {adding && (
        <SubscriptionForm
          onClose={() => setAdding(false)}
          onSaved={(s) => {
            list.reload();
            setSecret(s.secret ?? '');
          }}
        />
      )}
      {secret && <SecretOnce secret={secret} onClose={() => setSecret('')} />}
    </>
  );
}

/** The signing secret, which is shown this once. */
export function SecretOnce({ secret, onClose }: { secret: string; onClose(): void }) {
  return (
    <Dialog
      title={t('admin.sub.secret')}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          {t('admin.token.kept')}
        </Button>
      }
    >
      <div class="admin-stack">
        <p>{t('admin.sub.secretText')}</p>
        <Copy label={t('admin.sub.secret')} value={secret} />
      </div>
    </Dialog>
  );
}

/** Makes a subscription, or changes one. */
export function SubscriptionForm({ subscription, onClose, onSaved }: { subscription?: Subscription; onClose(): void; onSaved(s: Subscription): void }) {
  const [name, setName] = useState(subscription?.name ?? '');
  const [url, setURL] = useState(subscription?.url ?? '');
  const [wanted, setWanted] = useState<string[]>(subscription?.events ?? ['message.created', 'conversation.updated']);
  const [limited, setLimited] = useState<string[]>(subscription?.channels ?? []);
  const submit = async () => {
    const body = { name: name.trim(), url: url.trim(), events: wanted, channels: limited };
    onSaved(
      subscription
        ? await api.patch('/v1/subscriptions/{subscription_id}', { path: { subscription_id: subscription.id }, body: { ...body, version: subscription.version } })
        : await api.post('/v1/subscriptions', { body: { ...body, enabled: true } }),
    );
  };
  return (
    <FormDialog title={t(subscription ? 'admin.edit' : 'admin.sub.add', { name: subscription?.name ?? '' })} submit={submit} onClose={onClose}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} name="name" dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
          <Field label={t('admin.sub.url')} name="url" type="url" required placeholder="https://" value={url} error={errors['url']} onInput={(e) => setURL(e.currentTarget.value)} />
          <Choices label={t('admin.sub.events')} hint={errors['events']} options={events.map((e) => ({ id: e, label: e === '*' ? t('admin.sub.all') : e }))} chosen={wanted} onChange={setWanted} />
          <Choices label={t('channels.title')} hint={t('admin.token.channelsHint')} options={[...channels.value.values()].map((c) => ({ id: c.id, label: c.name }))} chosen={limited} onChange={setLimited} />
        </>
      )}
    </FormDialog>
  );
}
