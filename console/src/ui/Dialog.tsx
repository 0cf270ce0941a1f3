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

const fields = 'input:not([type="hidden"]):not([type="radio"]), input[type="radio"]:checked, select, textarea';
const reachable = `a[href], button, ${fields}, summary, [tabindex="0"]`;

function seen(within: Element | null, selector: string): HTMLElement[] {
  return Array.from(within?.querySelectorAll<HTMLElement>(selector) ?? []).filter((e) => !e.matches(':disabled') && e.checkVisibility());
}

/**
 * Where the user begins: at the first field, or at the first button of the foot,
 * which takes nothing back. A drawer is read first: there the browser chooses.
 */
function begin(box: HTMLElement): void {
  const body = box.querySelector('.dialog-body');
  if (body?.contains(document.activeElement)) return; // it chose by itself
  (seen(body, fields)[0] ?? seen(box.querySelector('.dialog-foot'), 'button')[0] ?? seen(body, reachable)[0])?.focus();
}

/** Leads from the last that can be reached to the first, and back. */
function turn(e: KeyboardEvent, box: HTMLElement | null): void {
  if (e.key !== 'Tab' || e.defaultPrevented) return;
  const all = seen(box, reachable);
  const edge = e.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== edge && document.activeElement !== box) return;
  e.preventDefault();
  (e.shiftKey ? all.at(-1) : all[0])?.focus();
}

/**
 * A dialog, drawer or lightbox: begins at its first field, keeps the focus
 * inside, closes on Escape and on a click beside it, and gives the focus back.
 */
export function Dialog({ title, onClose, place = 'middle', children, actions, wide, bare }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const el = box.current;
    const before = document.activeElement as HTMLElement | null;
    el?.showModal();
    if (el && (place === 'middle' || place === 'whole')) begin(el);
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
      onKeyDown={(e) => {
        e.stopPropagation();
        turn(e, box.current);
      }}
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
