import type { ButtonHTMLAttributes, ComponentChildren, Ref } from 'preact';
import { Icon, type IconName } from './Icon';

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'icon'> {
  /** How it looks: `primary` is the one thing to do here. */
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  size?: 'small' | 'normal';
  icon?: IconName;
  /** Shows that the work is under way, and takes no second click. */
  busy?: boolean;
  buttonRef?: Ref<HTMLButtonElement>;
  children?: ComponentChildren;
}

/** A button. One without children needs an `aria-label`. */
export function Button({ kind = 'plain', size = 'normal', icon, busy = false, buttonRef, children, class: extra, disabled, ...rest }: Props) {
  const bare = children === undefined || children === null || children === '';
  return (
    <button
      type="button"
      ref={buttonRef ?? null}
      class={`button button-${kind} button-${size} ${bare ? 'button-bare' : ''} ${extra ?? ''}`}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      title={bare ? rest['aria-label'] : undefined}
      {...rest}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={size === 'small' ? 16 : 18} />}
      {!bare && <span class="button-text">{children}</span>}
    </button>
  );
}
