import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;

// What dist is made of. fresh_test.go reads the same names.
const sources = ['tsconfig.json', 'vite.config.ts', 'src', '../package-lock.json', '../src/ui/Linked.tsx', '../../sdk/src'];

function files(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => files(join(path, entry.name)));
  } catch {
    return [path];
  }
}

// Writes the sums of the sources into dist, so that a test without Node can
// tell when dist is older than they are.
function sums(): Plugin {
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

// One classic script that holds everything: a page needs one line for it, and
// nothing else of the page's is touched.
export default defineConfig({
  root,
  plugins: [sums()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    lib: { entry: join(root, 'src/main.tsx'), formats: ['iife'], name: 'threadhubWidget', fileName: () => 'widget.js' },
  },
});
