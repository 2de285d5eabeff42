/** Did we learn? Questions that every run can answer by itself, each with what the answer rests on. */
import { isUnresolved, type RunDocument } from '../client/run-document.ts';

export interface ScorecardRow {
  readonly question: string;
  readonly isYes: boolean;
  readonly because: string;
}

export function scorecard(run: RunDocument): readonly ScorecardRow[] {
  return [
    couldFail(run),
    wasWatched(run),
    normalWasKnown(run),
    wasJudged(run),
    couldBeStopped(run),
    isRestored(run),
    ...(run.facts.rollback.length > 0 && hasFailed(run) ? [wasRolledBack(run)] : []),
    somethingIsKnown(run),
    somethingChanges(run),
  ];
}

/** Everything but a run that went as it was meant to. */
function hasFailed({ result }: RunDocument): boolean {
  return result !== null && result !== 'held' && result !== 'not-judged' && result !== 'refused';
}

function couldFail({ hypothesis, facts }: RunDocument): ScorecardRow {
  const rules = facts.steadyState.length;
  const question = 'Could the hypothesis have failed?';
  if (hypothesis === '') return { question, isYes: false, because: 'the file states none' };
  return { question, isYes: rules > 0, because: `${counted(rules, 'rule')} of the steady state could break it` };
}

function wasWatched({ probes }: RunDocument): ScorecardRow {
  const samples = Math.max(0, ...probes.map((probe) => probe.samples));
  const names = new Set(probes.map((probe) => probe.probe));
  return {
    question: 'Was somebody looking?',
    isYes: samples > 0,
    because: `${counted(names.size, 'probe')}, up to ${samples} samples of each value`,
  };
}

function normalWasKnown({ probes }: RunDocument): ScorecardRow {
  const known = probes.filter((probe) => probe.baseline !== null).length;
  return {
    question: 'Was it known what is normal?',
    isYes: known > 0,
    because: `${known} of ${counted(probes.length, 'value')} have a baseline`,
  };
}

function wasJudged({ result, cause, deviation, unknown }: RunDocument): ScorecardRow {
  const isYes = result === 'held' || result === 'deviated';
  const because = result === 'held' ? 'it held to the end' : deviation || unknown || cause || 'it is not over';
  return { question: 'Was the hypothesis judged?', isYes, because };
}

function couldBeStopped({ facts, cause, detectors }: RunDocument): ScorecardRow {
  const rules = facts.abortRules.length;
  const watching = detectors.filter(({ mode, blind }) => mode === 'abort' && blind === '').length;
  const fired = cause.startsWith('abort-rule');
  const ended = rules + watching === 0 ? '' : fired ? ', and one of them ended it' : ', none of them had to';
  const others = watching > 0 ? ` and ${counted(watching, 'detector')}` : '';
  const because = `${counted(rules, 'abort rule')}${others}${ended}`;
  return { question: 'Would it have been stopped in time?', isYes: rules + watching > 0, because };
}

function isRestored(run: RunDocument): ScorecardRow {
  const confirmed = run.faults.filter((fault) => fault.receipt?.confirmed).length;
  const because = `${confirmed} of ${counted(run.faults.length, 'fault')} have a receipt that confirms it`;
  return { question: 'Is everything as it was, and was that seen?', isYes: !isUnresolved(run), because };
}

function wasRolledBack({ rollbacks }: RunDocument): ScorecardRow {
  const actions = rollbacks.flatMap((host) => host.actions);
  const done = actions.filter((action) => action.done).length;
  const isYes = rollbacks.length > 0 && done === actions.length && rollbacks.every((host) => host.error === '');
  return { question: 'Did the rollback work?', isYes, because: `${done} of ${counted(actions.length, 'action')} done` };
}

function somethingIsKnown({ learnings }: RunDocument): ScorecardRow {
  const findings = learnings.reduce((sum, learning) => sum + learning.findings.length, 0);
  const because =
    findings > 0 ? `${counted(findings, 'finding')} written down` : 'none is written down: leash learn RUN';
  return { question: 'Do we know something that we did not?', isYes: findings > 0, because };
}

function somethingChanges({ learnings }: RunDocument): ScorecardRow {
  const actions = learnings.flatMap((learning) => learning.actions);
  const owned = actions.filter((action) => action.owner !== '').length;
  const because = `${owned} of ${counted(actions.length, 'action item')} have an owner`;
  return { question: 'Will something change?', isYes: owned > 0, because };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
