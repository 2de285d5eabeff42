/** The files that the demo writes: an inventory, a policy for each host, and four experiments. */

export interface DemoHost {
  readonly name: string;
  readonly address: string;
  /** The name of the shop's workers that stand for this host. */
  readonly worker: string;
}

export function inventoryText(hosts: readonly DemoHost[]): string {
  const rows = hosts.map(
    ({ name, address }) => `  - { name: ${name}, address: "${address}", labels: { app: shop, zone: ${name} } }`,
  );
  return `hosts:\n${rows.join('\n')}\n`;
}

/** Where the kernel cannot bind a pause, the demo itself restarts the agents, which then undo it. */
export const policyText = `stage: development
journalWithoutSupervisor: true
injectsPerMinute: 60
`;

export const leaseMs = 2000;

export function killText(host: DemoHost, shopUrl: string): string {
  return `${head('shop-worker-kill', 'the shop answers while one worker is replaced')}
targets:
  hosts: { names: [${host.name}], mode: one }
  processes: { name: ${host.worker}, mode: one }
${canary(shopUrl)}
steadyState: [ canary.errorRatio <= 0.25 ]
method:
  - { fault: process.kill, signal: SIGKILL, consent: irreversible, expect: { respawnWithin: 10s } }
abort:
  - { when: canary.errorRatio > 0.5, for: 2s }
`;
}

export function pauseText(host: DemoHost, shopUrl: string): string {
  return `${head('shop-worker-pause', 'customers wait, but nobody is turned away, while one worker stands still')}
targets:
  hosts: { names: [${host.name}], mode: one }
  processes: { name: ${host.worker}, mode: one }
${canary(shopUrl)}
steadyState: [ canary.errorRatio <= 0.25 ]
method:
  - { fault: process.pause, for: 3s }
abort:
  - { when: canary.errorRatio > 0.5, for: 2s }
`;
}

/** Long enough that only a dead-man's switch, a lease or a halt ends it. */
export function holdText(hosts: readonly DemoHost[]): string {
  const steps = hosts.map(
    ({ name, worker }) =>
      `      - { fault: process.pause, for: 60s, targets: { hosts: { names: [${name}], mode: one }, processes: { name: ${worker}, mode: one } } }`,
  );
  const first = hosts[0] as DemoHost;
  return `${head('shop-worker-hold', 'whatever dies, the worker runs on', hosts.length)}
lease: ${leaseMs / 1000}s
targets:
  hosts: { names: [${hosts.map(({ name }) => name).join(', ')}], mode: all }
  processes: { name: ${first.worker}, mode: one }
method:
  - parallel:
${steps.join('\n')}
`;
}

function head(name: string, hypothesis: string, hosts = 1): string {
  return `apiVersion: leash/v1
kind: Experiment
metadata: { name: ${name}, owner: demo@example.com, labels: { service: shop } }
hypothesis: ${hypothesis}
stage: development
blastRadius: { hosts: ${hosts}, processesPerHost: 1 }`;
}

function canary(shopUrl: string): string {
  return `probes:
  canary: { http: { url: "${shopUrl}", timeout: 5s, window: 5s }, every: 100ms }
preconditions: [ { probe: canary } ]
baseline: 1s
recovery: 1s`;
}
