import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { all, api, type Schema } from '../../api/client';
import { shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { channels, groups, loadAgents } from '../../store/directory';
import { Avatar } from '../../ui/Avatar';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Dialog } from '../../ui/Dialog';
import { Field, Select } from '../../ui/Field';
import { complain, tell } from '../../ui/Toast';
import { Choices } from '../parts/Choices';
import { Copy } from '../parts/Copy';
import { FormDialog } from '../parts/FormDialog';
import { usePages } from '../parts/load';
import { within } from '../parts/problems';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';

type Agent = Schema['Agent'];
type Open = { edit: Agent | undefined } | { remove: Agent } | { link: Schema['Invitation']; agent: Agent } | undefined;

/** Who can sign in, what they may see, and how much they take. */
export default function Agents() {
  const agents = usePages(async () => ({ data: await all((cursor) => api.get('/v1/agents', { query: { limit: 200, ...(cursor ? { cursor } : {}) } })), next_cursor: null }));
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const changed = () => {
    agents.reload();
    void loadAgents();
  };
  const invite = async (agent: Agent) => {
    try {
      setOpen({ link: await api.post('/v1/agents/{agent_id}/invite', { path: { agent_id: agent.id } }), agent });
    } catch (error) {
      complain(t('do.changeFailed'), error);
    }
  };
  return (
    <>
      <Records
        of={agents}
        intro={t('admin.agent.intro')}
        add={{ label: t('admin.agent.add'), run: () => setOpen({ edit: undefined }) }}
        none={{ icon: 'users', title: t('admin.agent.none'), text: t('admin.agent.intro') }}
        line={(a) => (
          <div class="line">
            <Avatar id={a.id} name={a.name} />
            <span class="line-main">
              <strong dir="auto">{a.name}</strong>
              <small>
                {a.email} · {t(`availability.${a.availability}`)} · {t('admin.agent.load', { load: a.load, capacity: a.capacity.messaging })}
              </small>
              {a.groups.length > 0 && <small dir="auto">{a.groups.map((id) => groups.value.get(id)?.name ?? id).join(', ')}</small>}
            </span>
            <Chip tone={a.role === 'admin' ? 'accent' : 'plain'}>{t(`role.${a.role}`)}</Chip>
            <span class="line-actions">
              <Button size="small" icon="link" onClick={() => void invite(a)}>
                {t('admin.agent.invite')}
              </Button>
              <Button size="small" kind="quiet" icon="edit" aria-label={t('admin.edit', { name: a.name })} onClick={() => setOpen({ edit: a })} />
              <Button size="small" kind="quiet" icon="trash" aria-label={t('admin.remove', { name: a.name })} onClick={() => setOpen({ remove: a })} />
            </span>
          </div>
        )}
      />
      {open && 'edit' in open && (
        <AgentForm
          {...(open.edit ? { agent: open.edit } : {})}
          onClose={close}
          onSaved={(agent, fresh) => {
            changed();
            if (fresh) void invite(agent);
          }}
        />
      )}
      {open && 'remove' in open && (
        <Removal
          name={open.remove.name}
          onClose={close}
          run={async () => {
            await api.delete('/v1/agents/{agent_id}', { path: { agent_id: open.remove.id } });
            changed();
          }}
        >
          {t('admin.agent.removeText')}
        </Removal>
      )}
      {open && 'link' in open && (
        <Dialog title={t('admin.agent.linkTitle', { name: open.agent.name })} onClose={close} actions={<Button onClick={close}>{t('action.close')}</Button>}>
          <div class="admin-stack">
            <p>{t(`admin.agent.${open.link.purpose}`, { time: shortTime(open.link.expires_at) })}</p>
            <Copy label={t('admin.agent.link')} value={open.link.url} />
          </div>
        </Dialog>
      )}
    </>
  );
}

function AgentForm({ agent, onClose, onSaved }: { agent?: Agent; onClose(): void; onSaved(agent: Agent, fresh: boolean): void }) {
  const [name, setName] = useState(agent?.name ?? '');
  const [email, setEmail] = useState(agent?.email ?? '');
  const [role, setRole] = useState<Schema['AgentRole']>(agent?.role ?? 'agent');
  const [skills, setSkills] = useState(agent?.skills.join(', ') ?? '');
  const [capacity, setCapacity] = useState(agent?.capacity.messaging ?? 5);
  const [inGroups, setInGroups] = useState<string[]>(agent?.groups ?? []);
  const [limits, setLimits] = useState(agent?.limits ?? { channels: [], groups: [] });
  const groupOptions = [...groups.value.values()].map((g) => ({ id: g.id, label: g.name }));
  const channelOptions = [...channels.value.values()].map((c) => ({ id: c.id, label: c.name }));
  const submit = async () => {
    const body = {
      name: name.trim(),
      email: email.trim(),
      role,
      skills: skills.split(',').map((s) => s.trim()).filter(Boolean),
      groups: inGroups,
      capacity: { messaging: capacity },
      limits,
    };
    const saved = agent
      ? await api.patch('/v1/agents/{agent_id}', { path: { agent_id: agent.id }, body: { ...body, version: agent.version } })
      : await api.post('/v1/agents', { body });
    tell(t('admin.saved'));
    onSaved(saved, !agent);
  };
  return (
    <FormDialog title={t(agent ? 'admin.edit' : 'admin.agent.add', { name: agent?.name ?? '' })} submit={submit} onClose={onClose} {...(agent ? {} : { action: t('admin.agent.addAndInvite') })}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} name="name" required dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
          <Field label={t('signIn.email')} name="email" type="email" required value={email} error={errors['email']} onInput={(e) => setEmail(e.currentTarget.value)} />
          <div class="admin-columns">
            <Select label={t('admin.role')} value={role} error={errors['role']} onChange={(e) => setRole(e.currentTarget.value as Schema['AgentRole'])}>
              <option value="agent">{t('role.agent')}</option>
              <option value="admin">{t('role.admin')}</option>
            </Select>
            <Field label={t('admin.agent.capacity')} type="number" min={0} max={10000} value={capacity} error={errors['capacity.messaging']} onInput={(e) => setCapacity(Number(e.currentTarget.value))} />
          </div>
          <Field label={t('admin.agent.skills')} hint={t('admin.agent.skillsHint')} value={skills} error={within(errors, 'skills')} onInput={(e) => setSkills(e.currentTarget.value)} />
          <Choices label={t('admin.group.title')} options={groupOptions} chosen={inGroups} onChange={setInGroups} />
          <details class="more" open={limits.channels.length + limits.groups.length > 0}>
            <summary>{t('admin.agent.limits')}</summary>
            <div class="admin-stack">
              <p class="field-hint">{t('admin.agent.limitsHint')}</p>
              <Choices label={t('channels.title')} options={channelOptions} chosen={limits.channels} onChange={(next) => setLimits({ ...limits, channels: next })} />
              <Choices label={t('admin.group.title')} options={groupOptions} chosen={limits.groups} onChange={(next) => setLimits({ ...limits, groups: next })} />
            </div>
          </details>
        </>
      )}
    </FormDialog>
  );
}
