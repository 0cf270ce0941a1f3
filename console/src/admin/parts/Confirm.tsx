import type { ComponentChildren } from 'preact';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Problem } from './Problem';
import { useDoing } from './useDoing';

interface Props {
  title: string;
  /** What will happen. */
  children: ComponentChildren;
  /** What the button that does it says. */
  action: string;
  run(): Promise<unknown>;
  onClose(): void;
}

/** Asks before something that cannot be taken back; says why when it is refused. */
export function Confirm({ title, children, action, run, onClose }: Props) {
  const doing = useDoing();
  const submit = async () => {
    if (await doing.run(run)) onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="danger" busy={doing.busy} onClick={() => void submit()}>
            {action}
          </Button>
        </>
      }
    >
      <div class="admin-stack">
        {children}
        <Problem error={doing.failure} />
      </div>
    </Dialog>
  );
}
