import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/translate';
import { Button } from './Button';

interface Props {
  title: string;
  onClose(): void;
  /** Where it stands: over the middle, at the side, or over everything. */
  place?: 'middle' | 'side' | 'start' | 'whole';
  children: ComponentChildren;
  /** Buttons at the foot. */
  actions?: ComponentChildren;
  wide?: boolean;
  /** The title is there for screen readers only, and there is no close button. */
  bare?: boolean;
}

/**
 * A dialog, drawer or lightbox: keeps the focus inside, closes on Escape and on
 * a click beside it, and gives the focus back.
 */
export function Dialog({ title, onClose, place = 'middle', children, actions, wide, bare }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const el = box.current;
    const before = document.activeElement as HTMLElement | null;
    el?.showModal();
    return () => {
      el?.close();
      before?.focus?.();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog dialog-${place} ${wide ? 'dialog-wide' : ''}`}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault();
        onClose();
      }}
      onClick={(e) => {
        if (e.target === box.current) onClose();
      }}
      onKeyDown={(e) => e.stopPropagation()}
    >
      <div class="dialog-box">
        <header class={bare ? 'hidden' : 'dialog-head'}>
          <h2 id={id}>{title}</h2>
          {!bare && <Button kind="quiet" icon="close" aria-label={t('action.close')} onClick={onClose} />}
        </header>
        <div class="dialog-body">{children}</div>
        {actions && <footer class="dialog-foot">{actions}</footer>}
      </div>
    </dialog>
  );
}
