import { explain, requestID } from '../../api/problem';
import { t } from '../../i18n/translate';
import { Icon } from '../../ui/Icon';

/** Why something was refused, in place beside what was asked. Nothing for no error. */
export function Problem({ error }: { error: unknown }) {
  if (error === undefined) return null;
  const request = requestID(error);
  return (
    <p class="alert" role="alert">
      <Icon name="warning" />
      <span>
        {explain(error)}
        {request && <small class="admin-request">{t('problem.request', { id: request })}</small>}
      </span>
    </p>
  );
}
