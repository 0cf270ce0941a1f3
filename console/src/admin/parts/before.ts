import { ago } from '../../i18n/dates';
import { t } from '../../i18n/translate';

/** How long ago within a sentence: "5m ago", "now". */
export function before(iso: string): string {
  const time = ago(iso);
  return time === t('time.now') ? time : t('admin.ago', { time });
}
