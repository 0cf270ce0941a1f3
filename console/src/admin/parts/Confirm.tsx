import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Problem } from './Problem';

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
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const submit = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await run();
      onClose();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="danger" busy={busy} onClick={() => void submit()}>
            {action}
          </Button>
        </>
      }
    >
      <div class="admin-stack">
        {children}
        <Problem error={failure} />
      </div>
    </Dialog>
  );
}
