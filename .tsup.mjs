import { defineConfig } from 'tsup';

/**
 * Programs are bundled, so that an agent starts fast and stays small; native packages cannot be, and stay outside.
 * ES modules that contain CommonJS ask for `require`, which the banner gives them.
 */
export default defineConfig({
  entry: {
    leash: 'coordinator/main.ts',
    'leash-agent': 'agent/main.ts',
    'leash-holder': 'agent/holders/main.ts',
    'leash-selftest-victim': 'agent/app/selftest/victim.ts',
    'leash-load': 'coordinator/load/main.ts',
    'leash-store': 'coordinator/store/database-thread.ts',
    'leash-demo-shop': 'coordinator/demo/shop.ts',
    bench: 'test/bench/main.ts',
    storm: 'test/storm/main.ts',
    simulate: 'test/simulation/main.ts',
    mutants: 'test/mutants/main.ts',
    fuzz: 'test/hostile/fuzz-main.ts',
    package: 'systemd/packaging/main.ts',
  },
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  outDir: 'dist',
  clean: true,
  // In parts, modules would be evaluated in another order than they are imported: 64-bit integers come out as objects then.
  splitting: false,
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
    // Each CommonJS module is named by its path: as it is reached, and not where a link leads, so that builds are the same.
    options.preserveSymlinks = true;
  },
});
