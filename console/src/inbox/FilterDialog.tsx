import { useState } from 'preact/hooks';
import { t, type Key } from '../i18n/translate';
import { agents, channels, groups } from '../store/directory';
import { priorities, statuses, type Filter } from '../store/query';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { saveView } from './saved';

interface Props {
  view: string;
  filter: Filter;
  apply(change: Partial<Filter>): void;
  onClose(): void;
}

type ListName = 'status' | 'assignee' | 'channel' | 'group' | 'style' | 'priority';

/** What a view is narrowed to. */
export function FilterDialog({ view, filter, apply, onClose }: Props) {
  const [draft, setDraft] = useState(filter);
  const [name, setName] = useState('');
  const toggle = (list: ListName, value: string) => {
    const now = draft[list];
    setDraft({ ...draft, [list]: now.includes(value) ? now.filter((v) => v !== value) : [...now, value] });
  };
  const choices: { list: ListName; title: Key; options: { value: string; label: string }[] }[] = [
    { list: 'status', title: 'filter.status', options: statuses.map((value) => ({ value, label: t(`status.${value}`) })) },
    { list: 'assignee', title: 'filter.assignee', options: [{ value: 'me', label: t('filter.me') }, { value: 'none', label: t('filter.nobody') }, ...[...agents.value.values()].map((a) => ({ value: a.id, label: a.name }))] },
    { list: 'channel', title: 'filter.channel', options: [...channels.value.values()].map((c) => ({ value: c.id, label: c.name })) },
    { list: 'group', title: 'filter.group', options: [...groups.value.values()].map((g) => ({ value: g.id, label: g.name })) },
    { list: 'style', title: 'filter.style', options: (['live_chat', 'live_chat_returning', 'social_messaging'] as const).map((value) => ({ value, label: t(`style.${value}`) })) },
    { list: 'priority', title: 'filter.priority', options: priorities.map((value) => ({ value, label: t(`priority.${value}`) })) },
  ];
  const submit = () => {
    apply(draft);
    if (name.trim()) saveView(name.trim(), view, draft);
    onClose();
  };
  return (
    <Dialog
      title={t('filter.title')}
      onClose={onClose}
      wide
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" onClick={submit}>
            {name.trim() ? t('filter.applyAndSave') : t('filter.apply')}
          </Button>
        </>
      }
    >
      <div class="filters">
        {choices
          .filter((c) => c.options.length > 0)
          .map((c) => (
            <fieldset key={c.list}>
              <legend>{t(c.title)}</legend>
              <div class="options">
                {c.options.map((o) => (
                  <label key={o.value} class="option">
                    <input type="checkbox" checked={draft[c.list].includes(o.value)} onChange={() => toggle(c.list, o.value)} />
                    <span dir="auto">{o.label}</span>
                  </label>
                ))}
              </div>
            </fieldset>
          ))}
        <fieldset>
          <legend>{t('filter.more')}</legend>
          <div class="options">
            <label class="option">
              <input type="checkbox" checked={draft.unread} onChange={() => setDraft({ ...draft, unread: !draft.unread })} />
              <span>{t('filter.unread')}</span>
            </label>
            <label class="option">
              <input type="checkbox" checked={draft.waiting} onChange={() => setDraft({ ...draft, waiting: !draft.waiting })} />
              <span>{t('filter.waiting')}</span>
            </label>
          </div>
        </fieldset>
        <div class="filter-fields">
          <Field label={t('filter.tag')} value={draft.tag.join(', ')} onInput={(e) => setDraft({ ...draft, tag: e.currentTarget.value.split(',').map((s) => s.trim()).filter(Boolean) })} />
          <Field label={t('filter.from')} type="date" value={draft.from} onInput={(e) => setDraft({ ...draft, from: e.currentTarget.value })} />
          <Field label={t('filter.to')} type="date" value={draft.to} onInput={(e) => setDraft({ ...draft, to: e.currentTarget.value })} />
        </div>
        <Field label={t('filter.save')} hint={t('filter.saveHint')} value={name} maxLength={60} onInput={(e) => setName(e.currentTarget.value)} />
      </div>
    </Dialog>
  );
}
