// A few emoji for whose keyboard has none.
import { useEffect, useRef } from 'preact/hooks';
import { useScene } from './context';

const emoji = [...'😀😄😂🙂😉😊😍😘😎🤔😅😢😭😡😱🙄👍👎👌🙏👏💪👋🤝❤️🔥✨🎉✅❌⭐💡📦🚚💳🧾📷📍⏰☕'.matchAll(/\p{Extended_Pictographic}\uFE0F?/gu)].map((m) => m[0]);

export function Emoji({ pick, close }: { pick: (emoji: string) => void; close: () => void }) {
  const { words } = useScene();
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => grid.current?.querySelector('button')?.focus(), []);
  const keys = (e: KeyboardEvent) => {
    const list = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = list.indexOf(e.target as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[e.key];
    if (step) list[Math.min(list.length - 1, Math.max(0, at + step))]?.focus();
    else if (e.key === 'Escape') close();
    else return;
    e.preventDefault();
  };
  return (
    <div ref={grid} class="emoji" role="group" aria-label={words.emoji} onKeyDown={keys}>
      {emoji.map((e, i) => (
        <button key={e} type="button" class="bare" tabIndex={i === 0 ? 0 : -1} onClick={() => pick(e)}>
          {e}
        </button>
      ))}
    </div>
  );
}
