import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';

interface Props {
  name: string;
  /** From 1. */
  position: number;
  last: number;
  onMove(position: number): void;
}

/** Moves a record up or down its list; with the keyboard like with the pointer. */
export function Order({ name, position, last, onMove }: Props) {
  return (
    <>
      <Button size="small" kind="quiet" icon="up" aria-label={t('admin.up', { name })} disabled={position <= 1} onClick={() => onMove(position - 1)} />
      <Button size="small" kind="quiet" icon="down" aria-label={t('admin.down', { name })} disabled={position >= last} onClick={() => onMove(position + 1)} />
    </>
  );
}

/** A switch with its name. */
export function Toggle({ label, on, disabled = false, onChange }: { label: string; on: boolean; disabled?: boolean; onChange(on: boolean): void }) {
  return (
    <button type="button" role="switch" class="toggle" aria-checked={on} aria-label={label} title={label} disabled={disabled} onClick={() => onChange(!on)}>
      <span class="toggle-text">{t(on ? 'admin.on' : 'admin.off')}</span>
    </button>
  );
}
