import { useEffect, useRef, useState } from 'preact/hooks';
import { explain } from '../api/problem';
import { t } from '../i18n/translate';
import type { Schema } from '../api/client';
import { upload, type Upload } from '../store/uploads';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { fileRefusal, fileType } from './composing';
import { fileSize } from './Content';
import { typeIcon } from './preview';

interface Item {
  key: number;
  file: File;
  /** 0 to 1. */
  progress: number;
  upload: Upload | null;
  error: string;
  stop: AbortController;
}

/** The files of a message that is being written. */
export interface Files {
  items: readonly Item[];
  /** Those that the hub has. */
  ready: { file: { name: string; mime: string; size: number }; upload: Upload }[];
  /** Whether none is on its way or has failed. */
  settled: boolean;
  /** A file is being dragged over. */
  over: boolean;
  setOver(over: boolean): void;
  add(list: File[]): void;
  remove(key: number): void;
  retry(key: number): void;
  clear(): void;
}

let lastKey = 0;

/** Keeps files and hands them over as soon as they are chosen. */
export function useFiles(capabilities: Schema['Capabilities'] | null): Files {
  const [items, setItems] = useState<readonly Item[]>([]);
  const [over, setOver] = useState(false);
  const now = useRef(items);
  now.current = items;
  useEffect(() => () => now.current.forEach((i) => i.stop.abort()), []);
  const change = (key: number, part: Partial<Item>) => setItems((list) => list.map((i) => (i.key === key ? { ...i, ...part } : i)));
  const start = (item: Item) => {
    upload(item.file, (progress) => change(item.key, { progress }), item.stop.signal).then(
      (done) => change(item.key, { upload: done, progress: 1 }),
      (error: unknown) => {
        if (!item.stop.signal.aborted) change(item.key, { error: explain(error) });
      },
    );
  };
  return {
    items,
    ready: items.flatMap((i) => (i.upload ? [{ file: { name: i.file.name, mime: i.upload.mime, size: i.file.size }, upload: i.upload }] : [])),
    settled: items.every((i) => i.upload !== null),
    over,
    setOver,
    add: (list) => {
      const fresh = list.map((file): Item => {
        const refusal = fileRefusal(file, capabilities);
        const error = refusal ? (refusal.reason === 'size' ? t('file.tooLarge', { max: fileSize(refusal.max ?? 0) }) : t('file.notTaken')) : '';
        return { key: ++lastKey, file, progress: 0, upload: null, error, stop: new AbortController() };
      });
      setItems((now) => [...now, ...fresh]);
      for (const item of fresh) if (!item.error) start(item);
    },
    remove: (key) => {
      now.current.find((i) => i.key === key)?.stop.abort();
      setItems((list) => list.filter((i) => i.key !== key));
    },
    retry: (key) => {
      const item = now.current.find((i) => i.key === key);
      if (!item) return;
      change(key, { error: '', progress: 0 });
      start(item);
    },
    clear: () => setItems([]),
  };
}

/** The chosen files with how far they are. */
export function FileTray({ files }: { files: Files }) {
  if (files.items.length === 0) return null;
  return (
    <ul class="tray" aria-label={t('file.chosen')}>
      {files.items.map((i) => (
        <li key={i.key} class={`tray-item ${i.error ? 'tray-failed' : ''}`}>
          <Icon name={i.error ? 'warning' : (typeIcon(fileType(i.file.type)) ?? 'file')} size={18} />
          <span class="file-name">
            <strong class="one-line" dir="auto">
              {i.file.name}
            </strong>
            <small role={i.error ? 'alert' : undefined}>{i.error || `${fileSize(i.file.size)}${i.upload ? '' : ` · ${Math.round(i.progress * 100)} %`}`}</small>
            {!i.upload && !i.error && <progress value={i.progress} max={1} aria-label={t('file.progress', { name: i.file.name })} />}
          </span>
          {i.error && <Button kind="quiet" size="small" icon="retry" aria-label={t('action.retry')} onClick={() => files.retry(i.key)} />}
          <Button kind="quiet" size="small" icon="close" aria-label={t('file.remove', { name: i.file.name })} onClick={() => files.remove(i.key)} />
        </li>
      ))}
    </ul>
  );
}
