import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { agents, loadDirectory } from '../../store/directory';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { FormDialog } from '../parts/FormDialog';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';

type Group = Schema['Group'];

/** Groups of agents. */
export default function Groups() {
  const groups = usePages((cursor) => api.get('/v1/groups', { query: { limit: 100, ...(cursor ? { cursor } : {}) } }));
  const [edited, setEdited] = useState<{ group?: Group }>();
  const [removed, setRemoved] = useState<Group>();
  const [name, setName] = useState('');
  const edit = (group?: Group) => {
    setName(group?.name ?? '');
    setEdited(group ? { group } : {});
  };
  const changed = () => {
    groups.reload();
    void loadDirectory();
  };
  const members = (id: string) => [...agents.value.values()].filter((a) => a.groups.includes(id));
  return (
    <>
      <Records
        of={groups}
        intro={t('admin.group.intro')}
        add={{ label: t('admin.group.add'), run: () => edit() }}
        none={{ icon: 'users', title: t('admin.group.none'), text: t('admin.group.intro') }}
        line={(g) => (
          <div class="line">
            <span class="line-main">
              <strong dir="auto">{g.name}</strong>
              <small dir="auto">
                {members(g.id)
                  .map((a) => a.name)
                  .join(', ') || t('admin.group.empty')}
              </small>
            </span>
            <span class="line-actions">
              <Button size="small" kind="quiet" icon="edit" aria-label={t('admin.edit', { name: g.name })} onClick={() => edit(g)} />
              <Button size="small" kind="quiet" icon="trash" aria-label={t('admin.remove', { name: g.name })} onClick={() => setRemoved(g)} />
            </span>
          </div>
        )}
      />
      {edited && (
        <FormDialog
          title={edited.group ? t('admin.edit', { name: edited.group.name }) : t('admin.group.add')}
          onClose={() => setEdited(undefined)}
          submit={async () => {
            const { group } = edited;
            if (group) await api.patch('/v1/groups/{group_id}', { path: { group_id: group.id }, body: { name: name.trim(), version: group.version } });
            else await api.post('/v1/groups', { body: { name: name.trim() } });
            changed();
          }}
        >
          {(errors) => <Field label={t('admin.name')} name="name" required dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />}
        </FormDialog>
      )}
      {removed && (
        <Removal
          name={removed.name}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/groups/{group_id}', { path: { group_id: removed.id } });
            changed();
          }}
        >
          {t('admin.group.removeText')}
        </Removal>
      )}
    </>
  );
}
