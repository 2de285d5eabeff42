/**
 * What was begun by which intent on this host: the nonce of an intent is remembered for as long as the intent holds and
 * a good while longer, so that none is used more often than it is for, also by an agent that starts anew.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../shared/durable-file.ts';
import { createTurns } from '../../shared/turns.ts';
import { claimProblem, type IntentClaim, type IntentUse } from '../core/intent.ts';

export interface IntentLedger {
  /** @throws Error where it cannot be read: what was used before is not known then. */
  usedBy(nonce: string): IntentUse;
  /** Durable when it resolves. @throws Error with why it cannot be had. */
  take(claim: IntentClaim): Promise<void>;
  /** The inject was refused after all. Best effort: one that stays taken is one that is not used. */
  giveBack(claim: IntentClaim): Promise<void>;
}

const fileName = 'intents.json';
/** After it has run out: a wall clock may be set back, and an intent must not come alive again by that. */
const keptMs = 400 * 24 * 3_600_000;
const intentsMax = 10_000;
const writeDeadlineMs = 2000;

const schema = z.strictObject({
  version: z.literal(1),
  intents: z.record(
    z.string(),
    z.strictObject({ notAfterUnixMs: z.number(), runs: z.record(z.string(), z.record(z.string(), z.string())) }),
  ),
});

type Intents = z.output<typeof schema>['intents'];

export async function openIntentLedger(stateDirectory: string, unixMs: () => number): Promise<IntentLedger> {
  const path = join(stateDirectory, fileName);
  const found = await readIntents(path);
  let intents: Intents = found instanceof Error ? {} : found;
  const takeTurn = createTurns(writeDeadlineMs);

  function requireReadable(): void {
    if (found instanceof Error) throw new Error(`which intents were used here cannot be read: ${found.message}`);
  }

  async function write(next: Intents): Promise<void> {
    await replaceFile(path, `${JSON.stringify({ version: 1, intents: next })}\n`);
    intents = next;
  }

  return {
    usedBy(nonce) {
      requireReadable();
      return intents[nonce]?.runs ?? {};
    },
    take: (claim) =>
      takeTurn('remembering the use of an intent', async () => {
        requireReadable();
        const used = intents[claim.nonce]?.runs ?? {};
        const problem = claimProblem(used, claim);
        if (problem !== '') throw new Error(problem);
        const kept = Object.fromEntries(
          Object.entries(intents).filter(([, { notAfterUnixMs }]) => notAfterUnixMs + keptMs > unixMs()),
        );
        const count = Object.keys(kept).length;
        if (count >= intentsMax && !kept[claim.nonce])
          throw new Error(`${count} intents are remembered, at most ${intentsMax}`);
        const runs = { ...used, [claim.runId]: { ...used[claim.runId], [String(claim.step)]: claim.key } };
        await write({ ...kept, [claim.nonce]: { notAfterUnixMs: claim.notAfterUnixMs, runs } });
      }),
    giveBack: ({ nonce, runId, step, key }) =>
      takeTurn('forgetting the use of an intent', async () => {
        const intent = intents[nonce];
        if (intent?.runs[runId]?.[String(step)] !== key) return;
        const { [String(step)]: _step, ...steps } = intent.runs[runId];
        const { [runId]: _run, ...others } = intent.runs;
        const runs = Object.keys(steps).length > 0 ? { ...others, [runId]: steps } : others;
        await write({ ...intents, [nonce]: { ...intent, runs } });
      }),
  };
}

async function readIntents(path: string): Promise<Intents | Error> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8'))).intents;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    return error instanceof Error ? error : new Error(String(error));
  }
}
