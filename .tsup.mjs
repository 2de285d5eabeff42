import { defineConfig } from 'tsup';

/**
 * Programs are bundled, so that an agent starts fast and stays small; native packages cannot be, and stay outside.
 * ES modules that contain CommonJS ask for `require`, which the banner gives them.
 */
const common = {
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  outDir: 'dist',
  noExternal: [/.*/],
  external: ['koffi', 'libsql', 'esbuild'],
  banner: {
    js: [
      "import { createRequire as createRequireOfBundle } from 'node:module';",
      'const require = createRequireOfBundle(import.meta.url);',
    ].join('\n'),
  },
  esbuildOptions(options) {
    options.minifyWhitespace = true;
    options.minifySyntax = true;
    options.legalComments = 'none';
    options.chunkNames = 'leash-part-[hash]';
    // Each CommonJS module is named by its path: as it is reached, and not where a link leads, so that builds are the same.
    options.preserveSymlinks = true;
  },
};

/** Each in one file: of an agent that is replaced while it runs, no part may be missing. */
const whole = {
  ...common,
  entry: {
    'leash-agent': 'agent/main.ts',
    'leash-holder': 'agent/holders/main.ts',
    'leash-selftest-victim': 'agent/app/selftest/victim.ts',
    'leash-load': 'coordinator/load/main.ts',
    'leash-demo-shop': 'coordinator/demo/shop.ts',
    bench: 'test/bench/main.ts',
    storm: 'test/storm/main.ts',
    simulate: 'test/simulation/main.ts',
    mutants: 'test/mutants/main.ts',
    fuzz: 'test/hostile/fuzz-main.ts',
    package: 'systemd/packaging/main.ts',
  },
  clean: true,
  splitting: false,
};

/** In parts: a command loads what it needs, and starts in half the time. */
const inParts = { ...common, entry: { leash: 'coordinator/main.ts' }, splitting: true };

export default defineConfig([whole, inParts]);
