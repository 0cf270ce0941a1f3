import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { api, type Schema } from '../../api/client';
import { fullTime, shortTime } from '../../i18n/dates';
import { t } from '../../i18n/translate';
import { agents, channels } from '../../store/directory';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Dialog } from '../../ui/Dialog';
import { Field, Select } from '../../ui/Field';
import { Choices } from '../parts/Choices';
import { Confirm } from '../parts/Confirm';
import { Copy } from '../parts/Copy';
import { FormDialog } from '../parts/FormDialog';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';

type Token = Schema['Token'];
type Scope = Schema['Scope'];

const scopes: readonly Scope[] = [
  'agents:read', 'agents:write', 'channels:read', 'contacts:read', 'contacts:write', 'conversations:read', 'conversations:write', 'events:read',
  'messages:write', 'reports:read', 'settings:read',
];

/** Tokens for programs that use the API. A secret is shown once. */
export default function Tokens() {
  const tokens = usePages((cursor) => api.get('/v1/tokens', { query: { limit: 100, ...(cursor ? { cursor } : {}) } }));
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Schema['NewToken']>();
  const [removed, setRemoved] = useState<Token>();
  return (
    <>
      <Records
        of={tokens}
        intro={t('admin.token.intro')}
        add={{ label: t('admin.token.add'), run: () => setAdding(true) }}
        none={{ icon: 'lock', title: t('admin.token.none'), text: t('admin.token.intro') }}
        line={(token) => (
          <div class="line">
            <span class="line-main">
              <strong dir="auto">{token.name}</strong>
              <small>
                {token.scopes.join(', ') || t(`admin.token.role.${token.role}`)}
                {token.agent_id && ` · ${agents.value.get(token.agent_id)?.name ?? token.agent_id}`}
              </small>
              <small title={fullTime(token.created_at)}>
                {t('admin.token.made', { time: shortTime(token.created_at) })}
                {token.expires_at && ` · ${t('admin.token.ends', { time: shortTime(token.expires_at) })}`}
              </small>
            </span>
            <Chip tone={token.role === 'admin' ? 'accent' : 'plain'}>{t(`admin.token.role.${token.role}`)}</Chip>
            <Button size="small" icon="trash" onClick={() => setRemoved(token)}>
              {t('admin.token.revoke')}
            </Button>
          </div>
        )}
      />
      {adding && (
        <TokenForm
          onClose={() => setAdding(false)}
          onMade={(token) => {
            setMade(token);
            tokens.reload();
          }}
        />
      )}
      {made && (
        <Dialog title={t('admin.token.once')} onClose={() => setMade(undefined)} actions={<Button kind="primary" onClick={() => setMade(undefined)}>{t('admin.token.kept')}</Button>}>
          <div class="admin-stack">
            <p>{t('admin.token.onceText')}</p>
            <Copy label={made.name} value={made.token} />
          </div>
        </Dialog>
      )}
      {removed && (
        <Confirm
          title={t('admin.token.revokeTitle', { name: removed.name })}
          action={t('admin.token.revoke')}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/tokens/{token_id}', { path: { token_id: removed.id } });
            tokens.reload();
          }}
        >
          <p>{t('admin.token.revokeText')}</p>
        </Confirm>
      )}
    </>
  );
}

function TokenForm({ onClose, onMade }: { onClose(): void; onMade(token: Schema['NewToken']): void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Schema['TokenRole']>('integration');
  const [agent, setAgent] = useState('');
  const [allowed, setAllowed] = useState<string[]>(['conversations:read', 'messages:write']);
  const [limited, setLimited] = useState<string[]>([]);
  const [expires, setExpires] = useState('');
  const submit = async () => {
    const token = await api.post('/v1/tokens', {
      body: {
        name: name.trim(),
        role,
        ...(role === 'agent' ? { agent_id: agent || null } : {}),
        ...(role === 'integration' ? { scopes: allowed as Scope[] } : {}),
        ...(role === 'integration' && limited.length > 0 ? { channels: limited } : {}),
        ...(expires ? { expires_at: new Date(expires).toISOString() } : {}),
      },
    });
    onMade(token);
  };
  return (
    <FormDialog title={t('admin.token.add')} submit={submit} onClose={onClose} action={t('admin.token.make')}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} name="name" hint={t('admin.token.nameHint')} required dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
          <Select label={t('admin.role')} value={role} error={errors['role']} onChange={(e) => setRole(e.currentTarget.value as Schema['TokenRole'])}>
            {(['integration', 'agent', 'admin'] as const).map((r) => (
              <option key={r} value={r}>
                {t(`admin.token.role.${r}`)}
              </option>
            ))}
          </Select>
          {role === 'agent' && (
            <Select label={t('admin.token.agent')} value={agent} error={errors['agent_id']} onChange={(e) => setAgent(e.currentTarget.value)}>
              <option value="">{t('admin.choose')}</option>
              {[...agents.value.values()].map((a) => (
                <option key={a.id} value={a.id}>
                  {a.name}
                </option>
              ))}
            </Select>
          )}
          {role === 'integration' && <Choices label={t('admin.token.scopes')} hint={errors['scopes']} options={scopes.map((s) => ({ id: s, label: s }))} chosen={allowed} onChange={setAllowed} />}
          {role === 'integration' && (
            <Choices label={t('admin.token.channels')} hint={t('admin.token.channelsHint')} options={[...channels.value.values()].map((c) => ({ id: c.id, label: c.name }))} chosen={limited} onChange={setLimited} />
          )}
          <Field label={t('admin.token.expires')} type="datetime-local" value={expires} error={errors['expires_at']} onInput={(e) => setExpires(e.currentTarget.value)} />
        </>
      )}
    </FormDialog>
  );
}
