import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { issueCertificate } from '../../../../coordinator/ca/certificate-authority.ts';
import { agentService, coordinatorService } from '../../../../proto/services.ts';
import { loadTlsFiles } from '../../../../shared/tls-files.ts';
import { type Answers, type FakeServer, startFakeServer } from './fake-coordinator.ts';
import { buildLeash, type Leash } from './leash-process.ts';
import { hosts } from './worlds.ts';

let leash: Leash;
const servers: FakeServer[] = [];
const at = (name: string): string => join(leash.directory, name);

beforeAll(async () => {
  leash = await buildLeash();
  await command('ca', 'init', '--dir', at('ca'));
  await command('ca', 'init', '--dir', at('other-ca'));
  await issue('coordinator', 'c-1');
  await issue('agent', 'web-1');
  await issue('runner', 'ada');
  await issue('halter', 'night');
}, 60_000);

afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

afterAll(() => leash.remove());

async function command(...words: readonly string[]): Promise<string> {
  const { code, out, error } = await leash.run(words);
  if (code !== 0) throw new Error(`leash ${words.join(' ')}: ${error}`);
  return out;
}

function issue(role: string, name: string, ...more: readonly string[]): Promise<string> {
  return command('ca', 'issue', '--dir', at('ca'), '--role', role, '--name', name, '--out', at(name), ...more);
}

async function serve(service: Parameters<typeof startFakeServer>[0], answers: Answers, files: string): Promise<string> {
  const server = await startFakeServer(service, answers, { tls: loadTlsFiles(at(files)) });
  servers.push(server);
  return server.address;
}

const answers: Answers = { listHosts: () => hosts };

test('an operator with a certificate of the same authority is let in', async () => {
  const address = await serve(coordinatorService, answers, 'c-1');
  const { code, out, error } = await leash.run(['hosts'], { LEASH_COORDINATOR: address, LEASH_TLS: at('ada') });
  expect(out).toContain('web-1');
  expect(error).toBe('');
  expect(code).toBe(0);
});

test('a server that is no coordinator gets no call', async () => {
  const address = await serve(coordinatorService, answers, 'web-1');
  const { code, error } = await leash.run(['hosts', '--coordinator', address, '--tls', at('ada')]);
  expect(error).toContain('names spiffe://leash.local/agent/web-1, not spiffe://leash.local/coordinator/*');
  expect(servers[0]?.requests).toEqual([]);
  expect(code).toBe(7);
});

test('a server of another authority gets no call', async () => {
  await command('ca', 'issue', '--dir', at('other-ca'), '--role', 'coordinator', '--name', 'evil', '--out', at('evil'));
  const address = await serve(coordinatorService, answers, 'evil');
  const { code, error } = await leash.run(['hosts', '--coordinator', address, '--tls', at('ada')]);
  expect(error).toContain('not allowed at');
  expect(code).toBe(7);
});

test('a certificate of another authority is not let in', async () => {
  await command('ca', 'issue', '--dir', at('other-ca'), '--role', 'runner', '--name', 'eve', '--out', at('eve'));
  const address = await serve(coordinatorService, answers, 'c-1');
  const { code } = await leash.run(['hosts', '--coordinator', address, '--tls', at('eve')]);
  expect([6, 7]).toContain(code);
  expect(servers[0]?.requests).toEqual([]);
});

test('a certificate that expired, or a key that others may read, is told before any call', async () => {
  const expired = { role: 'runner', name: 'old', outDirectory: at('old'), validMs: 60_000 } as const;
  await issueCertificate(at('ca'), { ...expired, nowUnixMs: Date.now() - 120_000 });
  const old = await leash.run(['hosts', '--coordinator', '127.0.0.1:1', '--tls', at('old')]);
  expect(old).toMatchObject({ code: 7, error: expect.stringContaining('old.crt: expired at 20') });
  await issue('runner', 'open');
  chmodSync(join(at('open'), 'open.key'), 0o644);
  const open = await leash.run(['hosts', '--coordinator', '127.0.0.1:1', '--tls', at('open')]);
  expect(open).toMatchObject({ code: 7, error: expect.stringContaining('others may read this key (mode 644)') });
});

test('a halter reaches the agents directly, by the names of the inventory and by no others', async () => {
  const halt: Answers = { halt: () => ({ halt: { halted: true, epoch: 2 }, latchedMs: 1, restoredMs: 1 }) };
  const address = await serve(agentService, halt, 'web-1');
  const inventory = at('inventory.json');
  const known = [
    { name: 'web-1', address },
    { name: 'web-2', address },
  ];
  writeFileSync(inventory, JSON.stringify({ version: 1, fleets: { any: { savedAtUnixMs: 1, hosts: known } } }));
  const { code, out } = await leash.run(['halt', '--direct', '--json', '--inventory', inventory, '--tls', at('night')]);
  const { hosts: halted } = JSON.parse(out) as { hosts: { latched: boolean; error: string }[] };
  expect(halted[0]).toMatchObject({ latched: true });
  expect(halted[1]).toMatchObject({ latched: false });
  expect(halted[1]?.error).toContain('names spiffe://leash.local/agent/web-1, not spiffe://leash.local/agent/web-2');
  expect(code).toBe(5);
});

test('ca issue refuses what cannot be, before it writes anything', async () => {
  const wrong = ['ca', 'issue', '--dir', at('ca'), '--name', 'x', '--out', at('x')];
  const role = await leash.run([...wrong, '--role', 'king']);
  expect(role).toMatchObject({ code: 2, error: expect.stringContaining('--role must be one of viewer') });
  const days = await leash.run([...wrong, '--role', 'runner', '--days', '0']);
  expect(days).toMatchObject({
    code: 2,
    error: expect.stringContaining('--days must be a whole number from 1 to 365'),
  });
  mkdirSync(at('empty'));
  const authority = await leash.run([
    'ca',
    'issue',
    '--dir',
    at('empty'),
    '--role',
    'runner',
    '--name',
    'x',
    '--out',
    at('x'),
  ]);
  expect(authority).toMatchObject({ code: 2, error: expect.stringContaining('leash ca init') });
});
