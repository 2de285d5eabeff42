/**
 * Services as Debian ships them, under systemd on a booted host, and what an experiment of a coordinator does to each:
 * while it is on they are silent or slow, and afterwards each of them serves what it has served before.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { threadStates } from '../../rig/proc.ts';
import { until } from '../../rig/until.ts';
import { isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { isHolder, leftOn } from '../rig/held.ts';
import { bootJoinedFleet, type JoinedFleet } from '../rig/joined-fleet.ts';

interface Server {
  readonly unit: string;
  /** By which its processes are found. */
  readonly process: string;
  /** Asks for what was kept in it. It is given a second. */
  readonly ask: readonly string[];
  readonly answer: string;
  /** Done once, so that there is something to ask for. */
  readonly keep: readonly string[];
}

const servers: readonly Server[] = [
  {
    unit: 'redis-server.service',
    process: 'redis-server',
    keep: ['redis-cli', 'set', 'kept', 'in redis'],
    ask: ['redis-cli', 'get', 'kept'],
    answer: 'in redis',
  },
  {
    unit: 'nginx.service',
    process: 'nginx',
    keep: ['sh', '-c', 'echo in nginx >/var/www/html/kept'],
    ask: ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/80; printf "GET /kept HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3'],
    answer: 'in nginx',
  },
  {
    unit: 'postgresql@15-main.service',
    process: 'postgres',
    keep: ['runuser', '-u', 'postgres', '--', 'psql', '-qc', "create table kept as select 'in ' || 'postgres' as what"],
    ask: ['runuser', '-u', 'postgres', '--', 'psql', '-Atqc', 'select what from kept'],
    answer: 'in postgres',
  },
];

const policy = `injectsPerMinute: 600
processesMax: 64
processesPercentMax: 100%
faultsMax: 16
survivorsMin: 0
services: { allow: [${servers.map(({ unit }) => unit).join(', ')}] }
`;

describe('a service of a booted host', () => {
  let fleet: JoinedFleet;
  const host = (): BootedHost => fleet.hosts[0] as BootedHost;

  beforeAll(async () => {
    if (!isBootable) return;
    fleet = await bootJoinedFleet(['shop'], {
      policy,
      dropIns: ['service'],
      debianPackages: ['nginx-light', 'postgresql'],
    });
    // Where its package was installed without a running system, nothing has made one.
    if ((await host().run('test', '-e', '/etc/postgresql/15/main')).code !== 0)
      await host().must('pg_createcluster', '15', 'main');
    await host().must('systemctl', 'daemon-reload');
    for (const { unit, keep } of servers) {
      await host().must('systemctl', 'start', unit);
      await until(`${unit} has kept it`, async () => (await host().run(...keep)).code === 0);
    }
  });
  afterAll(() => fleet?.dispose());

  async function serves({ ask, answer }: Server): Promise<boolean> {
    return (await host().run('timeout', '1', ...ask)).output.includes(answer);
  }

  /** @returns what the run said. */
  async function run(fault: string, processes?: string): Promise<string> {
    const lines = [
      'apiVersion: leash/v1',
      'kind: Experiment',
      'metadata: { name: victims, owner: test@example.com }',
      'hypothesis: the service serves again afterwards',
      'stage: development',
      'blastRadius: { hosts: 1, processesPerHost: 64 }',
      'targets:',
      '  hosts: { labels: { app: shop }, mode: all }',
      ...(processes ? [`  processes: { name: ${processes}, mode: all }`] : []),
      'method:',
      `  - ${fault}`,
    ];
    await fleet.control.write('/srv/victims.yaml', `${lines.join('\n')}\n`);
    return fleet.control.must('leash', 'run', '/srv/victims.yaml', '--wait');
  }

  async function pidsOf(server: Server): Promise<readonly number[]> {
    const inside = (await host().must('pgrep', '-x', server.process)).trim().split('\n').map(Number);
    return inside.map((pid) => host().pidOutside(pid));
  }

  const isHolding = (): boolean => host().pidsOutside().some(isHolder);

  const invocation = (unit: string): Promise<string> =>
    host().must('systemctl', 'show', '--property=InvocationID,NRestarts', unit);

  async function servesAsBefore(server: Server): Promise<void> {
    await until(`${server.unit} serves again`, () => serves(server), 60_000);
    expect(await leftOn(host())).toEqual([]);
  }

  test.each(servers)(
    '$unit stands still in every thread while it is paused, is the same one afterwards, and serves',
    async (server) => {
      const before = await invocation(server.unit);
      const [main, pids] = [await host().mainPid(server.unit), await pidsOf(server)];
      const isHeld = (): boolean => pids.every((pid) => threadStates(pid).every((state) => state === 't'));
      const [, wasSilent] = await Promise.all([
        run('{ fault: process.pause, for: 8s }', server.process),
        until(`${server.unit} is paused`, isHeld, 60_000).then(async () => !(await serves(server))),
      ]);
      expect(wasSilent).toBe(true);
      await servesAsBefore(server);
      expect(await host().mainPid(server.unit)).toBe(main);
      expect(await invocation(server.unit)).toBe(before);
    },
  );

  test.each(servers)('$unit is slowed down, and serves all the while', async (server) => {
    const before = await invocation(server.unit);
    const [, answers] = await Promise.all([
      run('{ fault: process.slow, share: 50%, for: 5s }', server.process),
      until(`${server.unit} serves while it is slow`, async () => isHolding() && (await serves(server)), 60_000),
    ]);
    expect(answers).toBe(true);
    await servesAsBefore(server);
    expect(await invocation(server.unit)).toBe(before);
  });

  test.each(servers)('$unit is stopped, started again, and has what it had', async (server) => {
    const isDown = async (): Promise<boolean> => (await host().run('systemctl', 'is-active', server.unit)).code !== 0;
    await Promise.all([
      run(`{ fault: service.stop, unit: ${server.unit}, for: 5s }`),
      until(`${server.unit} is down`, isDown, 60_000),
    ]);
    await servesAsBefore(server);
  });

  test.each(servers)('$unit is restarted, and has what it had', async (server) => {
    const before = await invocation(server.unit);
    await run(`{ fault: service.restart, unit: ${server.unit}, for: 30s }`);
    await servesAsBefore(server);
    expect(await invocation(server.unit)).not.toBe(before);
  });

  test('all of them serve while the host’s processors and memory are taken, and afterwards', async () => {
    const before = await Promise.all(servers.map(({ unit }) => invocation(unit)));
    const ended = run('{ fault: stress.cpu, load: 50%, for: 8s }').then(() => true);
    await until('the host is under stress', isHolding, 60_000);
    for (const server of servers) await until(`${server.unit} serves`, () => serves(server), 60_000);
    await ended;
    await run('{ fault: stress.memory, size: 64MiB, for: 5s }');
    for (const server of servers) await servesAsBefore(server);
    expect(await Promise.all(servers.map(({ unit }) => invocation(unit)))).toEqual(before);
  });
});
