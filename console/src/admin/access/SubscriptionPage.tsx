import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { fullTime, hubTime, shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { go } from '../../router/router';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { complain, tell } from '../../ui/Toast';
import { Confirm } from '../parts/Confirm';
import { Code, pretty } from '../parts/Json';
import { More, Show, useLoad, usePages } from '../parts/load';
import { Toggle } from '../parts/Order';
import { Back, Facts, Section } from '../parts/Section';
import { SecretOnce, SubscriptionForm, subscriptionTones } from './Subscriptions';

type State = Schema['DeliveryState'];
const tones = { pending: 'plain', delivered: 'ok', failed: 'danger' } as const;
const icons = { pending: 'clock', delivered: 'check', failed: 'warning' } as const;

/** One subscription: how it does, and its deliveries. */
export function SubscriptionPage({ id }: { id: string }) {
  const path = { subscription_id: id };
  const subscription = useLoad(() => api.get('/v1/subscriptions/{subscription_id}', { path }), [id]);
  const [open, setOpen] = useState<'edit' | 'remove' | 'rotate' | ''>('');
  const [secret, setSecret] = useState('');
  const close = () => setOpen('');
  const test = async () => {
    try {
      const answer = await api.post('/v1/subscriptions/{subscription_id}/test', { path });
      if (answer.ok) tell(t('admin.sub.testOk', { status: answer.status ?? '', time: answer.took_ms }));
      else complain(t('admin.sub.testFailed', { why: answer.error ?? String(answer.status ?? '') }));
    } catch (error) {
      complain(t('do.changeFailed'), error);
    }
  };
  const enable = async (enabled: boolean) => {
    try {
      subscription.set(await api.patch('/v1/subscriptions/{subscription_id}', { path, body: { enabled } }));
    } catch (error) {
      complain(t('do.changeFailed'), error);
    }
  };
  return (
    <div class="admin-stack">
      <Back path="/admin/subscriptions" label={t('admin.sub.title')} />
      <Show of={subscription}>
        {(s) => (
          <>
            <header class="admin-bar">
              <h2 class="admin-title">
                <span dir="auto">{s.name || s.url}</span>
                <Chip tone={subscriptionTones[s.health.state]}>{t(`admin.sub.state.${s.health.state}`)}</Chip>
              </h2>
              <div class="section-actions">
                <Toggle label={t('admin.enabled', { name: s.name })} on={s.enabled} onChange={(on) => void enable(on)} />
                <Button icon="send" onClick={() => void test()}>
                  {t('admin.sub.test')}
                </Button>
                <Button icon="edit" aria-label={t('admin.edit', { name: s.name })} onClick={() => setOpen('edit')} />
                <Button icon="lock" aria-label={t('admin.sub.rotate')} onClick={() => setOpen('rotate')} />
                <Button icon="trash" aria-label={t('admin.remove', { name: s.name })} onClick={() => setOpen('remove')} />
              </div>
            </header>
            {s.disabled_reason && <p class="alert">{s.disabled_reason}</p>}
            <Facts
              facts={[
                [t('admin.sub.url'), s.url],
                [t('admin.sub.events'), s.events.join(', ')],
                [t('admin.sub.success'), s.health.last_success_at ? fullTime(s.health.last_success_at) : t('admin.health.never')],
                [t('admin.sub.failure'), s.health.last_failure_at ? fullTime(s.health.last_failure_at) : t('admin.health.never')],
                ...(s.health.last_error ? ([[t('admin.sub.error'), s.health.last_error]] as const) : []),
              ]}
            />
            <Deliveries id={id} />
            {open === 'edit' && <SubscriptionForm subscription={s} onClose={close} onSaved={subscription.set} />}
            {open === 'rotate' && (
              <Confirm
                title={t('admin.sub.rotate')}
                action={t('admin.sub.rotate')}
                onClose={close}
                run={async () => {
                  const changed = await api.post('/v1/subscriptions/{subscription_id}/rotate-secret', { path });
                  subscription.set(changed);
                  setSecret(changed.secret ?? '');
                }}
              >
                <p>{t('admin.sub.rotateText')}</p>
              </Confirm>
            )}
            {open === 'remove' && (
              <Confirm
                title={t('admin.removeTitle', { name: s.name || s.url })}
                action={t('admin.delete')}
                onClose={close}
                run={async () => {
                  await api.delete('/v1/subscriptions/{subscription_id}', { path });
                  go('/admin/subscriptions');
                }}
              >
                <p>{t('admin.sub.removeText')}</p>
              </Confirm>
            )}
            {secret && <SecretOnce secret={secret} onClose={() => setSecret('')} />}
          </>
        )}
      </Show>
    </div>
  );
}

function Deliveries({ id }: { id: string }) {
  const [state, setState] = useState<State | ''>('');
  const [open, setOpen] = useState('');
  const path = { subscription_id: id };
  const list = usePages((cursor) => api.get('/v1/subscriptions/{subscription_id}/deliveries', { path, query: { limit: 50, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } }), [id, state]);
  const again = async (what: () => Promise<unknown>) => {
    try {
      await what();
      tell(t('admin.sub.replayed'));
    } catch (error) {
      complain(t('do.changeFailed'), error);
    }
    list.reload();
  };
  const lastDay = () =>
    api.post('/v1/subscriptions/{subscription_id}/deliveries/replay', {
      path,
      body: { from: new Date(hubTime() - 86_400_000).toISOString(), to: new Date(hubTime()).toISOString(), states: ['failed'] },
    });
  return (
    <Section
      title={t('admin.sub.deliveries')}
      hint={t('admin.sub.deliveriesHint')}
      actions={
        <>
          <Select label={t('admin.sub.state')} hideLabel value={state} onChange={(e) => setState(e.currentTarget.value as State | '')}>
            <option value="">{t('admin.sub.anyState')}</option>
            {(['pending', 'delivered', 'failed'] as const).map((s) => (
              <option key={s} value={s}>
                {t(`admin.delivery.${s}`)}
              </option>
            ))}
          </Select>
          <Button icon="retry" onClick={() => void again(lastDay)}>
            {t('admin.sub.replayFailed')}
          </Button>
        </>
      }
    >
      <Show of={list}>
        {(deliveries) =>
          deliveries.length === 0 ? (
            <Empty icon="bell" title={t('admin.sub.noDeliveries')}>
              <p>{t('admin.sub.noDeliveriesText')}</p>
            </Empty>
          ) : (
            <ul class="lines">
              {deliveries.map((d) => (
                <li key={d.id}>
                  <button type="button" class="line" aria-expanded={open === d.id} onClick={() => setOpen(open === d.id ? '' : d.id)}>
                    <Chip tone={tones[d.state]} icon={icons[d.state]}>
                      {t(`admin.delivery.${d.state}`)}
                    </Chip>
                    <span class="line-main">
                      <strong>{d.event}</strong>
                      <small>
                        {shortTime(d.at)} · {t('admin.event.attempts', { count: d.attempts })}
                        {d.status !== null && ` · ${d.status}`}
                      </small>
                      {d.error && <small class="line-trouble">{d.error}</small>}
                    </span>
                  </button>
                  {open === d.id && (
                    <div class="line-open admin-stack">
                      <Code label={d.event}>{pretty(d.payload)}</Code>
                      <p>
                        <Button icon="retry" onClick={() => void again(() => api.post('/v1/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay', { path: { ...path, delivery_id: d.id } }))}>
                          {t('admin.sub.replay')}
                        </Button>
                      </p>
                    </div>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Show>
      <More of={list} />
    </Section>
  );
}
