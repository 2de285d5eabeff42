import { defaultExclude, defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;
/** What measures the machine, fills it up or takes its CPUs has it for itself. */
const alone = [
  'test/host/stress*.test.ts',
  'test/host/slow.test.ts',
  'test/hostile/flood.test.ts',
  'test/fleet/partition.test.ts',
  'test/e2e/load.test.ts',
  'test/e2e/detectors.test.ts',
];
/** On the real kernel, with the bundles that users run. */
const onThisHost = { root, globalSetup: ['test/build.ts'], testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        // In few processes: nothing in them is changed for good, and loading it all anew for each file takes most of the time.
        // Built first, for the threads and processes that some of it starts.
        test: {
          root,
          globalSetup: ['test/build.ts'],
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        // Most of it waits for processes, so two files at a time: more would be in each other's way.
        test: {
          ...onThisHost,
          name: 'host',
          include: ['test/host/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/hostile/**/*.test.ts'],
          exclude: [...defaultExclude, ...alone],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...onThisHost,
          name: 'alone',
          include: alone,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Hosts that are really booted: minutes, root, and a Debian mirror the first time. `npm run test:fleet`.
        test: {
          ...onThisHost,
          name: 'booted',
          include: ['test/fleet/booted/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 900_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
