import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type CommandResult, type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { unless } from '../rig/requirement.ts';
import { type IntentRepository, makeKey, makeRepository, type SigningKey } from '../rig/signing.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const faketime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const itWithFaketime = unless(existsSync(faketime), 'the package libfaketime');

/** An answer for each path; 404 for any other. */
async function serveAnswers(answers: Map<string, () => unknown>): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = answers.get((request.url ?? '').split('?')[0] ?? '');
    request.resume().on('end', () => {
      response
        .writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer?.() ?? {}));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

describe('from staging to production, with real agents', () => {
  const name = workerName('p');
  const answers = new Map<string, () => unknown>();
  const ticket = { state: 'approved' };
  let opa: unknown = { result: { allow: true } };
  let server: Server;
  let directory: TestDirectory;
  let rig: FleetRig;
  let worker: Worker;
  let signer: SigningKey;
  let stranger: SigningKey;
  let repository: IntentRepository;
  const tls: Record<string, string> = {};
  /** Stands before the coordinator's command line: a clock of its own, or nothing. */
  const clock: string[] = [];

  const text = (stage: string, host: string, more = ''): string => `apiVersion: leash/v1
kind: Experiment
metadata: { name: paid, owner: test@example.com, tier: P3, labels: { service: paid } }
goal: A pause of a second does no harm
hypothesis: the service goes on answering
stage: ${stage}
ticket: CHG-42
targets: { hosts: { names: [${host}] }, processes: { name: ${name} } }
probes: { own: { http: { url: "http://127.0.0.1:${portOf(server)}/own" }, every: 500ms } }
preconditions: [ { probe: own } ]
steadyState: [ own.errorRatio <= 0.5 ]
baseline: 1s
recovery: 0s
method: [ { fault: process.pause, for: 1s } ]
abort: [ { when: not own.up } ]
rollback: []
runbook: https://wiki.example.com/paid
${more}`;

  beforeAll(async () => {
    directory = makeTestDirectory();
    answers.set('/own', () => ({}));
    answers.set('/api/CHG-42', () => ticket);
    answers.set('/v1/data/leash', () => opa);
    server = await serveAnswers(answers);
    signer = makeKey(directory.path, 'sam');
    stranger = makeKey(directory.path, 'eve');
    repository = makeRepository(directory.path, [['sam@example.com', signer]]);
    worker = await startWorker(name);
    rig = await startFleetRig({
      policies: ['development', 'staging', 'production-lite'].map((stage) => `stage: ${stage}\ninjectsPerMinute: 60\n`),
      programme: 'apiVersion: leash/v1\nkind: Programme\nonCall: { name: Sam }\n',
      config: `approvals: { production-lite: { approvers: 2, for: 1h } }
ticket: { stages: [production-lite], url: "http://127.0.0.1:${portOf(server)}/api/{ticket}", field: state, values: [approved] }
policy:
  opa: { url: "http://127.0.0.1:${portOf(server)}/v1/data/leash" }
  rules: [ { name: small-fleet, denyWhen: input.fleetSize > 10, because: the fleet has grown } ]
intents: { fleet: shop, folder: ${repository.folder}, allowedSigners: ${repository.allowedSigners}, stages: [production-full] }
`,
      serve: ['--listen', `127.0.0.1:${await freePortOf()}`],
      coordinatorOn: clock,
    });
    for (const who of ['runner-alice', 'approver-alice', 'approver-bob', 'approver-carol', 'viewer-dave'] as const) {
      const [role = '', person = ''] = who.split('-');
      tls[who] = await rig.issue(role as 'runner', person);
    }
  });
  afterAll(async () => {
    await worker?.end();
    await rig?.dispose();
    server?.close();
    directory?.remove();
  });

  let port = 0;
  async function freePortOf(): Promise<number> {
    const { freePort } = await import('../rig/free-port.ts');
    port = await freePort();
    return port;
  }
  const as = (who: string, ...args: readonly string[]): Promise<CommandResult> =>
    rig.leash(...args, '--coordinator', `127.0.0.1:${port}`, '--tls', tls[who] ?? '');
  const submit = async (file: string): Promise<string> => {
    const { code, output, errors } = await as('runner-alice', 'submit', file, '--json');
    if (code !== 0) throw new Error(errors);
    return JSON.parse(output).runId;
  };
  const resultOf = (runId: string): Promise<string> =>
    until(
      `${runId} has ended`,
      async () => {
        const { result, end } = (await rig.json('show', runId)).document;
        if (!result) return false;
        return result === 'held' ? result : `${result}: ${JSON.stringify(end)}`;
      },
      30_000,
    );

  it('tells who one is and what one may', async () => {
    const { output } = await as('viewer-dave', 'whoami');
    expect(output).toContain('spiffe://leash.test/viewer/dave');
    expect(output).toMatch(/role {5}viewer: every host; every stage; every fault \(the certificate\)/);
    expect((await as('viewer-dave', 'can', 'run')).code).toBe(7);
    expect((await as('viewer-dave', 'can', 'hosts')).code).toBe(0);
    expect((await as('runner-alice', 'can', 'run', '--host', 'host-a', '--fault', 'process.pause')).output).toBe(
      'yes\n',
    );
    expect((await as('runner-alice', 'can', 'approve')).output).toContain('may not Approve: approver may');
  });

  it('passes development and staging first', async () => {
    const development = rig.write('development.yaml', text('development', 'host-a'));
    expect((await rig.leash('drill', 'abort', development)).code).toBe(0);
    expect((await rig.leash('run', development, '--wait')).errors).toBe('');
    const staging = rig.write('staging.yaml', text('staging', 'host-b'));
    expect((await rig.leash('run', staging, '--wait')).errors).toBe('');
  });

  it('has four eyes: not the submitter, by whatever certificate; two others; and one that is started early still waits', async () => {
    const file = rig.write('production.yaml', text('production-lite', 'host-c'));
    expect((await rig.leash('why-not', file)).output).toMatch(/refused {2}approval\n {2}0 of 2 approvals of sha256:/);
    const runId = await submit(file);
    const own = await as('approver-alice', 'approve', runId);
    expect([own.code, own.errors]).toEqual([3, expect.stringContaining('somebody else must approve')]);
    expect((await as('runner-alice', 'approve', runId)).code).toBe(7);
    expect((await as('approver-bob', 'approve', runId)).output).toContain('1 of 2');
    expect((await as('approver-bob', 'approve', runId)).output).toContain('has said so already');
    const early = await as('runner-alice', 'start', runId);
    expect([early.code, early.errors]).toEqual([3, expect.stringContaining('1 of 2 approvals')]);
    expect((await as('approver-carol', 'approve', runId)).output).toContain('2 of 2');
    expect((await as('runner-alice', 'start', runId)).errors).toBe('');
    expect(await resultOf(runId)).toBe('held');
  });

  async function restart(...newClock: readonly string[]): Promise<void> {
    const former = rig.coordinator();
    const ended = once(former, 'exit');
    former.kill('SIGKILL');
    await ended;
    clock.splice(0, clock.length, ...newClock);
    await rig.startCoordinator();
  }

  it('keeps an approval over a SIGKILL of the coordinator, asks for the other one, and starts with both', async () => {
    const file = rig.write('killed.yaml', text('production-lite', 'host-c'));
    const runId = await submit(file);
    expect((await as('approver-bob', 'approve', runId)).output).toContain('1 of 2');
    await restart();
    expect((await as('approver-bob', 'approve', runId)).output).toContain('has said so already');
    expect((await as('runner-alice', 'start', runId)).errors).toContain('1 of 2 approvals');
    expect((await as('approver-carol', 'approve', runId)).output).toContain('2 of 2');
    await restart();
    expect((await as('runner-alice', 'start', runId)).errors).toBe('');
    expect(await resultOf(runId)).toBe('held');
  });

  itWithFaketime('does not take approvals that are older than their life', async () => {
    const file = rig.write('old.yaml', text('production-lite', 'host-c'));
    const runId = await submit(file);
    for (const who of ['approver-bob', 'approver-carol']) expect((await as(who, 'approve', runId)).code).toBe(0);
    // The wall clock only, as in the storm.
    const wallClockOnly = ['DONT_FAKE_MONOTONIC=1', 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
    await restart('env', `LD_PRELOAD=${faketime}`, 'FAKETIME=+61m', ...wallClockOnly);
    const late = await as('runner-alice', 'start', runId);
    expect([late.code, late.errors]).toEqual([3, expect.stringMatching(/0 of 2 approvals[\s\S]*it ran out at 20/)]);
    expect((await as('approver-bob', 'approve', runId)).output).toContain('1 of 2');
    await restart();
  });

  it('takes a worker that was restarted since for the same scope, and one character more for another', async () => {
    const file = rig.write('restarted.yaml', text('production-lite', 'host-c'));
    const runId = await submit(file);
    for (const who of ['approver-bob', 'approver-carol']) expect((await as(who, 'approve', runId)).code).toBe(0);
    await worker.end();
    worker = await startWorker(name);
    expect((await as('runner-alice', 'start', runId)).errors).toBe('');
    expect(await resultOf(runId)).toBe('held');
    const changed = rig.write('changed.yaml', text('production-lite', 'host-c').replace('for: 1s', 'for: 2s'));
    const other = await submit(changed);
    const { errors } = await as('runner-alice', 'start', other);
    expect(errors).toContain('0 of 2 approvals');
    expect(errors.match(/does not count: it is for the scope sha256:/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it('names five problems at once, each with what would have to change', async () => {
    ticket.state = 'draft';
    opa = { result: { allow: false, deny: ['nobody pauses anything on a Friday'] } };
    const file = rig.write('five.yaml', text('production-full', 'host-c').replace('for: 1s', 'for: 3s'));
    const { code, output } = await rig.leash('why-not', file);
    expect(code).toBe(3);
    for (const refusal of [
      /refused {2}stage\n {2}host-c is production-lite by its own policy/,
      /refused {2}promotion\n {2}0 passes of sha256:/,
      /refused {2}approval\n {2}0 of 2 approvals/,
      /refused {2}policy\n {2}OPA: nobody pauses anything on a Friday\n {2}→ /,
      /refused {2}signed-intent\n {2}no signed intent for sha256:\S+ in production-full\n {2}→ leash intent/,
    ]) {
      expect(output).toMatch(refusal);
    }
    const lite = rig.write('draft.yaml', text('production-lite', 'host-c'));
    expect((await rig.leash('why-not', lite)).output).toMatch(
      /refused {2}ticket\n {2}CHG-42: is draft, must be approved\n {2}→ /,
    );
    ticket.state = 'approved';
    opa = { result: { allow: true } };
  });

  it('refuses a start while OPA or the tickets answer with errors, and halts all the same', async () => {
    const file = rig.write('down.yaml', text('staging', 'host-b'));
    answers.delete('/v1/data/leash');
    answers.delete('/api/CHG-42');
    const down = await rig.leash('run', file);
    expect([down.code, down.errors]).toEqual([3, expect.stringContaining('policy: OPA answered 404, 200 needed')]);
    const ticketDown = await rig.leash('why-not', rig.write('no-ticket.yaml', text('production-lite', 'host-c')));
    expect(ticketDown.output).toContain('CHG-42: could not be checked: answered 404, 200 needed');
    const halted = await rig.json('halt', '--reason', 'a drill with OPA down');
    expect(halted.code).toBe(0);
    expect(halted.document.hosts.map((host: { latched: boolean }) => host.latched)).toEqual([true, true, true]);
    expect((await rig.leash('rearm')).code).toBe(0);
    answers.set('/v1/data/leash', () => opa);
    answers.set('/api/CHG-42', () => ticket);
  });

  describe('on a host whose policy pins a key', () => {
    let file: string;

    beforeAll(async () => {
      const policy = join(rig.hosts[2]?.agent.directory.path ?? '', 'config', 'policy.yaml');
      const pinned = `intents: { fleet: shop, keys: ["${signer.publicKey}"] }`;
      writeFileSync(policy, `stage: production-lite\ninjectsPerMinute: 60\n${pinned}\n`);
      file = rig.write('signed.yaml', text('production-lite', 'host-c'));
    });

    const approved = async (): Promise<string> => {
      const runId = await submit(file);
      for (const who of ['approver-bob', 'approver-carol']) expect((await as(who, 'approve', runId)).code).toBe(0);
      return runId;
    };
    const write = async (intent: string, ...more: readonly string[]): Promise<string> => {
      const { output, errors } = await rig.leash('intent', file, '--fleet', 'shop', ...more);
      if (output === '') throw new Error(errors);
      writeFileSync(repository.path(intent), output);
      return output;
    };
    const clear = (intent: string): void => {
      for (const path of [repository.path(intent), repository.path(`${intent}.sig`)]) rmSync(path, { force: true });
    };
    const hostRefusal = async (): Promise<string> => {
      const { output } = await rig.leash('why-not', file);
      return /refused {2}host-limits\n {2}host-c, step 1: (.*)/.exec(output)?.[1] ?? output;
    };

    it('nothing is injected by a coordinator with a valid certificate and no intent', async () => {
      const runId = await approved();
      const { code, errors } = await as('runner-alice', 'start', runId);
      expect([code, errors]).toEqual([
        3,
        expect.stringContaining(
          'production-lite on this host takes signed intents only, and none came with it (intent-missing)',
        ),
      ]);
      expect(worker.isRunning()).toBe(true);
    });

    it('nothing by one that a stranger signed, one for another fleet, or one past its date', async () => {
      await write('stranger.json');
      stranger.sign(repository.path('stranger.json'));
      repository.commit('A stranger signs', stranger);
      // The coordinator itself does not take it, and so sends none.
      expect(await hostRefusal()).toContain('(intent-missing)');
      clear('stranger.json');
      const other = (await write('fleet.json')).replace('"fleet": "shop"', '"fleet": "mail"');
      writeFileSync(repository.path('fleet.json'), other);
      signer.sign(repository.path('fleet.json'));
      repository.commit('For another fleet', signer);
      expect(await hostRefusal()).toContain('(intent-missing)');
      clear('fleet.json');
      await write('late.json', '--valid', '1h', '--from', '2020-01-01T00:00:00Z');
      signer.sign(repository.path('late.json'));
      repository.commit('Too late', signer);
      expect(await hostRefusal()).toContain('(intent-missing)');
      clear('late.json');
    });

    it('one run by a signed commit where its policy names the folder, without any detached signature', async () => {
      await write('commit.json');
      repository.commit('Allow it', signer);
      expect(await hostRefusal()).toContain('only a detached one counts here (intents.commitFolder)');
      const policy = join(rig.hosts[2]?.agent.directory.path ?? '', 'config', 'policy.yaml');
      const taking = `intents: { fleet: shop, keys: ["${signer.publicKey}"], commitFolder: "." }`;
      writeFileSync(policy, `stage: production-lite\ninjectsPerMinute: 60\n${taking}\n`);
      expect((await rig.leash('why-not', file)).output).not.toMatch(/refused {2}host-limits/);
      const runId = await approved();
      expect((await as('runner-alice', 'start', runId)).errors).toBe('');
      expect(await resultOf(runId)).toBe('held');
      expect(await hostRefusal()).toContain(`it is for 1 run, and ${runId} had it (intent-spent)`);
      clear('commit.json');
    });

    it('one run by one that is signed for one run, and no other; also not after the agent has started anew', async () => {
      await write('good.json', '--runs', '1');
      signer.sign(repository.path('good.json'));
      repository.commit('One run', signer);
      const runId = await approved();
      expect((await as('runner-alice', 'start', runId)).errors).toBe('');
      expect(await resultOf(runId)).toBe('held');
      expect(await hostRefusal()).toContain(`it is for 1 run, and ${runId} had it (intent-spent)`);
      const agent = rig.hosts[2]?.agent;
      const ended = once(agent?.process() as never, 'exit');
      agent?.process().kill('SIGTERM');
      await ended;
      await agent?.start();
      await until('the host is connected', async () => {
        const { document } = await rig.json('hosts');
        return document.hosts.every((host: { status: string }) => host.status === 'connected');
      });
      expect(await hostRefusal()).toContain(`it is for 1 run, and ${runId} had it (intent-spent)`);
      expect(readFileSync(join(agent?.directory.path ?? '', 'state', 'intents.json'), 'utf8')).toContain(runId);
    });
  });
});
