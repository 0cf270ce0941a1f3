import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { LoadError, Skeleton } from '../ui/Empty';

/** A page that is loaded when it is first opened. */
export function Later({ load }: { load(): Promise<{ default: ComponentType }> }) {
  const [page, setPage] = useState<{ Content: ComponentType }>();
  const [failure, setFailure] = useState<unknown>();
  const begin = () => {
    setFailure(undefined);
    load().then((module) => setPage({ Content: module.default }), setFailure);
  };
  useEffect(begin, [load]);
  if (failure !== undefined) return <LoadError error={failure} retry={begin} />;
  return page ? <page.Content /> : <Skeleton lines={6} />;
}
