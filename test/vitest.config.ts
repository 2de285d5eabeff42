import { defineConfig } from 'vitest/config';

/** Unit tests run side by side; tests on the real kernel run one file at a time, since each measures the machine. */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', root: new URL('..', import.meta.url).pathname, include: ['test/unit/**/*.test.ts'] },
      },
      {
        test: {
          name: 'host',
          root: new URL('..', import.meta.url).pathname,
          include: [
            'test/host/**/*.test.ts',
            'test/e2e/**/*.test.ts',
            'test/hostile/**/*.test.ts',
            'test/fleet/**/*.test.ts',
          ],
          globalSetup: ['test/build.ts'],
          exclude: ['test/fleet/booted/**'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Hosts that are really booted: minutes, root, and a Debian mirror the first time. `npm run test:fleet`.
        test: {
          name: 'booted',
          root: new URL('..', import.meta.url).pathname,
          include: ['test/fleet/booted/**/*.test.ts'],
          globalSetup: ['test/build.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
