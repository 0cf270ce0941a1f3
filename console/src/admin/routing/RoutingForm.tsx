import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Field, Select } from '../../ui/Field';
import { tell } from '../../ui/Toast';
import { Save } from '../parts/Save';
import { below } from '../parts/problems';
import { Section } from '../parts/Section';
import { useDoing } from '../parts/useDoing';

export const methods: readonly Schema['RoutingMethod'][] = ['most_spare', 'most_spare_percent', 'round_robin'];
const modes: readonly Schema['RoutingMode'][] = ['manual', 'offer', 'auto'];
const returns: readonly Schema['ReturnTo'][] = ['assignee', 'assignee_if_capacity', 'queue'];

interface Props {
  settings: Schema['Settings'];
  onSaved(settings: Schema['Settings']): void;
}

/** How conversations find their agents. */
export function RoutingForm({ settings, onSaved }: Props) {
  const [r, set] = useState(settings.routing);
  const { busy, failure, errors: all, run } = useDoing();
  const errors = below(all, 'routing');
  const change = (part: Partial<Schema['Routing']>) => set({ ...r, ...part });
  const save = () =>
    run(async () => {
      const { count_inactive: _, ...routing } = r; // belongs to the settings of sessions
      onSaved(await api.patch('/v1/settings', { body: { routing, version: settings.version } }));
      tell(t('admin.saved'));
    });
  return (
    <form
      class="admin-stack"
      name="routing"
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
    >
      <Section title={t('admin.routing.how')}>
        <fieldset class="picks">
          <legend class="field-label">{t('admin.routing.mode')}</legend>
          {modes.map((mode) => (
            <label key={mode} class="pick">
              <input type="radio" name="mode" value={mode} checked={r.mode === mode} onChange={() => change({ mode })} />
              <span>
                <strong>{t(`admin.routing.mode.${mode}`)}</strong>
                <small>{t(`admin.routing.modeHint.${mode}`)}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div class="admin-columns">
          <Select label={t('admin.routing.method')} value={r.method} error={errors['method']} onChange={(e) => change({ method: e.currentTarget.value as Schema['RoutingMethod'] })}>
            {methods.map((m) => (
              <option key={m} value={m}>
                {t(`routing.method.${m}`)}
              </option>
            ))}
          </Select>
          <Field
            label={t('admin.routing.offerTimeout')}
            hint={t('admin.routing.offerTimeoutHint')}
            name="offer_timeout"
            value={r.offer_timeout}
            error={errors['offer_timeout']}
            onInput={(e) => change({ offer_timeout: e.currentTarget.value })}
          />
        </div>
      </Section>
      <Section title={t('admin.routing.return')}>
        <div class="admin-columns">
          <Select label={t('admin.routing.returnTo')} value={r.return_to} error={errors['return_to']} onChange={(e) => change({ return_to: e.currentTarget.value as Schema['ReturnTo'] })}>
            {returns.map((to) => (
              <option key={to} value={to}>
                {t(`admin.routing.returnTo.${to}`)}
              </option>
            ))}
          </Select>
        </div>
        <label class="check">
          <input type="checkbox" checked={r.return_away} onChange={(e) => change({ return_away: e.currentTarget.checked })} />
          <span>{t('admin.routing.returnAway')}</span>
        </label>
      </Section>
      <Section title={t('admin.routing.leave')}>
        <div class="admin-columns">
          <Field
            label={t('admin.routing.offlineAfter')}
            hint={t('admin.routing.offlineAfterHint')}
            value={r.offline_after}
            error={errors['offline_after']}
            onInput={(e) => change({ offline_after: e.currentTarget.value })}
          />
          <Select label={t('admin.routing.leaveWhat')} value={r.leave} error={errors['leave']} onChange={(e) => change({ leave: e.currentTarget.value as Schema['LeavePolicy'] })}>
            <option value="keep">{t('admin.routing.leave.keep')}</option>
            <option value="requeue">{t('admin.routing.leave.requeue')}</option>
          </Select>
          <Field
            label={t('admin.routing.leaveAfter')}
            hint={t('admin.routing.leaveAfterHint')}
            value={r.leave_after}
            error={errors['leave_after']}
            onInput={(e) => change({ leave_after: e.currentTarget.value })}
          />
        </div>
      </Section>
      <Save busy={busy} failure={failure} />
    </form>
  );
}
