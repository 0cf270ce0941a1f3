import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { follow, href } from '../../router/router';
import { Icon } from '../../ui/Icon';

interface Props {
  title: string;
  hint?: string | undefined;
  /** Buttons beside the title. */
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** A part of a page with a title of its own. */
export function Section({ title, hint, actions, children }: Props) {
  const id = useId();
  return (
    <section class="part" aria-labelledby={id}>
      <header class="section-head">
        <div>
          <h2 id={id}>{title}</h2>
          {hint && <p class="quiet">{hint}</p>}
        </div>
        {actions && <div class="section-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** The way back to the list that a page belongs to. */
export function Back({ path, label }: { path: string; label: string }) {
  return (
    <a class="back" href={href(path)} onClick={follow}>
      <Icon name="back" size={16} />
      {label}
    </a>
  );
}

/** Facts with their names, side by side where there is room. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="fact-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
