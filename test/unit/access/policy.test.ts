import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyDocument } from '../../../coordinator/core/policy-document.ts';
import { compileCelRule } from '../../../coordinator/permits/cel-rules.ts';
import { askOpa } from '../../../coordinator/permits/opa.ts';
import { checkTicket } from '../../../coordinator/permits/ticket-check.ts';
import { freePort } from '../../rig/free-port.ts';
import { findProgram, unless } from '../../rig/requirement.ts';
import { until } from '../../rig/until.ts';

const document: PolicyDocument = {
  format: 1,
  action: 'start',
  dryRun: false,
  runId: 'run-1',
  scopeDigest: 'sha256:0',
  asker: { name: 'spiffe://acme/runner/alice', person: 'alice@acme', groups: [], roles: ['runner'] },
  submittedBy: 'spiffe://acme/runner/alice',
  approvedBy: [],
  experiment: {
    name: 'paid',
    owner: 'a@example.com',
    labels: {},
    stage: 'production-lite',
    tier: 'P2',
    ticket: '',
    dependsOn: [],
    hasAbortRules: true,
    hasRollback: false,
  },
  hosts: [{ name: 'host-a', labels: { app: 'shop' }, stage: 'production-lite' }],
  steps: [
    {
      number: 1,
      fault: 'process.kill',
      parameters: {},
      durationMs: 1000,
      irreversible: true,
      hosts: ['host-a'],
      processes: 1,
    },
  ],
  fleetSize: 20,
  time: { unixMs: 1_800_000_000_000, weekday: 'Wednesday', hour: 10, date: '2027-01-15' },
};

/** `go install github.com/open-policy-agent/opa@v1.22.4`; where it is not on the path, LEASH_OPA says where. */
const opaPath = process.env.LEASH_OPA ?? findProgram('opa');

describe('the example policies in a real OPA', () => {
  let opa: ChildProcess | undefined;
  let url: string;

  beforeAll(async () => {
    if (!opaPath) return;
    const port = await freePort();
    const policy = new URL('../../../coordinator/policy/examples/leash.rego', import.meta.url).pathname;
    opa = spawn(opaPath, ['run', '--server', '--disable-telemetry', '--addr', `127.0.0.1:${port}`, policy], {
      stdio: 'ignore',
    });
    url = `http://127.0.0.1:${port}/v1/data/leash`;
    await until(
      'OPA answers',
      async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined))?.ok === true,
      60_000,
    );
  }, 90_000);
  afterAll(async () => {
    if (opa?.exitCode !== null || opa.signalCode !== null) return;
    const ended = once(opa, 'exit');
    opa.kill('SIGKILL');
    await ended;
  });
  const itWithOpa = unless(
    opaPath !== undefined,
    'OPA (go install github.com/open-policy-agent/opa@v1.22.4, or LEASH_OPA)',
  );
  const ask = (change: Partial<PolicyDocument>) => askOpa({ url }, { ...document, ...change });

  itWithOpa('allow what none of them denies', async () => {
    expect(await ask({})).toEqual({ refusals: [] });
  });

  itWithOpa('deny with every reason at once', async () => {
    const time = { ...document.time, weekday: 'Friday', hour: 20 };
    const experiment = { ...document.experiment, tier: 'P0', hasAbortRules: false };
    const hosts = [1, 2, 3].map((each) => ({ name: `host-${each}`, labels: {}, stage: 'production-lite' }));
    const { refusals } = await ask({ time, experiment, hosts });
    expect([...refusals].sort()).toEqual([
      'OPA: 3 hosts of 20, at most a tenth',
      'OPA: nothing runs in production on a Friday',
      'OPA: production is touched from 8 to 16, and it is 20 (UTC)',
      'OPA: step 1 cannot be undone, and it is aimed at tier P0',
      'OPA: step 1 cannot be undone, and there is no abort rule',
    ]);
  });

  itWithOpa('refuse where there is no such package', async () => {
    expect(await askOpa({ url: url.replace('leash', 'leesh') }, document)).toEqual({
      refusals: ['OPA has no such policy: it answered without a result'],
    });
  });
});

/** What a real server would not do: answers of every wrong kind, by a stand-in. */
async function answering(status: number, body: string | undefined): Promise<{ url: string; close(): void }> {
  const server = createServer((_request, response) => {
    // Undefined: it never answers.
    if (body !== undefined) response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/{ticket}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('what is not a clear yes is a no', () => {
  it.each<[number, string | undefined, string]>([
    [200, undefined, 'no answer within 1000 ms'],
    [500, '{}', 'answered 500'],
    [302, '{}', 'answered 302'],
    [200, 'not JSON', 'without a result'],
    [200, '{"result": {}}', 'gives no reason'],
    [200, '{"result": {"allow": "true"}}', 'gives no reason'],
    [200, '{"result": {"allow": true, "deny": "x"}}', 'deny is not a list'],
    [200, '{"result": {"allow": true, "deny": ["no"]}}', 'OPA: no'],
    [200, `{"result": {"allow": true}, "x": "${'y'.repeat(300_000)}"}`, 'over 262144 bytes'],
  ])('of OPA: %s %s', async (status, body, message) => {
    const server = await answering(status, body);
    const { refusals } = await askOpa({ url: server.url }, document);
    expect(refusals.join()).toContain(message);
    server.close();
  });

  it.each<[number, string | undefined, string]>([
    [200, undefined, 'no answer within 2000 ms'],
    [404, '{}', 'answered 404'],
    [200, '{"state": "draft"}', 'is draft, must be approved'],
    [200, '{"status": "approved"}', 'has no state'],
    [200, '{"state": ["approved"]}', 'has no state'],
  ])('of a ticket: %s %s', async (status, body, message) => {
    const server = await answering(status, body);
    const answer = await checkTicket({ url: server.url, field: 'state', values: ['approved'], stages: [] }, 'CHG-1');
    expect([answer.isGood, answer.detail]).toEqual([false, expect.stringContaining(message)]);
    server.close();
  });

  it('of a rule in CEL: what fails, and what is neither true nor false', () => {
    const ask = (denyWhen: string) =>
      compileCelRule({ name: 'rule', denyWhen, because: 'so it is' }).ask(document).refusals;
    expect(ask('input.fleetSize > 10')).toEqual(['rule: so it is']);
    expect(ask('input.fleetSize > 20 || input.experiment.tier == "P0"')).toEqual([]);
    expect(ask('input.steps.exists(s, s.irreversible) && size(input.hosts) == 1')).toEqual(['rule: so it is']);
    expect(ask('input.nothing.there == 1')[0]).toContain('rule: could not be evaluated');
    expect(ask('input.experiment.name')[0]).toContain('must be true or false');
    expect(() => ask('inputs.fleetSize > 1')).toThrow();
    expect(() => ask('input.experiment.name.matches("(a+)+b")')).toThrow('matches() is not to be had');
    expect(() => ask('1 + 1')).toThrow('must be true or false');
  });
});
