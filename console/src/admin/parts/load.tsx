// Reading what a view shows: once, or page by page.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n/translate';
import { Button } from '../../ui/Button';
import { LoadError, Skeleton } from '../../ui/Empty';
import { complain } from '../../ui/Toast';

export interface Loading<T> {
  data: T | undefined;
  failure: unknown;
  reload(): void;
  set(data: T): void;
}

/** Reads something, and again when what it depends on changes. What is shown stays until the new answer is there. */
export function useLoad<T>(read: () => Promise<T>, on: readonly unknown[] = []): Loading<T> {
  const [data, set] = useState<T>();
  const [failure, setFailure] = useState<unknown>();
  const turn = useRef(0);
  const reload = () => {
    const mine = ++turn.current;
    setFailure(undefined);
    read().then(
      (answer) => mine === turn.current && set(answer),
      (error: unknown) => mine === turn.current && setFailure(error ?? new Error('refused')),
    );
  };
  useEffect(() => {
    reload();
    return () => void turn.current++;
  }, on);
  return { data, failure, reload, set };
}

/** Draws what was read, or that it is under way, or why it failed. */
export function Show<T>({ of, lines = 6, children }: { of: Loading<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  if (of.failure !== undefined && of.data === undefined) return <LoadError error={of.failure} retry={of.reload} />;
  if (of.data === undefined) return <Skeleton lines={lines} />;
  return <>{children(of.data)}</>;
}

interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface Pages<T> extends Loading<T[]> {
  /** Whether there is more than what was read. */
  more: boolean;
  busy: boolean;
  next(): void;
}

/** Reads a list page by page. */
export function usePages<T>(read: (cursor: string | undefined) => Promise<Page<T>>, on: readonly unknown[] = []): Pages<T> {
  const [cursor, setCursor] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const list = useLoad(async () => {
    const page = await read(undefined);
    setCursor(page.next_cursor);
    return page.data;
  }, on);
  const next = () => {
    if (!cursor || busy) return;
    setBusy(true);
    read(cursor)
      .then(
        (page) => {
          list.set([...(list.data ?? []), ...page.data]);
          setCursor(page.next_cursor);
        },
        (error: unknown) => complain(t('load.failed'), error),
      )
      .finally(() => setBusy(false));
  };
  return { ...list, more: cursor !== null, busy, next };
}

/** The button below a list that has more. */
export function More<T>({ of }: { of: Pages<T> }) {
  if (!of.more) return null;
  return (
    <p class="admin-more">
      <Button busy={of.busy} onClick={of.next}>
        {t('admin.more')}
      </Button>
    </p>
  );
}
