/** What an agent refuses, and leaves untouched: the promises about targets, limits and plans. */
import { parsePid } from '../../../proto/identity.ts';
import { refusalsOf } from '../../../proto/refusal-status.ts';
import { identify } from '../../host/process-identity.ts';
import { isServiceError } from '../unreachable.ts';
import type { Attempt, Bench } from './attempt.ts';
import type { Asked } from './second-agent.ts';

export const saysNo: readonly Attempt[] = [
  {
    promise: 'Exactly these processes',
    name: 'a pid with another start time is not touched',
    try(bench) {
      const { identity } = bench.victim;
      const target = { ...identity, startTimeTicks: identity.startTimeTicks + 1 };
      return refuses(bench, { kind: 'process.pause', target }, ['target-changed', 'target-gone']);
    },
  },
  {
    promise: 'Exactly these processes',
    name: 'a pid of an earlier boot is not touched',
    try(bench) {
      const target = { ...bench.victim.identity, bootId: '00000000-0000-4000-8000-000000000000' };
      return refuses(bench, { kind: 'process.pause', target }, ['target-changed', 'target-gone']);
    },
  },
  {
    promise: 'Never those',
    name: 'pid 1 is protected (a plan only)',
    async try({ agent }) {
      const first = identify(parsePid(1));
      if (!first) throw new Error('pid 1 is not there');
      const plan = await agent.plan({ kind: 'process.pause', target: first });
      const isRefused = (plan.refusals ?? []).some(({ reason }) => reason === 'target-protected');
      if (!isRefused) throw new Error('pid 1 would be a target');
      return undefined;
    },
  },
  {
    promise: 'Never those',
    name: 'the agent itself is protected',
    try(bench) {
      const itself = identify(parsePid(bench.agent.pid()));
      if (!itself) throw new Error('the second agent is not there');
      return refuses(bench, { kind: 'process.pause', target: itself }, ['target-protected']);
    },
  },
  {
    promise: 'The host has the last word',
    name: 'a lease longer than the policy allows',
    try: (bench) => refuses(bench, pauseOf(bench, { leaseTtlMs: 11_000 }), ['lease-too-long']),
  },
  {
    promise: 'What you saw is what you get',
    name: 'targets that differ from the plan',
    try: (bench) =>
      refuses(bench, pauseOf(bench, { targetsDigest: 'sha256:of-another-plan' }), ['targets-digest-mismatch']),
  },
];

function pauseOf({ victim }: Bench, changes: Partial<Asked>): Asked {
  return { kind: 'process.pause', target: victim.identity, ...changes };
}

/** @throws Error unless it is refused for one of these reasons, and the victim runs all the while. */
async function refuses({ agent, victim }: Bench, asked: Asked, reasons: readonly string[]): Promise<undefined> {
  const answer = await agent.inject(asked).catch((error: unknown) => error);
  if (victim.isHeld()) throw new Error('it was touched all the same');
  if (!isServiceError(answer)) throw new Error('the inject was accepted');
  const given = refusalsOf(answer).map(({ reason }) => reason);
  if (!given.some((reason) => reasons.includes(reason))) {
    throw new Error(`it was refused for another reason: ${given.join(', ') || answer.details}`);
  }
  return undefined;
}
