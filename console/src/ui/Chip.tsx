import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './Icon';

interface Props {
  tone?: 'plain' | 'accent' | 'ok' | 'warn' | 'danger' | 'note';
  icon?: IconName;
  title?: string | undefined;
  children: ComponentChildren;
  /** Makes it removable; the label says what the button does. */
  onRemove?: () => void;
  removeLabel?: string;
}

/** A short fact in a frame. Its tone never says more than its text. */
export function Chip({ tone = 'plain', icon, title, children, onRemove, removeLabel }: Props) {
  return (
    <span class={`chip chip-${tone}`} title={title}>
      {icon && <Icon name={icon} size={13} />}
      <span class="chip-text" dir="auto">
        {children}
      </span>
      {onRemove && (
        <button type="button" class="chip-remove" aria-label={removeLabel} title={removeLabel} onClick={onRemove}>
          <Icon name="close" size={12} />
        </button>
      )}
    </span>
  );
}
