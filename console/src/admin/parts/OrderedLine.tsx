import type { ComponentChildren } from 'preact';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { complain } from '../../ui/Toast';
import { Order, Toggle } from './Order';

interface Record {
  name: string;
  enabled: boolean;
  position?: number | null;
}

interface Props {
  record: Record;
  /** The position of the last. */
  last: number;
  /** What it does, on one line. */
  summary: string;
  /** What stands beside the name. */
  chips?: ComponentChildren;
  /** What else can be done with it. */
  actions?: ComponentChildren;
  onChange(change: { enabled: boolean } | { position: number }): void;
  onEdit(): void;
  onRemove(): void;
}

/** A record of a list whose order counts: switched on and off, moved, edited, deleted. */
export function OrderedLine({ record: r, last, summary, chips, actions, onChange, onEdit, onRemove }: Props) {
  return (
    <div class={`line ${r.enabled ? '' : 'line-off'}`}>
      <span class="line-number">{r.position ?? ''}</span>
      <span class="line-main">
        <strong dir="auto">{r.name}</strong>
        <small dir="auto">{summary}</small>
      </span>
      {chips}
      <Toggle label={t('admin.enabled', { name: r.name })} on={r.enabled} onChange={(enabled) => onChange({ enabled })} />
      <span class="line-actions">
        <Order name={r.name} position={r.position ?? 1} last={last} onMove={(position) => onChange({ position })} />
        {actions}
        <Button size="small" kind="quiet" icon="edit" aria-label={t('admin.edit', { name: r.name })} onClick={onEdit} />
        <Button size="small" kind="quiet" icon="trash" aria-label={t('admin.remove', { name: r.name })} onClick={onRemove} />
      </span>
    </div>
  );
}

/** Changes a record of a list that is read again then, whatever came of it. */
export async function changeListed(change: () => Promise<unknown>, reload: () => void): Promise<void> {
  try {
    await change();
  } catch (error) {
    complain(t('do.changeFailed'), error);
  }
  reload();
}
