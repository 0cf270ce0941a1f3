// Where one writes.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Refused, type PendingFile } from '../../../sdk/src/webchat';
import { useScene } from './context';
import { Emoji } from './Emoji';
import { bytes } from './format';
import { Icon } from './icons';

/** A file that was picked. */
interface Picked {
  key: number;
  file: File;
  preview: string;
  done?: PendingFile;
  failed?: boolean;
}

let picks = 0;

const fine = () => matchMedia('(pointer: fine)').matches;

export function Composer() {
  const { chat, state, words, settings } = useScene();
  const draftKey = `threadhub.${settings.channel}.draft`;
  const [text, setText] = useState(() => keptDraft(draftKey));
  const [files, setFiles] = useState<Picked[]>([]);
  const [notice, setNotice] = useState('');
  const [emoji, setEmoji] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const { config } = state;
  const max = config?.max_text ?? 10_000;
  const size = [...text].length;

  useLayoutEffect(() => {
    const el = field.current;
    if (!el) return;
    el.style.height = 'auto';
    el.style.height = `${Math.min(el.scrollHeight, 140)}px`;
  }, [text]);
  useEffect(() => keepDraft(draftKey, text), [text]);

  const busy = files.some((f) => !f.done);
  const ready = !busy && size <= max && (text.trim() !== '' || files.length > 0);

  const submit = () => {
    if (!ready) return;
    chat.send({ text: text.trim(), files: files.flatMap((f) => (f.done ? [f.done] : [])) });
    setText('');
    setFiles([]);
    setNotice('');
    field.current?.focus();
  };

  const upload = async (picked: Picked) => {
    const change = (to: Partial<Picked>) => setFiles((list) => list.map((f) => (f.key === picked.key ? { ...f, ...to } : f)));
    change({ failed: false });
    try {
      const kept = await chat.upload(picked.file.name, picked.file);
      change({ done: { id: kept.id, name: kept.name, mime: kept.mime, size: kept.size, preview: picked.preview } });
    } catch (error) {
      change({ failed: true });
      setNotice(error instanceof Refused && error.problem.detail ? error.problem.detail : words.uploadFailed(picked.file.name));
    }
  };

  const add = (list: Iterable<File>) => {
    setNotice('');
    const room = (config?.max_files ?? 10) - files.length;
    const wanted = [...list];
    if (wanted.length > room) setNotice(words.tooMany(config?.max_files ?? 10));
    for (const file of wanted.slice(0, room)) {
      if (config && file.size > config.max_file_bytes) {
        setNotice(words.tooBig(file.name, bytes(config.max_file_bytes, settings.locale)));
        continue;
      }
      const picked = { key: ++picks, file, preview: file.type.startsWith('image/') && !file.type.includes('svg') ? URL.createObjectURL(file) : '' };
      setFiles((before) => [...before, picked]);
      void upload(picked);
    }
  };

  const insert = (what: string) => {
    const el = field.current;
    const [from, to] = [el?.selectionStart ?? text.length, el?.selectionEnd ?? text.length];
    setText(text.slice(0, from) + what + text.slice(to));
    setEmoji(false);
    requestAnimationFrame(() => {
      el?.focus();
      el?.setSelectionRange(from + what.length, from + what.length);
    });
  };

  return (
    <form
      class="composer"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault();
        if (e.dataTransfer?.files.length) add(e.dataTransfer.files);
      }}
    >
      {notice && (
        <div class="notice" role="alert">
          {notice}
        </div>
      )}
      {size > max && (
        <div class="notice" role="alert">
          {words.tooLong(max.toLocaleString(settings.locale))}
        </div>
      )}
      {files.length > 0 && (
        <ul class="tray">
          {files.map((f) => (
            <li key={f.key} class={f.failed ? 'pick pick-failed' : f.done ? 'pick' : 'pick pick-busy'} aria-busy={!f.done && !f.failed}>
              {f.preview ? <img src={f.preview} alt="" /> : <Icon name="file" size={18} />}
              <span class="pick-name" dir="auto">
                {f.file.name}
              </span>
              {f.failed && (
                <button type="button" class="link" onClick={() => void upload(f)}>
                  {words.retry}
                </button>
              )}
              <button type="button" class="bare pick-remove" aria-label={words.remove(f.file.name)} onClick={() => setFiles((list) => list.filter((o) => o.key !== f.key))}>
                <Icon name="close" size={14} />
              </button>
              {!f.done && !f.failed && <span class="hidden">{words.uploading(f.file.name)}</span>}
            </li>
          ))}
        </ul>
      )}
      {emoji && <Emoji pick={insert} close={() => (setEmoji(false), field.current?.focus())} />}
      <div class="row">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={words.placeholder}
          aria-label={words.message}
          onInput={(e) => {
            setText(e.currentTarget.value);
            if (e.currentTarget.value) chat.typing();
          }}
          onPaste={(e) => {
            if (e.clipboardData?.files.length) {
              e.preventDefault();
              add(e.clipboardData.files);
            }
          }}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && fine()) {
              e.preventDefault();
              submit();
            }
          }}
        />
        <div class="tools">
          <input
            ref={input}
            type="file"
            multiple
            hidden
            tabIndex={-1}
            aria-label={words.attach}
            onChange={(e) => {
              add(e.currentTarget.files ?? []);
              e.currentTarget.value = '';
            }}
          />
          <button type="button" class="bare tool" aria-label={words.attach} onClick={() => input.current?.click()}>
            <Icon name="clip" />
          </button>
          <button type="button" class="bare tool" aria-label={words.emoji} aria-expanded={emoji} onClick={() => setEmoji(!emoji)}>
            <Icon name="smile" />
          </button>
          <button type="submit" class="send" aria-label={words.send} disabled={!ready}>
            <Icon name="send" />
          </button>
        </div>
      </div>
    </form>
  );
}

function keptDraft(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function keepDraft(key: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    // It does not outlive the page.
  }
}
