import { t } from '../i18n/translate';
import { Dialog } from '../ui/Dialog';
import { keyNames, shortcuts, showShortcuts, singleKeys, switchSingleKeys } from './shortcuts';

/** The list of keys. */
export function ShortcutSheet() {
  if (!showShortcuts.value) return null;
  const seen = new Set<string>();
  const list = shortcuts.value.filter((s) => !seen.has(s.keys) && seen.add(s.keys));
  return (
    <Dialog title={t('shortcuts.title')} onClose={() => (showShortcuts.value = false)}>
      <dl class="keys">
        {list.map((s) => (
          <div key={s.keys}>
            <dt>{t(s.does)}</dt>
            <dd>
              {keyNames(s.keys).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={singleKeys.value} onChange={(e) => switchSingleKeys(e.currentTarget.checked)} />
        <span>
          {t('shortcuts.single')}
          <small>{t('shortcuts.singleHint')}</small>
        </span>
      </label>
    </Dialog>
  );
}
