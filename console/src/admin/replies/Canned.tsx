import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { all, api } from '../../api/client';
import { t } from '../../i18n/translate';
import type { CannedReply } from '../../store/canned';
import { Button } from '../../ui/Button';
import { Field, Textarea } from '../../ui/Field';
import { FormDialog } from '../parts/FormDialog';
import { usePages } from '../parts/load';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';

/** Replies that agents put into the composer by name. */
export default function Canned() {
  const replies = usePages(async () => ({ data: await all((cursor) => api.get('/v1/canned-replies', { query: { limit: 200, ...(cursor ? { cursor } : {}) } })), next_cursor: null }));
  const [edited, setEdited] = useState<{ reply?: CannedReply }>();
  const [removed, setRemoved] = useState<CannedReply>();
  return (
    <>
      <Records
        of={replies}
        intro={t('admin.canned.intro')}
        add={{ label: t('admin.canned.add'), run: () => setEdited({}) }}
        none={{ icon: 'note', title: t('admin.canned.none'), text: t('admin.canned.intro') }}
        line={(r) => (
          <div class="line">
            <span class="line-main">
              <strong dir="auto">{r.name}</strong>
              <small dir="auto">{r.text}</small>
            </span>
            <span class="line-actions">
              <Button size="small" kind="quiet" icon="edit" aria-label={t('admin.edit', { name: r.name })} onClick={() => setEdited({ reply: r })} />
              <Button size="small" kind="quiet" icon="trash" aria-label={t('admin.remove', { name: r.name })} onClick={() => setRemoved(r)} />
            </span>
          </div>
        )}
      />
      {edited && <CannedForm {...edited} onClose={() => setEdited(undefined)} onSaved={replies.reload} />}
      {removed && (
        <Removal
          name={removed.name}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/canned-replies/{canned_reply_id}', { path: { canned_reply_id: removed.id } });
            replies.reload();
          }}
        >
          {t('admin.canned.removeText')}
        </Removal>
      )}
    </>
  );
}

function CannedForm({ reply, onClose, onSaved }: { reply?: CannedReply; onClose(): void; onSaved(): void }) {
  const [name, setName] = useState(reply?.name ?? '');
  const [text, setText] = useState(reply?.text ?? '');
  const submit = async () => {
    const body = { name: name.trim(), text };
    if (reply) await api.patch('/v1/canned-replies/{canned_reply_id}', { path: { canned_reply_id: reply.id }, body: { ...body, version: reply.version } });
    else await api.post('/v1/canned-replies', { body });
    onSaved();
  };
  return (
    <FormDialog title={reply ? t('admin.edit', { name: reply.name }) : t('admin.canned.add')} submit={submit} onClose={onClose}>
      {(errors) => (
        <>
          <Field label={t('admin.name')} hint={t('admin.canned.nameHint')} name="name" required maxLength={200} dir="auto" value={name} error={errors['name']} onInput={(e) => setName(e.currentTarget.value)} />
          <Textarea label={t('admin.canned.text')} hint={t('admin.canned.textHint')} name="text" required rows={6} dir="auto" value={text} error={errors['text']} onInput={(e) => setText(e.currentTarget.value)} />
        </>
      )}
    </FormDialog>
  );
}
