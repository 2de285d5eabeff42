import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultApprovals } from '../../../../coordinator/core/approval.ts';
import type { Permits } from '../../../../coordinator/engine/permits-port.ts';
import { createHttpApp } from '../../../../coordinator/http/http-app.ts';
import { addToken, readTokens } from '../../../../coordinator/http/tokens.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { createWorld, experiment, file, pause } from '../world.ts';

const down = (): Promise<never> => Promise.reject(new Error('down'));

/** Everything that says yes before a start is out of order. */
const everythingDown: Permits = {
  rules: { approvals: defaultApprovals },
  records: { addApproval: down, approvalsOf: down, takeIntent: down, intentRuns: down },
  personOf: (name) => name,
  checkTicket: down,
  policies: [{ name: 'OPA', ask: down }],
  intents: { find: down, commitProof: down },
  proofFor: async () => undefined,
};

describe('the emergency stop', () => {
  let directory: TestDirectory;

  beforeEach(() => {
    directory = makeTestDirectory();
  });
  afterEach(() => directory.remove());

  it('latches every host and lets go while the store takes nothing and policy, approvals and SSO are down', async () => {
    const world = await createWorld({ 'host-a': {}, 'host-b': {} }, { ports: { permits: everythingDown } });
    const tokens = join(directory.path, 'tokens.json');
    const secret = await addToken(tokens, { name: 'anyone', match: [], nowUnixMs: 1 });
    const app = createHttpApp({
      engine: world.engine,
      tokens: () => readTokens(tokens),
      halterOf: down,
      warn: () => {},
    });
    world.store.isBroken = true;
    const answering = app.request('/v1/halt', { method: 'POST', headers: { authorization: `Bearer ${secret}` } });
    let answer: Response | undefined;
    Promise.resolve(answering).then((given) => {
      answer = given;
    });
    await until(() => world.engine.latch().isHalted);
    await world.clock.until(() => answer !== undefined);
    expect(answer?.status).toBe(200);
    expect(await answer?.json()).toMatchObject({
      halted: true,
      hosts: [
        { host: 'host-a', latched: true },
        { host: 'host-b', latched: true },
      ],
    });
    expect(world.engine.latch()).toMatchObject({ isHalted: true, by: 'token anyone' });
  });

  it('is refused to nobody for what is down, while a start is refused for each of it', async () => {
    const world = await createWorld({ 'host-a': {} }, { ports: { permits: everythingDown } });
    world.files.set(file.name, experiment([[pause(1)]]));
    let verdicts: readonly { gate: string; passed: boolean; message: string }[] = [];
    world.engine.plan(file).then(({ gates }) => {
      verdicts = gates;
    });
    await world.clock.until(() => verdicts.length > 0);
    expect(verdicts.filter(({ passed }) => !passed).map(({ gate, message }) => `${gate}: ${message}`)).toEqual([
      'policy: could not be evaluated: down',
    ]);
  });
});

/** Files are read in real time, and what follows in that of the world. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('not within 5 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
