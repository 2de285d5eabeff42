/** Approvals: giving one, and what waits for some. */
import type { leash } from '../../proto/codec.ts';
import { text } from '../../proto/invalid-input.ts';
import type { RunApprovals } from '../engine/approving.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { CoordinatorDoor } from './call.ts';
import { runIdOf } from './run-calls.ts';

export function approvalHandlers(engine: Engine, { unary }: CoordinatorDoor) {
  return {
    approve: unary<leash.v1.ApproveRequest, leash.v1.IListApprovalsReply>('approve', async (request, _by, asker) => {
      const scopeDigest = text(request.scopeDigest, 'scope_digest', { lengthMin: 0, lengthMax: 128 });
      const comment = text(request.comment, 'comment', { lengthMin: 0, lengthMax: 1000 });
      const pinned = scopeDigest ? { scopeDigest } : {};
      const approvals = await engine.approve(runIdOf(request.runId), { ...pinned, comment, asker });
      return { runs: [approvalsToWire(approvals)] };
    }),
    listApprovals: unary<leash.v1.ListApprovalsRequest, leash.v1.IListApprovalsReply>(
      'listApprovals',
      async (request) => ({
        runs: (await engine.approvals(request.runId ? runIdOf(request.runId) : undefined)).map(approvalsToWire),
      }),
    ),
  };
}

function approvalsToWire({ run, needed, people, approvals }: RunApprovals): leash.v1.IRunApprovals {
  const { runId, experiment, submittedBy, scopeDigest } = run.facts;
  return {
    runId,
    experiment: experiment.name,
    stage: experiment.stage,
    submittedBy,
    scopeDigest,
    needed,
    given: people.length,
    approvals: approvals.map(
      ({ by, person, atUnixMs, expiresAtUnixMs, scopeDigest: digest, comment, voidBecause }) => ({
        by,
        person,
        atUnixMs,
        expiresAtUnixMs,
        scopeDigest: digest,
        comment,
        voidBecause,
      }),
    ),
  };
}
