import { useState } from 'preact/hooks';
import { language, t } from '../i18n/translate';
import type { Conversation } from '../store/conversations';
import { send } from '../store/outbox';
import { Button } from '../ui/Button';
import { Field, Textarea } from '../ui/Field';

interface Used {
  name: string;
  language: string;
}

const storageKey = 'threadhub.templates';
const kept = 8;

function used(): Used[] {
  try {
    const list = JSON.parse(localStorage.getItem(storageKey) ?? '[]') as Used[];
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** Names a template by hand, where the platform has no list of them. */
export function TemplateForm({ c }: { c: Conversation }) {
  const [recent] = useState(used);
  const [name, setName] = useState(recent[0]?.name ?? '');
  const [tongue, setTongue] = useState(recent[0]?.language ?? (language.value === 'pt' ? 'pt_BR' : 'en'));
  const [values, setValues] = useState('');
  const able = name.trim() !== '' && tongue.trim() !== '';
  const submit = (e: Event) => {
    e.preventDefault();
    if (!able) return;
    const chosen = { name: name.trim(), language: tongue.trim() };
    const parameters = values.split('\n').map((text) => text.trim()).filter(Boolean).map((text) => ({ type: 'text', text }));
    send(c.id, { type: 'template', template: { ...chosen, ...(parameters.length > 0 ? { components: [{ type: 'body', parameters }] } : {}) } });
    localStorage.setItem(storageKey, JSON.stringify([chosen, ...recent.filter((r) => r.name !== chosen.name || r.language !== chosen.language)].slice(0, kept)));
    setValues('');
  };
  return (
    <form class="template-form" onSubmit={submit}>
      <Field label={t('template.name')} value={name} list="templates-used" autocomplete="off" required onInput={(e) => setName(e.currentTarget.value)} />
      <datalist id="templates-used">
        {recent.map((r) => (
          <option key={`${r.name} ${r.language}`} value={r.name} />
        ))}
      </datalist>
      <Field label={t('template.language')} value={tongue} required onInput={(e) => setTongue(e.currentTarget.value)} />
      <Textarea label={t('template.values')} hint={t('template.valuesHint')} rows={2} value={values} onInput={(e) => setValues(e.currentTarget.value)} />
      <Button kind="primary" icon="template" type="submit" disabled={!able}>
        {t('template.send')}
      </Button>
    </form>
  );
}
