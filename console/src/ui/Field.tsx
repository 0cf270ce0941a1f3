import type { ComponentChildren, InputHTMLAttributes, SelectHTMLAttributes, TextareaHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';
import { Icon } from './Icon';

interface FrameProps {
  label: string;
  /** What is expected, shown below. */
  hint?: string | undefined;
  /** What is wrong and what to do, shown below in place of the hint. */
  error?: string | undefined;
  /** The label is there for screen readers only. */
  hideLabel?: boolean;
}

interface Ids {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: boolean;
}

function Frame({ label, hint, error, hideLabel, children }: FrameProps & { children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  const below = error ?? hint;
  return (
    <div class="field">
      <label class={hideLabel ? 'hidden' : 'field-label'} for={id}>
        {label}
      </label>
      {children({ id, ...(below ? { 'aria-describedby': `${id}-below` } : {}), ...(error ? { 'aria-invalid': true } : {}) })}
      {below && (
        <p id={`${id}-below`} class={error ? 'field-error' : 'field-hint'}>
          {error && <Icon name="warning" size={14} />}
          {below}
        </p>
      )}
    </div>
  );
}

type InputProps = FrameProps & Omit<InputHTMLAttributes<HTMLInputElement>, 'label' | 'id' | 'list'> & { list?: string };

/** A line of text with its label. */
export function Field({ label, hint, error, hideLabel, class: extra, ...rest }: InputProps) {
  return (
    <Frame label={label} hint={hint} error={error} hideLabel={hideLabel ?? false}>
      {(ids) => <input class={`input ${extra ?? ''}`} {...ids} {...(rest as object)} />}
    </Frame>
  );
}

type SelectProps = FrameProps & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'label' | 'id'> & { children: ComponentChildren };

/** A choice of few. */
export function Select({ label, hint, error, hideLabel, class: extra, children, ...rest }: SelectProps) {
  return (
    <Frame label={label} hint={hint} error={error} hideLabel={hideLabel ?? false}>
      {(ids) => (
        <span class="select">
          <select class={`input ${extra ?? ''}`} {...ids} {...(rest as object)}>
            {children}
          </select>
          <Icon name="down" size={16} />
        </span>
      )}
    </Frame>
  );
}

type TextareaProps = FrameProps & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'label' | 'id'>;

/** Several lines of text. */
export function Textarea({ label, hint, error, hideLabel, class: extra, ...rest }: TextareaProps) {
  return (
    <Frame label={label} hint={hint} error={error} hideLabel={hideLabel ?? false}>
      {(ids) => <textarea class={`input ${extra ?? ''}`} {...ids} {...(rest as object)} />}
    </Frame>
  );
}
