import { useEffect, useState } from 'preact/hooks';
import { api, type Schema } from '../api/client';
import { t } from '../i18n/translate';
import type { Conversation } from '../store/conversations';
import { send } from '../store/outbox';
import { Button } from '../ui/Button';
import { LoadError, Skeleton } from '../ui/Empty';
import { Field } from '../ui/Field';
import { TemplateForm } from './TemplateForm';

type TemplateInfo = Schema['TemplateInfo'];

/** Stands in place of the text box when only an approved template may be sent. */
export function TemplatePicker({ c }: { c: Conversation }) {
  const [list, setList] = useState<Schema['TemplateList']>();
  const [failure, setFailure] = useState<unknown>();
  const [chosen, setChosen] = useState<TemplateInfo>();
  const load = () => {
    setFailure(undefined);
    api.get('/v1/channels/{channel_id}/templates', { path: { channel_id: c.channel_id } }).then(setList, setFailure);
  };
  useEffect(load, [c.channel_id]);
  if (failure !== undefined) return <LoadError error={failure} retry={load} />;
  if (!list) return <Skeleton lines={2} />;
  if (!list.listed || list.data.length === 0) return <TemplateForm c={c} />;
  return (
    <div>
      <ul class="templates" aria-label={t('template.choose')}>
        {list.data.map((info) => (
          <li key={`${info.name} ${info.language}`}>
            <button type="button" class="template-choice" aria-pressed={info === chosen} disabled={!info.usable} onClick={() => setChosen(info)}>
              <strong>
                {info.name} <span class="quiet">{info.usable ? info.language : `${info.language} · ${info.status}`}</span>
              </strong>
              <small dir="auto">{info.text}</small>
            </button>
          </li>
        ))}
      </ul>
      {chosen && <Values key={`${chosen.name} ${chosen.language}`} c={c} info={chosen} done={() => setChosen(undefined)} />}
    </div>
  );
}

interface Gap {
  part: Schema['TemplateSlot'];
  /** Its place among the part's gaps, from 0. */
  at: number;
  label: string;
}

/** The gaps of a template, in the order of its text. */
function gapsOf(info: TemplateInfo): Gap[] {
  return info.parameters.flatMap((part) =>
    Array.from({ length: part.count }, (_, at) => ({ part, at, label: t('template.gap', { part: part.type, name: part.names?.[at] ?? String(at + 1) }) })),
  );
}

/** A parameter as WhatsApp's API has it: text, or a file by its address. */
function parameter(gap: Gap, value: string): object {
  const name = gap.part.names?.[gap.at];
  const named = name ? { parameter_name: name } : {};
  return gap.part.kind === 'text' ? { type: 'text', text: value, ...named } : { type: gap.part.kind, [gap.part.kind]: { link: value } };
}

function Values({ c, info, done }: { c: Conversation; info: TemplateInfo; done(): void }) {
  const gaps = gapsOf(info);
  const [values, setValues] = useState<readonly string[]>(gaps.map(() => ''));
  const able = values.every((v) => v.trim() !== '');
  const submit = (e: Event) => {
    e.preventDefault();
    if (!able) return;
    const components = info.parameters.map((part) => ({
      type: part.type,
      ...(part.type === 'button' ? { sub_type: 'url', index: String(part.index) } : {}),
      parameters: gaps.flatMap((gap, i) => (gap.part === part ? [parameter(gap, values[i]?.trim() ?? '')] : [])),
    }));
    send(c.id, { type: 'template', template: { name: info.name, language: info.language, ...(components.length > 0 ? { components } : {}) } });
    done();
  };
  return (
    <form onSubmit={submit}>
      <div class="template-values">
        {gaps.map((gap, i) => (
          <Field
            key={i}
            label={gap.label}
            required
            hint={gap.part.kind === 'text' ? undefined : t('template.link')}
            value={values[i]}
            onInput={(e) => setValues(values.map((v, k) => (k === i ? e.currentTarget.value : v)))}
          />
        ))}
      </div>
      <p class="template-actions">
        <Button kind="primary" icon="template" type="submit" disabled={!able}>
          {t('template.send')}
        </Button>
      </p>
    </form>
  );
}
