import '../parts/admin.css';
import { useState } from 'preact/hooks';
import { all, api, type Schema } from '../../api/client';
import { t } from '../../i18n/translate';
import { channels, groups } from '../../store/directory';
import { Chip } from '../../ui/Chip';
import { usePages } from '../parts/load';
import { changeListed, OrderedLine } from '../parts/OrderedLine';
import { Records } from '../parts/Records';
import { Removal } from '../parts/Removal';
import { QueueForm } from './QueueForm';
import { skillLine } from './words';

type Queue = Schema['Queue'];

/** The queues; a conversation that waits is in the first whose conditions hold. */
export default function Queues() {
  const queues = usePages(async () => ({ data: await all((cursor) => api.get('/v1/queues', { query: { limit: 200, ...(cursor ? { cursor } : {}) } })), next_cursor: null }));
  const [edited, setEdited] = useState<{ queue?: Queue }>();
  const [removed, setRemoved] = useState<Queue>();
  return (
    <>
      <Records
        of={queues}
        intro={t('admin.queues.intro')}
        add={{ label: t('admin.queues.add'), run: () => setEdited({}) }}
        none={{ icon: 'sort', title: t('admin.queues.none'), text: t('admin.queues.noneText') }}
        line={(q) => (
          <OrderedLine
            record={q}
            last={queues.data?.length ?? 0}
            summary={summary(q)}
            chips={q.method && <Chip>{t(`routing.method.${q.method}`)}</Chip>}
            onChange={(body) => void changeListed(() => api.patch('/v1/queues/{queue_id}', { path: { queue_id: q.id }, body }), queues.reload)}
            onEdit={() => setEdited({ queue: q })}
            onRemove={() => setRemoved(q)}
          />
        )}
      />
      {edited && <QueueForm {...edited} onClose={() => setEdited(undefined)} onSaved={queues.reload} />}
      {removed && (
        <Removal
          name={removed.name}
          onClose={() => setRemoved(undefined)}
          run={async () => {
            await api.delete('/v1/queues/{queue_id}', { path: { queue_id: removed.id } });
            queues.reload();
          }}
        >
          {t('admin.queues.removeText')}
        </Removal>
      )}
    </>
  );
}

/** What a queue takes and who serves it, on one line. */
function summary(q: Queue): string {
  const c = q.conditions;
  const takes = [
    ...(c.channel_ids ?? []).map((id) => channels.value.get(id)?.name ?? id),
    ...(c.tags ?? []),
    ...(c.styles ?? []).map((s) => t(`style.${s}`)),
    ...(c.languages ?? []),
    ...(c.priorities ?? []).map((p) => t(`priority.${p}`)),
    ...(c.business_hours ? [t(`admin.hours.${c.business_hours.state}`)] : []),
  ];
  const serve = q.groups.map((id) => groups.value.get(id)?.name ?? id);
  const needs = skillLine([...q.required_skills, ...q.preferred_skills]);
  return `${takes.join(', ') || t('admin.queues.everything')} → ${[serve.join(', ') || t('admin.queues.everybody'), needs].filter(Boolean).join(' · ')}`;
}
