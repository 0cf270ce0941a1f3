import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { Field } from '../../ui/Field';
import { tell } from '../../ui/Toast';
import { Show, useLoad } from '../parts/load';
import { RetentionForm } from '../parts/RetentionForm';
import { Save } from '../parts/Save';
import { below } from '../parts/problems';
import { Section } from '../parts/Section';
import { styleDraft, StyleForm } from '../parts/StyleForm';
import { useDoing } from '../parts/useDoing';

/** The hub's settings: what each style does, which is the usual one, when a session is inactive, for how long things are kept. */
export default function Settings() {
  const settings = useLoad(async () => ({ settings: await api.get('/v1/settings'), schedules: (await api.get('/v1/schedules', { query: { limit: 200 } })).data }));
  return (
    <Show of={settings}>
      {(known) => {
        const saved = (next: Schema['Settings']) => settings.set({ ...known, settings: next });
        const { retention, version } = known.settings;
        return (
          <div key={version} class="admin-stack">
            <Form {...known} onSaved={saved} />
            <RetentionForm value={retention} save={async (change) => saved(await api.patch('/v1/settings', { body: { retention: change, version } }))} />
          </div>
        );
      }}
    </Show>
  );
}

interface Props {
  settings: Schema['Settings'];
  schedules: readonly Schema['Schedule'][];
  onSaved(settings: Schema['Settings']): void;
}

function Form({ settings, schedules, onSaved }: Props) {
  const [standard, setStandard] = useState(() => styleDraft(settings.default_style));
  const [styles, setStyles] = useState(() => settings.styles.map(styleDraft));
  const [inactive, setInactive] = useState(settings.inactive_after);
  const [counts, setCounts] = useState(settings.routing.count_inactive);
  const { busy, failure, errors, run } = useDoing();
  const save = () =>
    run(async () => {
      onSaved(
        await api.patch('/v1/settings', {
          body: { default_style: standard, styles, inactive_after: inactive, routing: { count_inactive: counts }, version: settings.version },
        }),
      );
      tell(t('admin.saved'));
    });
  return (
    <form
      class="admin-stack"
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
    >
      <Section title={t('admin.settings.standard')} hint={t('admin.settings.standardHint')}>
        <StyleForm value={standard} schedules={schedules} usual={settings.styles} errors={below(errors, 'default_style')} onChange={setStandard} />
      </Section>
      <Section title={t('admin.settings.styles')} hint={t('admin.settings.stylesHint')}>
        {styles.map((style, i) => (
          <details key={style.name} class="more">
            <summary>{t(`style.${style.name}`)}</summary>
            <StyleForm only={style.name} value={style} schedules={schedules} usual={settings.styles} errors={below(errors, `styles.${i}`)} onChange={(next) => setStyles(styles.map((s, at) => (at === i ? next : s)))} />
          </details>
        ))}
      </Section>
      <Section title={t('admin.settings.sessions')}>
        <div class="admin-columns">
          <Field label={t('admin.style.inactiveAfter')} hint={t('admin.style.inactiveAfterHint')} value={inactive} error={errors['inactive_after']} onInput={(e) => setInactive(e.currentTarget.value)} />
        </div>
        <label class="check">
          <input type="checkbox" checked={counts} onChange={(e) => setCounts(e.currentTarget.checked)} />
          <span>
            {t('admin.settings.count')}
            <small>{t('admin.settings.countHint')}</small>
          </span>
        </label>
      </Section>
      <Save busy={busy} failure={failure} />
    </form>
  );
}
