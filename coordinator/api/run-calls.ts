/** Planning, submitting, starting, aborting and showing runs. */
import type { leash } from '../../proto/codec.ts';
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';
import { actionsMax } from '../../proto/rollback-action.ts';
import { isStage, stages } from '../../proto/stage.ts';
import type { Learning } from '../core/learning.ts';
import { queueForMaxMs } from '../core/queueing.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { ExperimentText } from '../engine/experiment-file.ts';
import type { CoordinatorDoor } from './call.ts';
import { promotionToWire, rehearsalToWire } from './programme-wire.ts';
import { planToWire, runToWire, viewToWire } from './wire.ts';

const fileBytesMax = 262_144;
const runsDefault = 50;
const runsMax = 1000;
const learningsMax = 20;

export function runHandlers(engine: Engine, { unary }: CoordinatorDoor) {
  return {
    planExperiment: unary<leash.v1.ExperimentFile, leash.v1.IExperimentPlan>(
      'planExperiment',
      async (request, _by, asker) => planToWire(await engine.plan(fileOf(request), asker)),
    ),
    submit: unary<leash.v1.SubmitRequest, leash.v1.IRun>('submit', async (request, by, asker) => {
      const digest = text(request.targetsDigest, 'targets_digest', { lengthMin: 0, lengthMax: 128 });
      const pinned = digest ? { pinnedDigest: digest } : {};
      return viewToWire(await engine.submit(fileOf(request.file), by, { ...pinned, asker }));
    }),
    submitDrill: unary<leash.v1.SubmitDrillRequest, leash.v1.IRun>('submitDrill', async (request, by, asker) =>
      viewToWire(await engine.submitDrill(fileOf(request.file), integerIn(request.rule, 'rule', 0, 1000), by, asker)),
    ),
    start: unary<leash.v1.StartRequest, leash.v1.IRun>('start', async (request, by, asker) => {
      const queueForMs = integerIn(request.queueMs ?? 0, 'queue_ms', 0, queueForMaxMs);
      return viewToWire(await engine.start(runIdOf(request.runId), by, { queueForMs, asker }));
    }),
    abort: unary<leash.v1.AbortRequest, leash.v1.IRun>('abort', async (request, by) =>
      viewToWire(await engine.abort(runIdOf(request.runId), reasonOf(request.reason), by)),
    ),
    listRuns: unary<leash.v1.ListRunsRequest, leash.v1.IListRunsReply>('listRuns', async (request) => {
      const asked = integerIn(request.runsMax, 'runs_max', 0, runsMax);
      return { runs: (await engine.runs(asked || runsDefault)).map((run) => runToWire(run)) };
    }),
    promote: unary<leash.v1.PromoteRequest, leash.v1.IPromoteReply>('promote', async (request, by) => {
      const to = text(request.stage, 'stage', { lengthMin: 1, lengthMax: 32 });
      if (!isStage(to)) throw new InvalidInput('stage', to, `must be one of ${stages.join(', ')}`);
      return promotionToWire(await engine.promote({ ...fileOf(request), to, by }));
    }),
    rehearse: unary<leash.v1.ExperimentFile, leash.v1.IRehearseReply>('rehearse', async (request, by, asker) =>
      rehearsalToWire(await engine.rehearse(fileOf(request), by, asker)),
    ),
    learn: unary<leash.v1.LearnRequest, leash.v1.IRun>('learn', async (request, by) =>
      viewToWire(await engine.learn(runIdOf(request.runId), { ...learningOf(request), by })),
    ),
    getRun: unary<leash.v1.GetRunRequest, leash.v1.IRun>('getRun', async (request) =>
      viewToWire(await engine.run(runIdOf(request.runId))),
    ),
  };
}

function learningOf({ findings, actions }: leash.v1.LearnRequest): Pick<Learning, 'findings' | 'actions'> {
  const count = findings.length + actions.length;
  if (count === 0 || count > learningsMax) {
    throw new InvalidInput('findings', count, `must be 1 to ${learningsMax} findings and actions`);
  }
  return {
    findings: findings.map((each, index) => text(each, `findings[${index}]`, { lengthMin: 1, lengthMax: 2000 })),
    actions: actions.map((each, index) => ({
      text: text(each.text, `actions[${index}].text`, { lengthMin: 1, lengthMax: 2000 }),
      owner: text(each.owner ?? '', `actions[${index}].owner`, { lengthMin: 0, lengthMax: 255 }),
    })),
  };
}

export function runIdOf(value: unknown): string {
  return text(value, 'run_id', { lengthMin: 1, lengthMax: 128 });
}

export function reasonOf(value: unknown): string {
  return text(value, 'reason', { lengthMin: 0, lengthMax: 1000 });
}

export function fileOf(file: leash.v1.IExperimentFile | null | undefined): ExperimentText {
  if (!file) throw new InvalidInput('file', undefined, 'must be an experiment file');
  const name = text(file.name || 'experiment.yaml', 'file.name', { lengthMin: 1, lengthMax: 1024 });
  const content = file.text ?? '';
  if (Buffer.byteLength(content) > fileBytesMax) {
    throw new InvalidInput('file.text', `${content.length} characters`, `must be at most ${fileBytesMax} bytes`);
  }
  const playbooks = (file.playbooks ?? []).map((each, index) => ({
    name: text(each.name || 'playbook.yaml', `playbooks[${index}].name`, { lengthMin: 1, lengthMax: 1024 }),
    text: each.text ?? '',
  }));
  const bytes = playbooks.reduce((sum, each) => sum + Buffer.byteLength(each.text), Buffer.byteLength(content));
  if (playbooks.length > actionsMax || bytes > fileBytesMax) {
    const found = `${playbooks.length} files, ${bytes} bytes in all`;
    throw new InvalidInput(
      'file.playbooks',
      found,
      `must be at most ${actionsMax} files, and ${fileBytesMax} bytes with the experiment`,
    );
  }
  return { name, text: content, playbooks };
}
