/** A run as Markdown, one line at a time. */
import { isUnresolved, type RunDocument } from '../client/run-document.ts';
import { dependencyTree } from '../report/dependency-tree.ts';
import { detectorVerdict, sparkline } from '../report/detector-verdict.ts';
import { loadCells, loadTitles } from '../report/load-table.ts';
import { scorecard } from '../report/scorecard.ts';
import { timestamp } from './time-text.ts';

export function markdownReport(run: RunDocument): readonly string[] {
  return [
    `# ${inline(run.experiment)}: ${isUnresolved(run) ? 'unresolved' : (run.result ?? run.phase)}`,
    '',
    ...(run.hypothesis ? [`> ${inline(run.hypothesis)}`, ''] : []),
    `- Run: \`${run.runId}\` in ${run.stage}`,
    `- Owner: ${inline(run.owner)}; submitted by ${inline(run.submittedBy)}`,
    `- Submitted: ${timestamp(run.submittedAtUnixMs)}`,
    `- Ended: ${run.endedAtUnixMs === null ? 'not yet' : timestamp(run.endedAtUnixMs)}`,
    `- Cause of the end: ${inline(run.cause || 'none yet')}`,
    `- Scope: \`${run.scopeDigest}\``,
    '',
    ...(run.startedBy ? [`- Started by: ${inline(run.startedBy)}`] : []),
    ...(run.facts.contentDigest ? [`- Content: \`${run.facts.contentDigest}\``] : []),
    ...(run.deviation ? [`- First deviation: ${inline(run.deviation)}`] : []),
    ...(run.unknown ? [`- First time that it could not be judged: ${inline(run.unknown)}`] : []),
    ...run.traceLinks.map((link) => `- Traces: ${inline(link)}`),
    '',
    '## What was planned',
    '',
    ...[
      ...run.facts.steps,
      ...run.facts.blastRadius,
      ...run.facts.rollback.map((step) => `rollback: ${step}`),
      ...run.facts.detectors.map((each) => `detector: ${each}`),
    ].map((text) => `- ${inline(text)}`),
    ...fenced(dependencyTree(run.facts)),
    '',
    '## What was seen on the hosts',
    '',
    ...table(
      ['Host', 'Step', 'Fault', 'Process', 'Afterwards', 'Seen'],
      run.faults.flatMap((fault) => {
        const start = [fault.host, String(fault.step), fault.kind];
        if (fault.error) return [[...start, '', 'not injected', fault.error]];
        if (!fault.receipt) return [[...start, '', fault.phase, fault.seen]];
        return fault.receipt.targets.map((target) => [
          ...start,
          target.identity ? String(target.identity.pid) : 'host',
          target.outcome,
          target.seen,
        ]);
      }),
    ),
    ...(run.loads.length > 0 ? ['## Load', '', ...table(loadTitles, run.loads.map(loadCells))] : []),
    ...(run.rollbacks.length > 0 ? ['## Rollback', '', ...rollbackTable(run)] : []),
    '## Did we learn?',
    '',
    ...table(
      ['Question', 'Answer', 'Because'],
      scorecard(run).map(({ question, isYes, because }) => [question, isYes ? 'yes' : 'no', because]),
    ),
    ...run.learnings.flatMap(({ findings, actions }) => [
      ...findings.map((text) => `- Finding: ${inline(text)}`),
      ...actions.map(({ text, owner }) => `- [ ] ${inline(text)} (${inline(owner || 'nobody yet')})`),
    ]),
    ...(run.learnings.length > 0 ? [''] : []),
    '## Probes',
    '',
    ...table(
      ['Probe', 'Baseline', 'Lowest', 'Highest', 'After', 'Samples'],
      run.probes.map((probe) => [
        `${probe.probe}.${probe.value}`,
        ...[probe.baseline, probe.duringMin, probe.duringMax, probe.after].map((value) => String(value ?? '–')),
        String(probe.samples),
      ]),
    ),
    ...(run.detectors.length > 0 ? ['## Detectors', '', ...detectorTable(run)] : []),
    '## Gates',
    '',
    ...table(
      ['Gate', 'Verdict', 'Why'],
      run.gates.map((gate) => [gate.gate, gate.passed ? 'passed' : 'refused', gate.message]),
    ),
    '## Events',
    '',
    ...run.events.map(
      (event) => `- ${timestamp(event.atUnixMs)} ${event.kind} ${inline(`${event.host} ${event.text}`.trim())}`,
    ),
  ];
}

/** The statistic as a line of blocks; its right end is where the threshold was reached, if it was. */
function detectorTable({ detectors }: RunDocument): readonly string[] {
  return table(
    ['Detector', 'Mode', 'Verdict', 'Evidence over time', 'Because'],
    detectors.map((detector) => {
      const { name, text, because } = detectorVerdict(detector);
      return [name, detector.mode, text, sparkline(detector), because];
    }),
  );
}

function rollbackTable({ rollbacks }: RunDocument): readonly string[] {
  return table(
    ['Host', 'Action', 'Outcome', 'Seen'],
    rollbacks.flatMap(({ host, actions, error }) => [
      ...actions.map(({ action, done, seen }) => [host, action, done ? 'done' : 'NOT done', seen]),
      ...(error ? [[host, '', 'not known', error]] : []),
    ]),
  );
}

function fenced(lines: readonly string[]): readonly string[] {
  return lines.length > 0 ? ['', '```', ...lines.map((line) => line.replaceAll('`', "'")), '```'] : [];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ['None.', ''];
  const line = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`;
  return [line(titles), `|${' --- |'.repeat(titles.length)}`, ...rows.map(line), ''];
}

/** Text from hosts and files is text, never markup. */
function inline(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>|#]/g, '\\$&');
}
