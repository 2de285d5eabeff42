/** A run as JUnit XML, for a pipeline: the hypothesis, each gate, and each receipt as a test case. */
import { isUnresolved, type RunDocument } from '../client/run-document.ts';
import { detectorVerdict } from './detector-verdict.ts';
import { html, type Markup, nothing } from './markup.ts';
import { verdictOf } from './verdict.ts';

interface Case {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'error' | 'skipped';
  readonly message: string;
}

export function junitReport(run: RunDocument): string {
  const cases = [
    hypothesisCase(run),
    ...run.gates.map(gateCase),
    ...run.faults.map(receiptCase),
    ...run.detectors.map(detectorCase),
  ];
  const count = (outcome: Case['outcome']): number => cases.filter((each) => each.outcome === outcome).length;
  const seconds = run.endedAtUnixMs === null ? 0 : (run.endedAtUnixMs - run.submittedAtUnixMs) / 1000;
  const timestamp = new Date(run.submittedAtUnixMs).toISOString().slice(0, 19);
  const document = html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="leash">
<testsuite name="${run.experiment}" id="${run.runId}" tests="${cases.length}" failures="${count('failed')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds}" timestamp="${timestamp}">
${cases.map((each, index) => caseMarkup(run, each, index === 0 ? seconds : 0))}</testsuite>
</testsuites>
`;
  return document.markup;
}

/** For what was refused before there was a run: a pipeline still finds a file, and in it why. */
export function junitRefusal(experiment: string, reasons: readonly string[]): string {
  const cases = reasons.map(
    (
      reason,
    ) => html`<testcase name="accepted" classname="${experiment}" time="0"><failure message="${reason}"/></testcase>
`,
  );
  return html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="leash">
<testsuite name="${experiment}" tests="${cases.length}" failures="${cases.length}" errors="0" skipped="0" time="0">
${cases}</testsuite>
</testsuites>
`.markup;
}

function hypothesisCase(run: RunDocument): Case {
  const name = run.hypothesis ? `hypothesis: ${run.hypothesis}` : 'hypothesis';
  const message = [verdictOf(run).text, run.deviation, run.unknown, run.cause].filter(Boolean).join('; ');
  if (isUnresolved(run)) return { name, outcome: 'error', message };
  switch (run.result) {
    case 'held':
      return { name, outcome: 'passed', message };
    case 'not-judged':
      return { name, outcome: 'skipped', message };
    // Not a "no" either, but a pipeline must not pass on it.
    case 'unknown':
      return { name, outcome: 'error', message };
    default:
      return { name, outcome: 'failed', message };
  }
}

function gateCase({ gate, passed, message }: RunDocument['gates'][number]): Case {
  return { name: `gate: ${gate}`, outcome: passed ? 'passed' : 'failed', message };
}

function receiptCase({ host, step, kind, receipt, error }: RunDocument['faults'][number]): Case {
  const name = `restored: ${host}, step ${step}, ${kind}`;
  if (receipt?.confirmed) return { name, outcome: 'passed', message: '' };
  return { name, outcome: receipt ? 'error' : 'failed', message: error || 'no receipt confirms it' };
}

/** Only what ended the run fails it: an advice, and an alarm in the shadow, are there to be read. */
function detectorCase(detector: RunDocument['detectors'][number]): Case {
  const { name, text, because, tone } = detectorVerdict(detector);
  const outcome = { good: 'passed', doubtful: 'skipped', bad: 'failed' } as const;
  return { name: `detector (${detector.mode}): ${name}`, outcome: outcome[tone], message: `${text}: ${because}` };
}

function caseMarkup(run: RunDocument, { name, outcome, message }: Case, seconds: number): Markup {
  const inner = {
    passed: nothing,
    failed: html`<failure message="${message}"/>`,
    error: html`<error message="${message}"/>`,
    skipped: html`<skipped message="${message}"/>`,
  }[outcome];
  return html`<testcase name="${name}" classname="${run.experiment}" time="${seconds}">${inner}</testcase>
`;
}
