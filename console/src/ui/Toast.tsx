import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { requestID, explain } from '../api/problem';
import { t } from '../i18n/translate';
import { Button } from './Button';
import { Icon } from './Icon';

interface Toast {
  id: number;
  kind: 'done' | 'failed';
  text: string;
  detail?: string | undefined;
  action?: { label: string; run(): void } | undefined;
}

const toasts = signal<readonly Toast[]>([]);
let last = 0;

function add(toast: Omit<Toast, 'id'>, seconds: number): void {
  const id = ++last;
  toasts.value = [...toasts.value.slice(-2), { ...toast, id }];
  setTimeout(() => drop(id), seconds * 1000);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Says that something is done, with a way to undo it or go on. */
export function tell(text: string, action?: Toast['action']): void {
  add({ kind: 'done', text, action }, action ? 8 : 4);
}

/** Says that something failed, why, and what to do. */
export function complain(text: string, error?: unknown, action?: Toast['action']): void {
  const request = requestID(error);
  const why = error === undefined ? undefined : explain(error);
  add({ kind: 'failed', text, detail: request ? `${why} (${t('problem.request', { id: request })})` : why, action }, 12);
}

/** Where toasts appear; once in the page. */
export function Toasts() {
  const box = useRef<HTMLDivElement>(null);
  const list = toasts.value;
  useEffect(() => {
    // The top layer keeps toasts above dialogs that were opened before them.
    const el = box.current;
    if (!el || list.length === 0) return;
    el.hidePopover?.();
    el.showPopover?.();
  }, [list]);
  return (
    <div ref={box} class="toasts" popover="manual" role="status" aria-live="polite">
      {list.map((toast) => (
        <div key={toast.id} class={`toast toast-${toast.kind}`}>
          <Icon name={toast.kind === 'done' ? 'check' : 'warning'} />
          <div class="toast-text">
            <p>{toast.text}</p>
            {toast.detail && <p class="toast-detail">{toast.detail}</p>}
          </div>
          {toast.action && (
            <Button
              size="small"
              onClick={() => {
                toast.action?.run();
                drop(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <Button kind="quiet" size="small" icon="close" aria-label={t('action.dismiss')} onClick={() => drop(toast.id)} />
        </div>
      ))}
    </div>
  );
}
