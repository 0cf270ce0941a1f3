import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../api/client';
import { explain } from '../api/problem';
import { may } from '../auth/session';
import { t } from '../i18n/translate';
import { channels } from '../store/directory';
import { Avatar } from '../ui/Avatar';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Skeleton } from '../ui/Empty';
import { Field } from '../ui/Field';
import { complain, tell } from '../ui/Toast';
import { idName } from './status';

type Contact = Schema['Contact'];

const nameOf = (c: Contact) => c.name?.trim() || idName(c.identities[0]?.external_id ?? c.id);

/** Which contacts are the same person: those that were put together, and the way to do so. */
export function Person({ contact, onChange }: { contact: Contact; onChange(contact: Contact): void }) {
  const [choosing, setChoosing] = useState(false);
  if (contact.group || !may('contacts:write')) return null;
  const split = async (other: string) => {
    try {
      onChange(await api.post('/v1/contacts/{contact_id}/unmerge', { path: { contact_id: contact.id }, body: { contact_id: other } }));
      tell(t('person.splitDone'));
    } catch (error) {
      complain(t('person.failed'), error);
    }
  };
  return (
    <>
      {(contact.merged?.length ?? 0) > 0 && (
        <ul class="identities" aria-label={t('person.merged')}>
          {contact.merged?.map((m) => (
            <li key={m.id}>
              <span class="one-line" dir="auto">
                {t('person.also', { name: m.name ?? idName(m.identities[0]?.external_id ?? m.id) })}
              </span>
              <button type="button" class="link" onClick={() => void split(m.id)}>
                {t('person.split')}
              </button>
            </li>
          ))}
        </ul>
      )}
      <button type="button" class="link" aria-haspopup="dialog" onClick={() => setChoosing(true)}>
        {t('person.merge')}
      </button>
      {choosing && <Choose contact={contact} onClose={() => setChoosing(false)} onChange={onChange} />}
    </>
  );
}

const typing = 250; // milliseconds without a key before it is searched

function Choose({ contact, onClose, onChange }: { contact: Contact; onClose(): void; onChange(contact: Contact): void }) {
  const [text, setText] = useState(contact.name ?? '');
  const [found, setFound] = useState<Contact[]>();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState('');
  const own = new Set([contact.id, ...(contact.merged ?? []).map((m) => m.id)]);
  useEffect(() => {
    let gone = false;
    const q = text.trim();
    const timer = setTimeout(() => {
      api.get('/v1/contacts', { query: { limit: 20, ...(q ? { q } : {}) } }).then(
        (page) => !gone && (setFound(page.data), setFailure(undefined)),
        (error: unknown) => !gone && setFailure(error),
      );
    }, typing);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text]);
  const merge = async (other: Contact) => {
    setBusy(other.id);
    try {
      onChange(await api.post('/v1/contacts/{contact_id}/merge', { path: { contact_id: contact.id }, body: { contact_id: other.id } }));
      tell(t('person.mergeDone'));
      onClose();
    } catch (error) {
      setFailure(error);
    }
    setBusy('');
  };
  const others = found?.filter((c) => !own.has(c.id) && !c.group);
  return (
    <Dialog title={t('person.merge')} onClose={onClose} actions={<Button onClick={onClose}>{t('action.cancel')}</Button>}>
      <div class="person">
        <p class="quiet">{t('person.mergeText', { name: nameOf(contact) })}</p>
        <Field label={t('person.search')} name="person" autocomplete="off" dir="auto" value={text} onInput={(e) => setText(e.currentTarget.value)} />
        {failure !== undefined && (
          <p class="field-error" role="alert">
            {explain(failure)}
          </p>
        )}
        {!others && failure === undefined ? (
          <Skeleton lines={3} />
        ) : others?.length === 0 ? (
          <p class="quiet">{t('person.nobody')}</p>
        ) : (
          <ul class="person-list">
            {others?.map((c) => (
              <li key={c.id}>
                <Avatar id={c.id} name={nameOf(c)} size="small" />
                <span class="person-who">
                  <strong class="one-line" dir="auto">
                    {nameOf(c)}
                  </strong>
                  <small class="one-line">{c.identities.map((i) => `${channels.value.get(i.channel_id)?.name ?? ''} ${i.external_id}`).join(', ')}</small>
                </span>
                <Button size="small" busy={busy === c.id} aria-label={t('person.mergeWith', { name: nameOf(c) })} onClick={() => void merge(c)}>
                  {t('person.same')}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
