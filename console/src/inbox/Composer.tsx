import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/translate';
import { go, place } from '../router/router';
import type { Conversation } from '../store/conversations';
import { draftOf, keepDraft, type Draft } from '../store/drafts';
import { onArrived, send, type MessageDraft } from '../store/outbox';
import { openThread } from '../store/thread';
import { sayTyping } from '../store/typing';
import { useShortcuts } from '../shell/shortcuts';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { Menu } from '../ui/Menu';
import { setStatus } from './actions';
import { composing, textLength, type Composing } from './composing';
import { CannedList, useCanned } from './CannedList';
import { FileTray, useFiles, type Files } from './FileTray';
import { Notices } from './Notices';
import { previewText } from './preview';
import { TemplatePicker } from './TemplatePicker';

/** Where answers and notes are written. */
export function Composer({ c }: { c: Conversation }) {
  const state = composing(c);
  const draft = draftOf(c.id);
  const [followUp, setFollowUp] = useState(false);
  const files = useFiles(state.capabilities);
  if (state.hindrance === 'closed' && !followUp) return <Closed c={c} start={() => setFollowUp(true)} />;
  const note = draft.note && c.status !== 'closed';
  const templateOnly = !note && state.hindrance === 'windowTemplate';
  const blocked = !note && (state.hindrance === 'windowClosed' || state.hindrance === 'disabled');
  return (
    <footer class={`composer ${note ? 'composer-note' : ''}`}>
      {!note && <Notices c={c} state={state} />}
      <div class="composer-tabs" role="group" aria-label={t('composer.kind')}>
        <button type="button" aria-pressed={!note} onClick={() => keepDraft(c.id, { ...draft, note: false })}>
          {followUp ? t('composer.followUp') : t('composer.reply')}
        </button>
        {c.status !== 'closed' && (
          <button type="button" aria-pressed={note} onClick={() => keepDraft(c.id, { ...draft, note: true })}>
            <Icon name="note" size={14} />
            {t('composer.note')}
          </button>
        )}
        {followUp && <Button kind="quiet" size="small" icon="close" aria-label={t('action.cancel')} onClick={() => setFollowUp(false)} />}
      </div>
      {blocked ? (
        <p class="composer-blocked">
          <Icon name="lock" size={16} />
          {t(state.hindrance === 'disabled' ? 'composer.disabled' : 'composer.windowClosed')}
        </p>
      ) : templateOnly ? (
        <TemplatePicker c={c} />
      ) : (
        <Writing c={c} draft={{ ...draft, note }} state={state} files={files} followUp={followUp} />
      )}
    </footer>
  );
}

interface WritingProps {
  c: Conversation;
  draft: Draft;
  state: Composing;
  files: Files;
  followUp: boolean;
}

function Writing({ c, draft, state, files, followUp }: WritingProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const limit = state.capabilities?.text;
  const length = textLength(draft.text, limit?.unit);
  const tooLong = !draft.note && !!limit?.max && length > limit.max;
  const empty = draft.text.trim() === '' && files.ready.length === 0;
  const able = !empty && !tooLong && files.settled;
  const deliver = (then?: 'solved' | 'pending') => {
    if (!able) return;
    send(c.id, body(draft, files), files.ready.map((f) => f.file), followUp);
    keepDraft(c.id, { text: '', note: draft.note });
    files.clear();
    if (then && !followUp) void setStatus(c, then);
    if (followUp) goOn(c);
    box.current?.focus();
  };
  const put = (text: string) => {
    keepDraft(c.id, { ...draft, text });
    box.current?.focus();
  };
  const canned = useCanned(draft.text, c.id, put);
  useShortcuts([
    { keys: 'Ctrl+Enter', does: 'keys.send', inText: true, run: () => deliver() },
    { keys: 'Ctrl+Shift+Enter', does: 'keys.sendAndSolve', inText: true, run: () => deliver('solved') },
  ]);

  // As high as its text, within limits.
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    el.style.height = 'auto';
    el.style.height = `${Math.min(el.scrollHeight + 2, Math.max(160, window.innerHeight * 0.35))}px`;
  }, [draft.text]);

  const attach = (list: FileList | null | undefined) => {
    if (list?.length && !draft.note) files.add(Array.from(list));
  };
  return (
    <div
      class={`composer-box ${files.over ? 'composer-over' : ''}`}
      onDragOver={(e) => {
        if (!e.dataTransfer?.types.includes('Files') || draft.note) return;
        e.preventDefault();
        files.setOver(true);
      }}
      onDragLeave={() => files.setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        files.setOver(false);
        attach(e.dataTransfer?.files);
      }}
    >
      <CannedList picker={canned} />
      {draft.replyTo && <Answering c={c} draft={draft} />}
      <textarea
        ref={box}
        class="composer-text"
        rows={2}
        dir="auto"
        data-shortcut="write"
        aria-label={t(draft.note ? 'composer.noteLabel' : 'composer.replyLabel')}
        placeholder={t(draft.note ? 'composer.notePlaceholder' : 'composer.replyPlaceholder')}
        value={draft.text}
        aria-autocomplete="list"
        {...(canned.shown.length > 0 ? { 'aria-controls': 'canned', 'aria-activedescendant': `canned-${canned.at}` } : {})}
        onKeyDown={(e) => void canned.key(e)}
        onInput={(e) => {
          keepDraft(c.id, { ...draft, text: e.currentTarget.value });
          if (!draft.note && !followUp) sayTyping(c.id);
        }}
        onPaste={(e) => {
          if (!e.clipboardData?.files.length) return;
          e.preventDefault();
          attach(e.clipboardData.files);
        }}
      />
      <FileTray files={files} />
      <div class="composer-bar">
        <Button kind="quiet" icon="template" aria-label={t('canned.title')} onClick={() => put('/')} disabled={draft.text !== ''} />
        {!draft.note && <AttachButton attach={attach} disabled={state.capabilities?.media === undefined && state.capabilities !== null} />}
        {limit?.max && !draft.note && length > limit.max * 0.8 && (
          <span class={`composer-count ${tooLong ? 'danger' : ''}`} role="status">
            {t(tooLong ? 'composer.tooLong' : 'composer.length', { length, max: limit.max })}
          </span>
        )}
        <span class="grow" />
        <span class="send">
          <Button kind="primary" icon={draft.note ? 'note' : 'send'} disabled={!able} title={t('keys.send')} onClick={() => deliver()}>
            {t(draft.note ? 'composer.addNote' : 'composer.send')}
          </Button>
          {!followUp && (
            <Menu
              label={t('composer.sendAnd')}
              buttonLabel={t('composer.sendAnd')}
              buttonClass="button button-primary button-normal button-bare send-more"
              align="end"
              up
              disabled={!able}
              items={[
                { id: 'solve', label: t('composer.andSolve'), icon: 'check', run: () => deliver('solved') },
                { id: 'pending', label: t('composer.andPending'), icon: 'clock', run: () => deliver('pending') },
              ]}
            >
              <Icon name="up" size={14} />
            </Menu>
          )}
        </span>
      </div>
    </div>
  );
}

/** What is sent for a draft with its files. */
function body(draft: Draft, files: Files): MessageDraft {
  const text = draft.text.trim();
  return {
    ...(text ? { text } : {}),
    ...(files.ready.length > 0 ? { attachments: files.ready.map((f) => ({ upload_id: f.upload.id, name: f.upload.name })) } : {}),
    ...(draft.replyTo && !draft.note ? { reply_to: draft.replyTo } : {}),
    ...(draft.note ? { internal: true } : {}),
  };
}

/** To the conversation that a follow-up went to, once it is known. */
function goOn(c: Conversation): void {
  const view = place.peek().path.split('/')[2] ?? 'mine';
  const end = onArrived((message, leaving) => {
    if (leaving.conversation !== c.id || !leaving.followUp) return;
    end();
    go(`/inbox/${view}/${message.conversation_id}`, place.peek().query);
  });
}

function Answering({ c, draft }: { c: Conversation; draft: Draft }) {
  const message = openThread(c.id).messages.value.find((m) => m.id === draft.replyTo);
  return (
    <p class="answering">
      <Icon name="reply" size={14} />
      <span class="one-line" dir="auto">
        {message ? previewText(message) : t('message.quoted')}
      </span>
      <Button
        kind="quiet"
        size="small"
        icon="close"
        aria-label={t('composer.noQuote')}
        onClick={() => {
          const { replyTo: _, ...rest } = draft;
          keepDraft(c.id, rest);
        }}
      />
    </p>
  );
}

function AttachButton({ attach, disabled }: { attach(list: FileList | null): void; disabled: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button kind="quiet" icon="clip" disabled={disabled} aria-label={t(disabled ? 'composer.noFiles' : 'composer.attach')} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        class="hidden"
        tabIndex={-1}
        aria-label={t('composer.attach')}
        onChange={(e) => {
          attach(e.currentTarget.files);
          e.currentTarget.value = '';
        }}
      />
    </>
  );
}

/** Below a closed conversation. */
function Closed({ c, start }: { c: Conversation; start(): void }) {
  const view = place.value.path.split('/')[2] ?? 'all';
  return (
    <footer class="composer composer-closed">
      <Icon name="lock" size={18} />
      <p>
        <strong>{t('composer.closed')}</strong>
        <span>{t(c.successor_id ? 'composer.closedSuccessor' : 'composer.closedText')}</span>
      </p>
      {c.successor_id ? (
        <Button kind="primary" onClick={() => go(`/inbox/${view}/${c.successor_id}`, place.peek().query)}>
          {t('composer.toSuccessor')}
        </Button>
      ) : (
        <Button kind="primary" icon="reply" onClick={start}>
          {t('composer.startFollowUp')}
        </Button>
      )}
    </footer>
  );
}
