import type { ComponentChildren } from 'preact';
import { explain, requestID } from '../api/problem';
import { t } from '../i18n/translate';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';

interface Props {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  /** Buttons or links: what to do next. */
  actions?: ComponentChildren;
}

/** A place with nothing in it says why, and what to do next. */
export function Empty({ icon, title, children, actions }: Props) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} size={26} />
      </span>
      <h2>{title}</h2>
      {children && <div class="empty-text">{children}</div>}
      {actions && <div class="empty-actions">{actions}</div>}
    </div>
  );
}

/** A place that could not be loaded. */
export function LoadError({ error, retry, busy = false }: { error: unknown; retry(): void; busy?: boolean }) {
  const request = requestID(error);
  return (
    <div role="alert">
      <Empty
        icon="warning"
        title={t('load.failed')}
        actions={
          <Button icon="retry" busy={busy} onClick={retry}>
            {t('action.retry')}
          </Button>
        }
      >
        <p>{explain(error)}</p>
        {request && <p class="quiet">{t('problem.request', { id: request })}</p>}
      </Empty>
    </div>
  );
}

/** Lines that stand for what is being loaded. */
export function Skeleton({ lines, kind = 'text' }: { lines: number; kind?: 'text' | 'row' | 'bubble' }) {
  return (
    <div class={`skeleton skeleton-${kind}`} role="status" aria-label={t('load.loading')}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class={`skeleton-line skeleton-w${i % 4}`} />
      ))}
    </div>
  );
}
