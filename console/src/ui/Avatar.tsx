import type { ComponentChildren } from 'preact';

const hues = 8;

/** A number that is always the same for one id. */
function hue(id: string): number {
  let sum = 0;
  for (const c of id) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return sum % hues;
}

/** The first letters of a name, as people of its script would shorten it. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  const letters = words.map((word) => Array.from(word.replace(/^[^\p{L}\p{N}]+/u, ''))[0] ?? '');
  const first = letters[0];
  if (!first) return '#';
  const lastOne = letters.length > 1 ? letters[letters.length - 1] : '';
  // Two letters of a joined or an ideographic script read as a wrong word.
  return /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(first) ? (first + lastOne).toLocaleUpperCase() : first;
}

interface Props {
  /** What the colour depends on. */
  id: string;
  name: string;
  size?: 'small' | 'normal' | 'large';
  /** A mark at its corner. */
  children?: ComponentChildren;
}

/** Initials on a colour. Pictures from elsewhere are not loaded: they would tell others who looks. */
export function Avatar({ id, name, size = 'normal', children }: Props) {
  return (
    <span class={`avatar avatar-${size}`} aria-hidden="true">
      <span class={`avatar-disc hue-${hue(id)}`}>{initials(name)}</span>
      {children}
    </span>
  );
}
