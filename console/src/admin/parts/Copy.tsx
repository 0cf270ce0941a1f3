import { useState } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { complain } from '../../ui/Toast';

/** A value to take elsewhere, with a button that copies it. */
export function Copy({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      complain(t('do.copyFailed'));
    }
  };
  return (
    <div class="copy">
      <span class="field-label">{label}</span>
      <div class="copy-line">
        <code class="copy-value" tabIndex={0} role="textbox" aria-readonly="true" aria-label={label}>
          {value}
        </code>
        <Button icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
          {t(copied ? 'do.copied' : 'admin.copy')}
        </Button>
      </div>
      <span class="hidden" role="status">
        {copied ? t('do.copied') : ''}
      </span>
    </div>
  );
}
