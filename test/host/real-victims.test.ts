/**
 * Programs as they are in the world, paused and let go by a real agent: every thread stands still, as /proc shows; and
 * afterwards the program answers everything, also what it was asked meanwhile. As root and as the default unit's user.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parsePid } from '../../proto/identity.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { inject, planFor } from '../rig/inject.ts';
import { findProgram, unless, unlessMissing, unlessUnprivileged } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { agentUsers, bootMs, identityOf, startAgent } from './harness/agent.ts';
import { victimProgram } from './harness/build.ts';
import { findPostgres, startNginx, startPostgres, startRedis } from './harness/servers.ts';
import { descendantsOf, type Program, pause, pauseAndAsk, startProgram, threadStates } from './harness/service.ts';
import {
  everyThreadStampedAfter,
  host,
  type StampingVictim,
  startStampingVictim,
  startVictim,
} from './harness/victim.ts';

const isRoot = process.getuid?.() === 0;
const rigs: AgentRig[] = [];
let directory: TestDirectory;

beforeAll(async () => {
  rigs.push(await startAgentRig());
  if (isRoot) rigs.push(await startAgentRig({ as: { uid: 65_534, capabilities: '+kill,+sys_ptrace' } }));
  else process.stderr.write('NOT TESTED here, for want of root: an agent as the user of the default unit\n');
});

afterAll(async () => {
  for (const rig of rigs) await rig.dispose();
});

beforeEach(() => {
  directory = makeTestDirectory();
});

afterEach(() => directory.remove());

describe('a server that is paused and restored', () => {
  unlessMissing('redis-server', 'redis-server')('redis answers every command in order, and has its data', async () => {
    const redis = await startRedis(directory);
    const { pid } = redis.program;
    let sent = 0;
    for (const rig of rigs) {
      const [, meanwhile] = await pauseAndAsk(rig, [pid], () => {
        const hundred = Array.from({ length: 100 }, () => 'INCR counter');
        sent += hundred.length;
        return redis.command(...hundred);
      });
      expect(meanwhile).toEqual(Array.from({ length: 100 }, (_, index) => `:${sent - 199 + index}`));
      // A connection that is made while it is held is accepted afterwards.
      expect(await pauseAndAsk(rig, [pid], () => redis.ping())).toEqual(['+PONG', '+PONG', '+PONG']);
    }
    expect(await redis.command(`SET counter ${sent}`, 'DECR counter')).toEqual(['+OK', `:${sent - 1}`]);
    await redis.stop();
  });

  unlessMissing('nginx', 'nginx-light')('nginx and its workers answer what was asked, and half asked', async () => {
    const nginx = await startNginx(directory, 2);
    expect(nginx.pids).toHaveLength(3);
    for (const rig of rigs) {
      const half = await nginx.beginRequest();
      const twenty = Array.from({ length: 20 }, (_, index) => `/page-${index}`);
      const answers = await pauseAndAsk(rig, nginx.pids, () => Promise.all(twenty.map((path) => nginx.get(path))));
      for (const bodies of answers) expect(bodies).toEqual(twenty.map((path) => `answer to ${path}`));
      expect(await half.finish()).toContain('200 OK');
    }
    await nginx.stop();
  });

  unless(findPostgres() !== undefined, 'PostgreSQL (package postgresql)')(
    'PostgreSQL completes the query that was in flight, and the transaction around it',
    async () => {
      const postgres = await startPostgres(directory);
      const session = await postgres.connect();
      const say = (sql: string): void => void session.child.stdin?.write(`${sql}\n`);
      const printed = (line: string): Promise<boolean> => until(line, () => session.lines().includes(line), 20_000);
      say('CREATE TABLE numbers (number bigint);');
      for (const [round, rig] of rigs.entries()) {
        say(`BEGIN; SELECT 'begun ${round}';`);
        await printed(`begun ${round}`);
        const pids = [postgres.program.pid, ...descendantsOf(postgres.program.pid)];
        // Postmaster, session, and at least checkpointer, writer and the like.
        expect(pids.length).toBeGreaterThan(4);
        // It sleeps for a millisecond a row, so that it cannot be over before it is held.
        say(`INSERT INTO numbers SELECT n FROM generate_series(1, 1000) n, pg_sleep(0.001 * (n - n + 1)); COMMIT;`);
        say(`SELECT 'sum ${round} ' || sum(number) FROM numbers;`);
        // The title of the process that serves the session says what it does.
        const isInserting = (): boolean =>
          pids.some((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('[local] INSERT'));
        await until('the query is in flight', isInserting);
        const paused = await pause(rig, pids);
        expect(isInserting()).toBe(true);
        expect(session.lines().filter((line) => line.startsWith(`sum ${round}`))).toEqual([]);
        await paused.restore();
        await printed(`sum ${round} ${500_500 * (round + 1)}`);
      }
      await session.stop();
      await postgres.stop();
    },
  );
});

describe('a program with many threads that is paused and restored counts on in each of them', () => {
  const source = (name: string): string => victimProgram(`counting/${name}`);

  async function proveCounting(program: Program, threadsMin: number): Promise<void> {
    for (const rig of rigs) {
      const [before, , after] = (await pauseAndAsk(rig, [program.pid], () => program.ask())).map(countsOf);
      expect(before).toHaveLength(50);
      expect(threadStates([program.pid]).length).toBeGreaterThan(threadsMin);
      await until('each thread has counted on', async () => {
        const now = countsOf(await program.ask());
        return now.every((count, index) => count > (after?.[index] ?? Number.POSITIVE_INFINITY));
      });
    }
    await program.stop();
  }

  unlessMissing('python3', 'python3')('Python with 50 threads', async () => {
    await proveCounting(await startProgram('python3', [source('counting.py')], { ready: 'ready' }), 50);
  });

  const go = findProgram('go') ?? ['/usr/local/go/bin/go'].find((path) => existsSync(path));
  unless(go !== undefined, 'the program go (package golang-go)')('a Go program with 50 goroutines', async () => {
    const program = join(directory.path, 'counting');
    const env = { HOME: directory.path, ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GO111MODULE: 'off' };
    execFileSync(go as string, ['build', '-o', program, source('counting.go')], { env });
    await proveCounting(await startProgram(program, [], { ready: 'ready' }), 2);
  });

  unlessMissing('javac', 'a JDK, such as openjdk-17-jdk-headless')('a JVM with 50 threads', async () => {
    await proveCounting(await startProgram('java', [source('Counting.java')], { ready: 'ready' }), 50);
  });
});

describe('a program that starts others and is paused and restored', () => {
  test('a shell pipeline passes every line on, in order', async () => {
    const pipeline = await startProgram(victimProgram('pipeline.sh'), [], { ready: 'ready' });
    await until('its processes are there', () => descendantsOf(pipeline.pid).length === 3);
    const pids = [pipeline.pid, ...descendantsOf(pipeline.pid)];
    const seen = (): readonly string[] => pipeline.lines().filter((line) => line.startsWith('seen '));
    for (const rig of rigs) {
      const before = seen().length;
      const paused = await pause(rig, pids);
      const thousand = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
      pipeline.child.stdin?.write(`${thousand.join('\n')}\n`);
      await paused.restore();
      await until('each line came out', () => seen().length >= before + 1000);
      expect(seen().slice(before)).toEqual(thousand.map((line) => `seen ${line.toUpperCase()}`));
    }
    await pipeline.stop();
  });

  /** It prints "done N" after each, and "lost" for one that went wrong. */
  async function proveProgress(program: Program): Promise<void> {
    const done = (): number => Number(program.lines().at(-1)?.replace('done ', ''));
    for (const rig of rigs) {
      for (let round = 0; round < 3; round++) {
        const paused = await pause(rig, [program.pid]);
        const heldAtMs = bootMs();
        await until('what it had printed was read', () => bootMs() > heldAtMs + 50);
        const doneHeld = done();
        await until('it was held for a while', () => bootMs() > heldAtMs + 100);
        expect(done()).toBe(doneHeld);
        expect(new Set(threadStates([program.pid]))).toEqual(new Set(['t']));
        await paused.restore();
        await until('it goes on', () => done() > doneHeld + 20);
      }
    }
    expect(program.lines().filter((line) => line.startsWith('lost'))).toEqual([]);
    await program.stop();
  }

  test('one that forks for ever forks on, and loses no child', async () => {
    await proveProgress(await startProgram(victimProgram('fork-loop.sh'), [], { ready: 'ready' }));
  });

  test('one that vforks for ever vforks on, and loses no child', async () => {
    await proveProgress(await startProgram(process.execPath, [victimProgram('vfork-loop.mjs')], { ready: 'ready' }));
  });

  test('one that execs for ever execs on', async () => {
    await proveProgress(await startProgram(victimProgram('exec-loop.sh'), [], { ready: 'ready' }));
  });
});

describe('a process of an odd kind', () => {
  test.each(agentUsers())(
    'whose main thread has exited is held and let go in all the others, by an agent %s',
    async (user) => {
      const agent = await startAgent(user);
      const victim = await startStampingVictim({ start: (_name, ...args) => startVictim('leaderless.mjs', ...args) });
      victim.signal('SIGUSR2');
      const status = `/proc/${victim.identity.pid}/status`;
      await until('its main thread has exited', () => /^State:\s*Z/m.test(readFileSync(status, 'latin1')));
      const workers = (): readonly bigint[] => victim.stamps().slice(1);
      const holder = await agent.start({ kind: 'process.pause', targets: [victim.identity] });
      await holder.report('touched');
      expect(victim.states()).toEqual(Array.from({ length: victim.states().length }, () => 't'));
      expect(victim.states().length).toBeGreaterThan(victim.threads);
      const stamps = workers();
      const heldAtMs = bootMs();
      await until('it was held for a while', () => bootMs() > heldAtMs + 100);
      expect(workers()).toEqual(stamps);
      holder.release();
      expect(await holder.ended()).toBe('exit 0');
      await until('each worker has stamped', () => workers().every((stamp, index) => stamp > (stamps[index] ?? stamp)));
      expect(victim.states()).not.toContain('t');
      await Promise.all([victim.stop(), agent.stop()]);
    },
  );

  test('that blocks all signals is held and let go, and what was pending is still pending', async () => {
    const program = await startProgram(process.execPath, [victimProgram('signals-blocked.mjs')], { ready: 'ready' });
    await until('it is cat', () => readFileSync(`/proc/${program.pid}/comm`, 'latin1') === 'cat\n');
    const status = (field: string): bigint =>
      BigInt(
        `0x${new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${program.pid}/status`, 'latin1'))?.[1]}`,
      );
    expect(status('SigBlk') & 0x7fffffffn).toBe(0x7ffbfeffn);
    program.child.kill('SIGTERM');
    for (const rig of rigs) {
      await pauseAndAsk(rig, [program.pid], () => program.ask());
      expect(status('ShdPnd')).toBe(1n << 14n);
    }
    await program.stop();
  });

  unlessUnprivileged()('in a PID namespace of its own is held and let go from outside', async () => {
    const outer = await startProgram(
      'unshare',
      ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', 'echo ready; exec cat'],
      { ready: 'ready' },
    );
    const [pid = 0] = descendantsOf(outer.pid);
    expect(readFileSync(`/proc/${pid}/status`, 'latin1')).toMatch(/^NSpid:\s+\d+\s+1$/m);
    for (const rig of rigs) await pauseAndAsk(rig, [pid], () => outer.ask());
    await outer.stop();
  });
});

describe('a process that may not be held', () => {
  for (const [debugger_, args] of [
    ['strace', ['-f', '-qq', '-e', 'trace=none', '-o', '/dev/null', '-p']],
    ['gdb', ['-nx', '-q', '-ex', 'continue', '-p']],
  ] as const) {
    unlessMissing(debugger_, debugger_)(`because ${debugger_} traces it is refused, and left to it`, async () => {
      const program = await startProgram('cat', []);
      await program.ask();
      const tracer = await startProgram(debugger_, [...args, String(program.pid)]);
      await until('it is traced', () => tracerOf(program.pid) === tracer.pid);
      for (const rig of rigs) {
        const refused = inject(rig.client, { kind: 'process.pause', selector: { pid: program.pid } });
        await expect(refused).rejects.toThrow(new RegExp(`traced by process ${tracer.pid}`));
        expect(tracerOf(program.pid)).toBe(tracer.pid);
        await program.ask();
      }
      await program.stop();
      await tracer.stop();
    });
  }

  test('because it is a zombie is found by no plan, and refused by a holder', async () => {
    // It ends after its parent became a program that waits for nobody: the shell itself might still have.
    const parent = await startProgram('sh', ['-c', 'sleep 0.3 & echo ready $!; exec sleep 1000']);
    const pid = Number((await until('it says', () => parent.lines()[0])).replace('ready ', ''));
    await until('it is a zombie', () => /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1')));
    for (const rig of rigs) {
      const plan = await planFor(rig.client, { kind: 'process.pause', selector: { pid } });
      expect(plan.targets).toEqual([]);
      expect(plan.refusals?.map(({ reason }) => reason)).toEqual(['no-match']);
    }
    const agent = await startAgent();
    const held = agent.start({ kind: 'process.pause', targets: [identityOf(pid)] });
    await expect(held).rejects.toMatchObject({ reason: 'target-gone' });
    await agent.stop();
    await parent.stop();
  });
});

describe('a process that counts its signals', () => {
  const rounds = 1000;

  test(`loses none over ${rounds} rounds of being held and let go`, async () => {
    const agent = await startAgent(isRoot ? 'unprivileged' : 'as we are');
    const victim = await startStampingVictim({ threads: 4, intervalMs: 5 });
    // One holder that holds and lets go for ever.
    const parameters = { share: 50, period: 5 };
    const holder = await agent.start({
      kind: 'process.slow',
      parameters,
      targets: [victim.identity],
      endsInMs: 55_000,
    });
    await holder.report('touched');
    let sent = 0;
    for (let round = 0; round < rounds; round++) {
      await heldAndLetGo(victim);
      // At any instant of the round, while nobody waits for it.
      const atMs = bootMs() + Math.random() * parameters.period;
      while (bootMs() < atMs);
      victim.signal('SIGUSR1');
      sent += 1;
      // A signal that is still pending when it is sent again counts once (signal(7)).
      await until(`signal ${sent} is counted`, () => victim.signalsReceived() === sent, 2000);
    }
    holder.release();
    await holder.ended();
    await everyThreadStampedAfter(victim, process.hrtime.bigint());
    expect([sent, victim.signalsReceived()]).toEqual([rounds, rounds]);
    await Promise.all([victim.stop(), agent.stop()]);
  });

  /** By looks that follow each other as fast as they can. */
  async function heldAndLetGo({ identity }: StampingVictim): Promise<void> {
    for (const isHeld of [true, false]) {
      await until(`held: ${isHeld}`, () => {
        for (let look = 0; look < 1000; look++) if (host.isStopped(identity) === isHeld) return true;
        return false;
      });
    }
  }
});

function countsOf(answer: string): readonly number[] {
  return answer.split(' ').slice(1).map(Number);
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\s*(\d+)/m.exec(readFileSync(`/proc/${parsePid(pid)}/status`, 'latin1'))?.[1]);
}
