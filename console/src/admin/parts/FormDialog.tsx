import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Problem } from './Problem';
import type { FieldErrors } from './problems';
import { useDoing } from './useDoing';

interface Props {
  title: string;
  wide?: boolean;
  /** What the button says; "Save" without it. */
  action?: string;
  /** Saves; the dialog stays open with the reason when it is refused. */
  submit(): Promise<unknown>;
  onClose(): void;
  disabled?: boolean;
  children(errors: FieldErrors): ComponentChildren;
}

/** A form in a dialog, for records of a few fields. */
export function FormDialog({ title, wide = false, action, submit, onClose, disabled = false, children }: Props) {
  const id = useId();
  const { busy, failure, errors, run } = useDoing();
  const save = async () => {
    if (await run(submit)) onClose();
  };
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" form={id} busy={busy} disabled={disabled}>
            {action ?? t('action.save')}
          </Button>
        </>
      }
    >
      <form
        id={id}
        class="admin-stack"
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        {children(errors)}
        <Problem error={failure} />
      </form>
    </Dialog>
  );
}
