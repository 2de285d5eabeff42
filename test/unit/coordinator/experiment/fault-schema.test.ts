/** The schema for editors knows each fault as the agent does, though neither side imports the other. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeHost } from '../../../../agent/app/describe.ts';
import { armedLatch } from '../../../../agent/core/halt.ts';
import { faultKinds } from '../../../../agent/faults/index.ts';
import { parseParameters } from '../../../../agent/faults/parameter.ts';
import { builtInPolicy } from '../../../../agent/store/loaded-policy.ts';
import { experimentJsonSchema } from '../../../../coordinator/experiment/experiment-schema.ts';
import { faultSchemas } from '../../../../proto/generated/fault-schemas.ts';
import type { JsonObject } from '../../../../proto/struct.ts';

/** As a person would write each fault, with every parameter of it that goes together. */
const written: Readonly<Record<string, JsonObject>> = {
  'process.kill': { signal: 'SIGTERM', grace: '10s', respawnWithin: '1m30s' },
  'process.pause': {},
  'process.slow': { share: '30%', period: '20ms' },
  'stress.cpu': { cores: 2, load: '50%', ramp: '10s' },
  'stress.memory': { untilFree: '1GiB', leaveFree: '512MiB' },
  'stress.io': { path: '/tmp', floor: '1GiB', workers: 2, rate: '8MiB', reads: '70%', size: '16MiB' },
  'stress.disk': { path: '/tmp', floor: '1GiB', leaveFree: '2GiB' },
  'stress.fds': { percent: '10%', leaveFree: 10_000 },
  'stress.pids': { count: 100, leaveFree: 2000 },
  'network.cut': {
    direction: 'out',
    localPorts: [80, '8000-8010'],
    addresses: '10.0.0.0/8',
    user: 'www-data',
    verdict: 'reject',
  },
  'network.loss': { loss: '5%', protocol: 'udp', remotePorts: 53, cgroup: 'system.slice/x.service' },
  'network.rate': { perSecond: '1MiB', loopback: true },
  'dns.block': { names: ['example.com', 'example.org'], resolvers: 'fd00::/8', ports: [53, 853] },
  'custom.run': { program: 'nap', args: ['10', '-v'] },
  'custom.change': { change: 'flag' },
  'process.renice': { nice: 19 },
  'process.affinity': { cpus: '0,2-3' },
  'network.delay': { interface: 'eth1', delay: '200ms', jitter: '20ms' },
  'network.corrupt': { interface: 'eth1', share: '0.1%' },
  'network.duplicate': { interface: 'eth1', share: '5%' },
  'cgroup.limit': { unit: 'shop.service', cpu: '50%', memory: '256MiB', pids: 100 },
  'cgroup.freeze': { cgroup: '/system.slice/shop.service' },
  'service.stop': { unit: 'shop.service' },
  'service.restart': { unit: 'shop.service' },
  'service.mask': { unit: 'shop.service' },
  'host.reboot': { delay: '30s' },
};

const schema = z.fromJSONSchema(experimentJsonSchema() as never);
const accepts = (fault: string, parameters: JsonObject): boolean =>
  schema.safeParse({
    apiVersion: 'leash/v1',
    kind: 'Experiment',
    metadata: { name: 'one', owner: 'team' },
    stage: 'development',
    targets: { hosts: { mode: 'one' } },
    method: [{ fault, for: '10s', ...parameters }],
  }).success;

test('every fault and every parameter that an agent describes is in the schema, and no other', () => {
  const described = describeHost({
    hostName: 'host',
    version: '0',
    facts: {} as never,
    policy: builtInPolicy('policy.yaml'),
    figures: { cpus: 1, pressurePercent: {} } as never,
    abilities: { uid: 0, capabilities: new Set(), yamaScope: 0, hasSupervisor: false, missing: () => undefined },
    kinds: faultKinds,
    state: { latch: armedLatch, faults: new Map(), injectedAtBootMs: [] },
    latchDurability: 'durable',
    now: { bootMs: 0, unixMs: 0 },
  }).faults;
  const named = described?.map(({ kind, parameters }) => [kind, parameters?.map(({ name }) => name)]);
  const inSchema = Object.entries(faultSchemas).map(([kind, fault]) => [kind, Object.keys(fault.properties as object)]);
  expect(inSchema).toEqual(named);
  for (const parameter of described?.flatMap(({ parameters }) => parameters ?? []) ?? []) {
    expect([parameter.name, parameter.summary]).toEqual([parameter.name, expect.stringMatching(/\w/)]);
    expect(parameter.unit).toMatch(/^(percent|duration|bytes|count|boolean|word|text|list)$/);
  }
});

describe.each(faultKinds.map((kind) => [kind.kind, kind] as const))('%s', (name, kind) => {
  const parameters = written[name] ?? {};

  test('is accepted by the schema as people write it, and by the fault itself', () => {
    expect(Object.keys(written)).toContain(name);
    kind.check?.(parseParameters(kind.parameters, parameters));
    expect(accepts(name, parameters)).toBe(true);
  });

  test('is refused by the schema with a parameter that it does not have, or without one that it needs', () => {
    expect(accepts(name, { ...parameters, no: 1 })).toBe(false);
    for (const [needed, { isRequired }] of Object.entries(kind.parameters)) {
      const { [needed]: _left, ...others } = parameters;
      if (isRequired) expect([needed, accepts(name, others)]).toEqual([needed, false]);
    }
  });
});

test.each([
  ['stress.cpu', { load: '50' }],
  ['stress.cpu', { cores: 0 }],
  ['network.cut', { direction: 'sideways' }],
  ['stress.memory', { size: '1 GB' }],
  ['process.kill', { grace: '10' }],
  ['network.cut', { loopback: 'yes' }],
])('the schema refuses %s with %j', (fault, parameters) => {
  expect(accepts(fault, parameters)).toBe(false);
});

test('a fault of another release is accepted with whatever it takes', () => {
  expect(accepts('disk.melt', { at: '1000C' })).toBe(true);
  expect(accepts('Disk', {})).toBe(false);
});
