import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

interface Tab<T extends string> {
  id: T;
  label: string;
  badge?: ComponentChildren;
}

interface Props<T extends string> {
  label: string;
  tabs: readonly Tab<T>[];
  chosen: T;
  onChoose(id: T): void;
  /** The content of the chosen tab. */
  children: ComponentChildren;
  class?: string;
}

/** Tabs with their panel. Arrow keys move between the tabs. */
export function Tabs<T extends string>({ label, tabs, chosen, onChoose, children, class: extra = '' }: Props<T>) {
  const id = useId();
  const bar = useRef<HTMLDivElement>(null);
  const onKeyDown = (e: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
    const step = steps[e.key];
    if (step === undefined) return;
    e.preventDefault();
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onChoose(next.id);
    bar.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <div class={`tabs ${extra}`}>
      <div ref={bar} role="tablist" aria-label={label} class="tabs-bar" onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            data-tab={tab.id}
            aria-selected={tab.id === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => onChoose(tab.id)}
          >
            {tab.label}
            {tab.badge}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} class="tabs-panel">
        {children}
      </div>
    </div>
  );
}
