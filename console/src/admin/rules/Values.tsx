import { useId, useState } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Chip } from '../../ui/Chip';
import { Icon } from '../../ui/Icon';
import type { Option } from './vocabulary';

interface ListProps {
  label: string;
  values: readonly string[];
  onChange(values: string[]): void;
}

function Chips({ values, name, onChange }: ListProps & { name(value: string): string }) {
  return values.map((v) => (
    <Chip key={v} onRemove={() => onChange(values.filter((other) => other !== v))} removeLabel={t('rule.remove', { name: name(v) })}>
      {name(v)}
    </Chip>
  ));
}

/** Some of what there is to choose; one of them is enough. */
export function Chosen({ options, ...list }: ListProps & { options: readonly Option[] }) {
  const left = options.filter((o) => !list.values.includes(o.id));
  return (
    <div class="rule-values">
      <Chips {...list} name={(id) => options.find((o) => o.id === id)?.label ?? id} />
      {left.length > 0 && (
        <span class="select">
          <select class="input" aria-label={list.label} value="" onChange={(e) => e.currentTarget.value && list.onChange([...list.values, e.currentTarget.value])}>
            <option value="">{list.values.length === 0 ? t('rule.choose') : t('rule.orChoose')}</option>
            {left.map((o) => (
              <option key={o.id} value={o.id}>
                {o.label}
              </option>
            ))}
          </select>
          <Icon name="down" size={16} />
        </span>
      )}
    </div>
  );
}

/** Words or parts of texts that are typed, each kept with Enter or when the field is left. */
export function Typed({ name, commas = false, ...list }: ListProps & { name?: string; commas?: boolean }) {
  const [text, setText] = useState('');
  const add = (typed: string) => {
    const fresh = (commas ? typed.split(',') : [typed]).map((w) => w.trim()).filter((w) => w && !list.values.includes(w));
    setText('');
    if (fresh.length > 0) list.onChange([...list.values, ...new Set(fresh)]);
  };
  return (
    <div class="rule-values">
      <Chips {...list} name={(v) => v} />
      <input
        class="input"
        dir="auto"
        name={name}
        aria-label={list.label}
        placeholder={list.values.length === 0 ? t('rule.type') : t('rule.orType')}
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
        onBlur={() => add(text)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && text.trim()) {
            e.preventDefault();
            add(text);
          } else if (e.key === 'Backspace' && text === '' && list.values.length > 0) list.onChange(list.values.slice(0, -1));
        }}
      />
    </div>
  );
}

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
type Unit = keyof typeof units;

/** "48h" is two days; what has several parts, such as "1h30m", is undefined. */
function amount(value: string): { n: string; unit: Unit } | undefined {
  const [, n, unit] = /^(\d*)([smh])$/.exec(value) ?? [];
  if (n === undefined || !unit) return undefined;
  return unit === 'h' && n !== '' && Number(n) % 24 === 0 && Number(n) > 0 ? { n: String(Number(n) / 24), unit: 'd' } : { n, unit: unit as Unit };
}

/** Time that passes: a number and its unit. */
export function Span({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  const id = useId();
  const read = amount(value || 'm');
  const [unit, setUnit] = useState<Unit>(read?.unit ?? 'm');
  if (!read) return <input class="input" aria-label={label} value={value} onInput={(e) => onChange(e.currentTarget.value)} />;
  const write = (n: string, u: Unit) => onChange(u === 'd' ? (n === '' ? '' : `${Number(n) * 24}h`) : n === '' ? '' : `${n}${u}`);
  return (
    <div class="rule-span">
      <input id={id} class="input" type="number" min={1} step={1} inputMode="numeric" aria-label={label} value={inUnit(read, unit)} onInput={(e) => write(e.currentTarget.value, unit)} />
      <span class="select">
        <select
          class="input"
          aria-label={t('rule.unit')}
          value={unit}
          onChange={(e) => {
            const next = e.currentTarget.value as Unit;
            write(inUnit(read, unit), next);
            setUnit(next);
          }}
        >
          {(Object.keys(units) as Unit[]).map((u) => (
            <option key={u} value={u}>
              {t(`rule.unit.${u}`)}
            </option>
          ))}
        </select>
        <Icon name="down" size={16} />
      </span>
    </div>
  );
}

/** A time in the unit that was chosen, as far as that is a whole number. */
function inUnit(read: { n: string; unit: Unit }, unit: Unit): string {
  if (read.n === '') return '';
  const n = (Number(read.n) * units[read.unit]) / units[unit];
  return Number.isInteger(n) ? String(n) : read.n;
}
