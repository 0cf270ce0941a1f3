// Server-sent events, read from a body as it comes.
import { drop, later, newAborter, newDecoder } from './platform';
import { Unreachable } from './refusal';
import type { Wire } from './wire';

/** One event: `data` is empty for those that only move the cursor. */
export interface StreamEvent {
  id: string;
  name: string;
  data: string;
}

const silence = 45_000; // the hub says something every 20 s
const greeting = 12_000; // the first event comes at once; later means that something on the way holds the stream back

/** The stream was open and nothing came: a proxy holds it back. */
export class HeldBack extends Unreachable {}

/**
 * Follows the stream after a cursor until it ends, is aborted or falls silent.
 * opened is told when the first bytes are there.
 */
export async function follow(wire: Wire, after: string, aborter: ReturnType<typeof newAborter>, opened: () => void, take: (e: StreamEvent) => void): Promise<void> {
  let heard = false;
  let timer = later(() => aborter.abort(), greeting);
  try {
    const answer = await wire.stream(after, aborter.signal);
    const reader = answer.body?.getReader();
    if (!reader) throw new HeldBack(new Error('the body cannot be read while it comes'));
    const decoder = newDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      drop(timer);
      timer = later(() => aborter.abort(), silence);
      if (!heard) {
        heard = true;
        opened();
      }
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = readBlock(block);
        if (event) take(event);
      }
    }
  } catch (cause) {
    if (cause instanceof Error && ('problem' in cause || cause instanceof Unreachable)) throw cause;
    throw heard ? new Unreachable(cause) : new HeldBack(cause);
  } finally {
    drop(timer);
  }
}

/** Reads the lines of an event; null for a comment. */
export function readBlock(block: string): StreamEvent | null {
  const event: StreamEvent = { id: '', name: '', data: '' };
  let any = false;
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue; // a comment
    const value = line.slice(colon + 1).replace(/^ /, '');
    any = true;
    switch (line.slice(0, colon)) {
      case 'id':
        event.id = value;
        break;
      case 'event':
        event.name = value;
        break;
      case 'data':
        event.data += event.data ? `\n${value}` : value;
        break;
    }
  }
  return any ? event : null;
}
