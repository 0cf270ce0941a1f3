import type { ComponentChildren } from 'preact';

const address = /(https?:\/\/[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/giu;
const trailing = /[.,;:!?)\]}'"»”]+$/u;

/** An address that may be a link: web or mail, and nothing that runs. */
export function safeHref(url: string): string | null {
  try {
    const parsed = new URL(url);
    return ['http:', 'https:', 'mailto:'].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link to elsewhere; mere text when the address is none that may be linked. */
export function Outside({ url, children }: { url: string; children: ComponentChildren }) {
  const target = safeHref(url);
  if (!target) return <>{children}</>;
  return (
    <a href={target} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** Text as it was written, with its web and mail addresses as links. */
export function Linked({ text }: { text: string }) {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const found of text.matchAll(address)) {
    // What ends the sentence does not end the address, but a pair of brackets may.
    let word = found[0];
    const end = word.match(trailing)?.[0] ?? '';
    if (end && !(end === ')' && word.includes('('))) word = word.slice(0, -end.length);
    parts.push(text.slice(from, found.index));
    parts.push(
      <Outside key={found.index} url={/^https?:/i.test(word) ? word : `mailto:${word}`}>
        {word}
      </Outside>,
    );
    from = found.index + word.length;
  }
  parts.push(text.slice(from));
  return <>{parts}</>;
}
