import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { Problem } from './Problem';

interface SaveProps {
  busy: boolean;
  /** Why it was refused the last time. */
  failure: unknown;
  disabled?: boolean;
}

/** The end of a form: why it could not be saved, and the button. */
export function Save({ busy, failure, disabled = false }: SaveProps) {
  return (
    <>
      <Problem error={failure} />
      <p class="admin-actions">
        <Button kind="primary" type="submit" busy={busy} disabled={disabled}>
          {t('action.save')}
        </Button>
      </p>
    </>
  );
}
