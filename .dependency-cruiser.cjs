/** The layers of the house, checked: `npm run layers`. */
const builtIn =
  '^(node:|assert$|buffer$|child_process$|cluster$|crypto$|dns$|events$|fs|http|https|net$|os$|path$|process$|stream|timers|tls$|url$|util$|v8$|vm$|worker_threads$|zlib$)';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'agent-knows-no-coordinator', severity: 'error', from: { path: '^agent/' }, to: { path: '^coordinator/' } },
    { name: 'coordinator-knows-no-agent', severity: 'error', from: { path: '^coordinator/' }, to: { path: '^agent/' } },
    {
      name: 'the-contract-knows-neither-side',
      severity: 'error',
      from: { path: '^(proto|shared)/' },
      to: { path: '^(agent|coordinator|test|systemd)/' },
    },
    { name: 'the-contract-is-below-shared', severity: 'error', from: { path: '^proto/' }, to: { path: '^shared/' } },
    {
      name: 'core-is-pure',
      comment: 'No clock, disk, network or randomness: they arrive as arguments.',
      severity: 'error',
      from: { path: '^(agent|coordinator)/core/|^agent/limits/' },
      to: { path: builtIn },
    },
    {
      name: 'core-stands-alone',
      severity: 'error',
      from: { path: '^agent/core/' },
      // The contract of a fault says what it needs and asks for; it is types only.
      to: { path: '^(agent/(?!core/|faults/(fault-kind|parameter))|shared/)' },
    },
    {
      name: 'coordinator-core-stands-alone',
      severity: 'error',
      from: { path: '^coordinator/core/' },
      to: { path: '^(coordinator/(?!core/)|shared/)' },
    },
    {
      name: 'limits-know-only-core',
      severity: 'error',
      from: { path: '^agent/limits/' },
      to: { path: '^agent/(?!core/|limits/|faults/(fault-kind|parameter))' },
    },
    {
      name: 'agent-layers',
      comment: 'main → app → rpc → engine → core, limits → faults; holders, host and store behind ports.',
      severity: 'error',
      from: { path: '^agent/(engine|faults|holders|host|observers|store)/' },
      to: { path: '^agent/(main|app|rpc)' },
    },
    {
      name: 'the-engine-knows-only-ports',
      severity: 'error',
      from: { path: '^agent/engine/' },
      to: { path: '^agent/(host|store)/' },
    },
    {
      name: 'a-command-line-speaks-only-the-public-api',
      severity: 'error',
      from: { path: '^coordinator/cli/', pathNot: '^coordinator/cli/commands/serve' },
      to: { path: '^coordinator/(engine|store|fleet|gates|probes|api)/' },
    },
    {
      name: 'a-holder-is-lean',
      comment: 'What holds a fault must start fast and depend on nothing that could stand between it and its restore.',
      severity: 'error',
      from: { path: '^agent/(holders|faults)/' },
      to: { path: '^(agent/(app|rpc|engine|store|limits)|node_modules/(?!koffi))' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'proto/generated' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
