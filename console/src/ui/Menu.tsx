import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/translate';
import { Icon, type IconName } from './Icon';

/** A line of a menu. */
export interface MenuItem {
  id: string;
  label: string;
  /** A second, smaller line: what it does. */
  hint?: string | undefined;
  icon?: IconName | undefined;
  /** Drawn in place of the icon. */
  mark?: ComponentChildren;
  selected?: boolean;
  disabled?: boolean;
  danger?: boolean;
  /** A line above it sets it apart from those before. */
  apart?: boolean;
  /** Keys that do the same. */
  keys?: string | undefined;
  run(): void;
}

interface Props {
  /** The name of the menu for screen readers. */
  label: string;
  items: readonly MenuItem[];
  /** What the button shows. */
  children: ComponentChildren;
  buttonClass?: string;
  /** Which edge of the button the menu keeps to. */
  align?: 'start' | 'end';
  /** Opens upwards when there is room. */
  up?: boolean;
  disabled?: boolean;
  buttonLabel?: string;
  title?: string;
  /** A name by which shortcuts find the button. */
  name?: string;
}

const searchFrom = 9; // lines; fewer are quicker read than searched

/**
 * A button with a menu. Arrow keys move, typing searches long menus, Escape and
 * a click elsewhere close; the focus then goes back to the button.
 */
export function Menu({ label, items, children, buttonClass = 'button button-quiet button-normal', align = 'start', up, disabled, buttonLabel, title, name }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (refocus: boolean) => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        class={buttonClass}
        aria-haspopup="menu"
        aria-expanded={open}
        {...(open ? { 'aria-controls': id } : {})}
        {...(buttonLabel ? { 'aria-label': buttonLabel } : {})}
        {...(name ? { 'data-shortcut': name } : {})}
        title={title ?? buttonLabel}
        disabled={disabled}
        onClick={() => setOpen(!open)}
        onKeyDown={(e) => {
          if (e.key !== 'ArrowDown' || open) return;
          e.preventDefault();
          setOpen(true);
        }}
      >
        {children}
      </button>
      {open && <Popover id={id} label={label} items={items} anchor={button.current} align={align} up={up ?? false} close={close} />}
    </>
  );
}

interface PopoverProps {
  id: string;
  label: string;
  items: readonly MenuItem[];
  anchor: HTMLElement | null;
  align: 'start' | 'end';
  up: boolean;
  close(refocus: boolean): void;
}

function Popover({ id, label, items, anchor, align, up, close }: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState('');
  const searchable = items.length >= searchFrom;
  const wanted = query.trim().toLocaleLowerCase();
  const shown = wanted ? items.filter((item) => item.label.toLocaleLowerCase().includes(wanted)) : items;

  useLayoutEffect(() => {
    const el = box.current;
    if (!el || !anchor) return;
    el.showPopover?.();
    place(el, anchor, align, up);
    const first = el.querySelector<HTMLElement>('input, [aria-checked="true"]:not(:disabled)') ?? el.querySelector<HTMLElement>('[role^="menuitem"]:not(:disabled)');
    first?.focus({ preventScroll: true });
  }, []);

  useEffect(() => {
    const outside = (e: PointerEvent) => {
      const target = e.target as Node;
      if (!box.current?.contains(target) && !anchor?.contains(target)) close(false);
    };
    const moved = () => close(false);
    document.addEventListener('pointerdown', outside, true);
    window.addEventListener('resize', moved);
    return () => {
      document.removeEventListener('pointerdown', outside, true);
      window.removeEventListener('resize', moved);
    };
  }, []);

  const move = (step: number) => {
    const lines = Array.from(box.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? []);
    if (lines.length === 0) return;
    const at = lines.indexOf(document.activeElement as HTMLElement);
    lines[(at + step + lines.length + (at < 0 && step < 0 ? 1 : 0)) % lines.length]?.focus();
  };

  const onKeyDown = (e: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[e.key];
    if (step !== undefined) {
      e.preventDefault();
      move(step);
    } else if (e.key === 'Escape' || e.key === 'Tab') {
      e.preventDefault();
      e.stopPropagation();
      close(true);
    } else if (e.key === 'Enter' && (e.target as Element).tagName === 'INPUT') {
      e.preventDefault();
      const only = shown.find((item) => !item.disabled);
      if (only) choose(only);
    }
  };

  const choose = (item: MenuItem) => {
    close(true);
    item.run();
  };

  return (
    <div ref={box} class="menu" popover="manual" onKeyDown={onKeyDown}>
      {searchable && (
        <input class="input menu-search" type="search" aria-label={t('menu.search')} placeholder={t('menu.search')} value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
      )}
      <div id={id} role="menu" aria-label={label} class="menu-lines">
        {shown.map((item) => (
          <button
            key={item.id}
            type="button"
            role={item.selected === undefined ? 'menuitem' : 'menuitemradio'}
            {...(item.selected === undefined ? {} : { 'aria-checked': item.selected })}
            class={`menu-line ${item.danger ? 'menu-danger' : ''} ${item.apart ? 'menu-apart' : ''}`}
            disabled={item.disabled}
            onClick={() => choose(item)}
          >
            {item.mark ?? (item.icon && <Icon name={item.icon} size={16} />)}
            <span class="menu-label">
              {item.label}
              {item.hint && <small>{item.hint}</small>}
            </span>
            {item.keys && <kbd>{item.keys}</kbd>}
            {item.selected && <Icon name="check" size={16} class="menu-check" />}
          </button>
        ))}
        {shown.length === 0 && <p class="menu-none">{t('menu.none')}</p>}
      </div>
    </div>
  );
}

/** Puts the menu beside its button, inside the window. */
function place(el: HTMLElement, anchor: HTMLElement, align: 'start' | 'end', up: boolean): void {
  const button = anchor.getBoundingClientRect();
  const { width, height } = el.getBoundingClientRect();
  const gap = 4;
  const below = window.innerHeight - button.bottom - gap;
  const above = button.top - gap;
  const upwards = up ? above >= height || above > below : below < height && above > below;
  const left = align === 'end' ? button.right - width : button.left;
  el.style.left = `${Math.max(gap, Math.min(left, window.innerWidth - width - gap))}px`;
  el.style.top = upwards ? `${Math.max(gap, button.top - gap - Math.min(height, above))}px` : `${button.bottom + gap}px`;
  el.style.maxHeight = `${Math.max(120, upwards ? above : below) - gap}px`;
}
