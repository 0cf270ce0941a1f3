import { join } from 'node:path';
import { defineConfig } from 'vite';
import { sums } from '../../sdk/sums.ts';

const root = import.meta.dirname;

// What dist is made of. fresh_test.go reads the same names.
const sources = ['tsconfig.json', 'vite.config.ts', 'src', '../package-lock.json', '../src/ui/Linked.tsx', '../../sdk/sums.ts', '../../sdk/src'];

// One classic script that holds everything: a page needs one line for it, and
// nothing else of the page's is touched.
export default defineConfig({
  root,
  plugins: [sums(root, sources)],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    lib: { entry: join(root, 'src/main.tsx'), formats: ['iife'], name: 'threadhubWidget', fileName: () => 'widget.js' },
  },
});
