// What tells without Node whether dist is older than its sources.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

function files(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => files(join(path, entry.name)));
  } catch {
    return [path];
  }
}

/** Writes the sums of the sources, files and folders below root, into dist/sources.txt. */
export function sums(root: string, sources: readonly string[]): Plugin {
  return {
    name: 'sums-of-sources',
    apply: 'build',
    closeBundle() {
      const lines = sources
        .flatMap((name) => files(join(root, name)))
        .map((path) => relative(root, path).replaceAll('\\', '/'))
        .sort()
        .map((path) => `${createHash('sha256').update(readFileSync(join(root, path))).digest('hex')}  ${path}\n`);
      writeFileSync(join(root, 'dist', 'sources.txt'), lines.join(''));
    },
  };
}
