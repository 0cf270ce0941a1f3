import { join } from 'node:path';
import { defineConfig } from 'vite';
import { sums } from './sums.ts';

const root = import.meta.dirname;

// What dist is made of. fresh_test.go reads the same names.
const sources = ['package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts', 'sums.ts', 'src'];

export default defineConfig({
  root,
  plugins: [sums(root, sources)],
  build: {
    target: 'es2022',
    emptyOutDir: false, // schema.d.ts stands there
    minify: false, // apps have bundlers of their own, and people read it
    lib: { entry: { webchat: join(root, 'src/webchat.ts'), api: join(root, 'src/api.ts') }, formats: ['es'] },
    rollupOptions: { output: { chunkFileNames: '[name].js' } },
  },
});
