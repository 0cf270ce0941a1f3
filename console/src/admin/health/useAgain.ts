import { useEffect } from 'preact/hooks';

const often = 15_000; // milliseconds

/** Reads again what is shown, as long as somebody may be looking. */
export function useAgain(read: () => void, on: readonly unknown[] = []): void {
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && read(), often);
    return () => clearInterval(timer);
  }, on);
}
