import { defineConfig } from 'vite';
import { sums } from '../sdk/sums.ts';

const root = import.meta.dirname;

// What dist is made of. fresh_test.go reads the same names.
const sources = ['index.html', 'package.json', 'package-lock.json', 'tsconfig.json', 'vite.config.ts', 'public', 'src', '../sdk/sums.ts', '../sdk/src'];

export default defineConfig({
  root,
  base: '/console/',
  plugins: [sums(root, sources)],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
