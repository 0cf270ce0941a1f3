import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;

// What dist is made of. fresh_test.go reads the same names.
const sources = ['package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts', 'src'];

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

export default defineConfig({
  root,
  plugins: [sums()],
  build: {
    target: 'es2022',
    emptyOutDir: false, // schema.d.ts stands there
    minify: false, // apps have bundlers of their own, and people read it
    lib: { entry: { webchat: join(root, 'src/webchat.ts'), api: join(root, 'src/api.ts') }, formats: ['es'] },
    rollupOptions: { output: { chunkFileNames: '[name].js' } },
  },
});
