import { defineConfig } from 'vitest/config';
import { underUnit } from './rig/host-suite.ts';

/** Run inside a booted host by `booted/under-unit.test.ts`, which says what they need. */
export default defineConfig({
  // The project is read-only there.
  cacheDir: '/var/tmp/leash-vite',
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [...underUnit],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
