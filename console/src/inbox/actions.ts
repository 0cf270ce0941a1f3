// What an agent does with a conversation. Each shows at once, and says why when
// the hub refuses.
import { api, Refused } from '../api/client';
import { myID } from '../auth/session';
import { t } from '../i18n/translate';
import { attempt, conversation, load, update, type Conversation, type ConversationChange, type Status } from '../store/conversations';
import { closing, countdownText, contactName } from './status';
import { complain, tell } from '../ui/Toast';
import type { Schema } from '../api/client';

async function doing(failed: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    complain(failed, error);
    return false;
  }
}

/** Sets the status. A solve can be taken back from where it is announced. */
export function setStatus(c: Conversation, status: Status): Promise<boolean> {
  if (c.status === status) return Promise.resolve(true);
  const shown: Partial<Conversation> = { status };
  if (status === 'solved' && !c.assignee_id) shown.assignee_id = myID.peek() || null;
  return doing(t('do.statusFailed'), async () => {
    const now = await update(c.id, { status }, shown);
    if (status !== 'solved') return;
    const countdown = closing(now);
    const name = contactName(now.contact);
    if (now.status === 'closed') tell(t('do.solvedAndClosed', { name }));
    else tell(countdown ? t('do.solvedCloses', { name, countdown: countdownText(countdown) }) : t('do.solved', { name }), { label: t('action.undo'), run: () => void setStatus(now, c.status === 'new' ? 'open' : c.status) });
  });
}

/** Tells what was done and may not have been meant. */
function warn(c: Conversation): void {
  const [first] = c.warnings ?? [];
  if (first) tell(t(`warning.${first.code}`));
}

/** Takes the conversation: by accepting it where nobody has it. */
export function take(c: Conversation): Promise<boolean> {
  const agent = myID.peek();
  if (!agent) {
    complain(t('do.noAgent'));
    return Promise.resolve(false);
  }
  const shown: Partial<Conversation> = { assignee_id: agent, queued_at: null, offer: null, ...(c.status === 'new' ? { status: 'open' } : {}) };
  return doing(t('do.takeFailed'), async () => {
    const now = await (c.assignee_id
      ? update(c.id, { assignee_id: agent }, shown)
      : attempt(c.id, shown, () => api.post('/v1/conversations/{conversation_id}/accept', { path: { conversation_id: c.id } })));
    warn(now);
  });
}

/** Gives the conversation to an agent, or back to the queue. */
export function assign(c: Conversation, agent: string | null): Promise<boolean> {
  return doing(t('do.assignFailed'), async () =>
    warn(await update(c.id, { assignee_id: agent }, { assignee_id: agent, ...(agent && c.status === 'new' ? { status: 'open' as const } : {}) })),
  );
}

/** Changes facts that stand beside the conversation. */
export function setFacts(c: Conversation, change: Pick<ConversationChange, 'group_id' | 'priority' | 'subject'>): Promise<boolean> {
  return doing(t('do.changeFailed'), () => update(c.id, change, change as Partial<Conversation>));
}

/** Adds and removes tags. Others' tags stay, also those of this moment. */
export function changeTags(id: string, change: (tags: readonly string[]) => string[]): Promise<boolean> {
  const once = async () => {
    const now = conversation(id)?.peek();
    if (!now) return;
    const tags = change(now.tags);
    await update(id, { tags, version: now.version }, { tags });
  };
  return doing(t('do.changeFailed'), async () => {
    for (let tries = 0; ; tries++) {
      try {
        return await once();
      } catch (error) {
        if (!(error instanceof Refused && error.code === 'version_conflict') || tries === 3) throw error;
        await load(id);
      }
    }
  });
}

/** Chooses another style, or another delay of the same. */
export function setStyle(c: Conversation, style: Schema['StyleDraft']): Promise<boolean> {
  return doing(t('do.styleFailed'), () => update(c.id, { style }, { style: { ...c.style, ...style } as Conversation['style'] }));
}

/** Ends the session: the contact's next message begins another conversation. */
export function endSession(c: Conversation): Promise<boolean> {
  return doing(t('do.changeFailed'), () =>
    attempt(c.id, { session: 'ended', queued_at: null }, () => api.post('/v1/conversations/{conversation_id}/end-session', { path: { conversation_id: c.id } })),
  );
}

/** Leaves an offered conversation to others. */
export function decline(c: Conversation): Promise<boolean> {
  return doing(t('do.declineFailed'), () => attempt(c.id, { offer: null }, () => api.post('/v1/conversations/{conversation_id}/decline', { path: { conversation_id: c.id } })));
}

/** Sends a message again that failed or whose fate is unknown. */
export function resend(id: string): Promise<boolean> {
  return doing(t('do.resendFailed'), () => api.post('/v1/messages/{message_id}/resend', { path: { message_id: id } }));
}

/** Takes back a message that has not left. */
export function cancel(id: string): Promise<boolean> {
  return doing(t('do.cancelFailed'), () => api.post('/v1/messages/{message_id}/cancel', { path: { message_id: id } }));
}

/** Puts the business's reaction on a message, or takes it back. */
export function react(id: string, emoji: string | null): Promise<boolean> {
  const path = { message_id: id };
  return doing(t('do.reactFailed'), () =>
    emoji ? api.put('/v1/messages/{message_id}/reaction', { path, body: { emoji } }) : api.delete('/v1/messages/{message_id}/reaction', { path }),
  );
}

/** Copies a text for pasting elsewhere. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tell(t('do.copied'));
  } catch (error) {
    complain(t('do.copyFailed'), error);
  }
}
