import type { ComponentChildren } from 'preact';
import { t } from '../../i18n/translate';
import { Confirm } from './Confirm';

interface Props {
  name: string;
  /** What becomes of what depends on it. */
  children: ComponentChildren;
  run(): Promise<unknown>;
  onClose(): void;
}

/** Asks before a record is deleted. */
export function Removal({ name, children, run, onClose }: Props) {
  return (
    <Confirm title={t('admin.removeTitle', { name })} action={t('admin.delete')} run={run} onClose={onClose}>
      <p>{children}</p>
    </Confirm>
  );
}
