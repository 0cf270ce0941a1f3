import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

interface Props {
  /** The element that scrolls. */
  scroller: { readonly current: HTMLElement | null };
  count: number;
  /** Height of every row, pixels. */
  rowHeight: number;
  /** A row that is drawn wherever the list is scrolled to, so that it keeps the focus; -1 for none. */
  keep?: number;
  label: string;
  row(index: number): ComponentChildren;
  rowKey(index: number): string;
  /** Told when the end comes near. */
  onEnd?(): void;
}

const overscan = 6; // rows drawn beyond what is seen

/** A list of rows of one height, of which only those in sight are drawn. */
export function VirtualList({ scroller, count, rowHeight, keep = -1, label, row, rowKey, onEnd }: Props) {
  const [range, setRange] = useState({ from: 0, to: 30 });
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const measure = () => {
      const from = Math.max(0, Math.floor(el.scrollTop / rowHeight) - overscan);
      const to = Math.ceil((el.scrollTop + el.clientHeight) / rowHeight) + overscan;
      setRange((now) => (now.from === from && now.to === to ? now : { from, to }));
      if (to + 20 >= count) onEnd?.();
    };
    measure();
    el.addEventListener('scroll', measure, { passive: true });
    const size = new ResizeObserver(measure);
    size.observe(el);
    return () => {
      el.removeEventListener('scroll', measure);
      size.disconnect();
    };
  }, [count, rowHeight, onEnd]);

  const shown: number[] = [];
  for (let i = range.from; i < Math.min(range.to, count); i++) shown.push(i);
  if (keep >= 0 && keep < count && !shown.includes(keep)) shown.push(keep);
  return (
    <ul class="virtual" role="list" aria-label={label} style={{ height: `${count * rowHeight}px` }}>
      {shown.map((i) => (
        <li key={rowKey(i)} class="virtual-row" aria-setsize={count} aria-posinset={i + 1} style={{ height: `${rowHeight}px`, transform: `translateY(${i * rowHeight}px)` }}>
          {row(i)}
        </li>
      ))}
    </ul>
  );
}
