/** A run as people read it: events as they come, and what was seen at the end. */
import { formatDurationMs } from '../../proto/quantity.ts';
import type { LoadDocument } from '../client/programme-document.ts';
import {
  isUnresolved,
  type RunDocument,
  type RunEventDocument,
  type RunFaultDocument,
} from '../client/run-document.ts';
import { detectorVerdict, sparkline } from '../report/detector-verdict.ts';
import { loadCells, loadTitles } from '../report/load-table.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { printGates } from './plan-command.ts';
import type { Terminal } from './terminal.ts';
import { bad, doubtful, good, quiet, type Styled, strong, type Text } from './text.ts';
import { clockTime, timestamp } from './time-text.ts';

/** 5 goes before 4 before 1 before 8. A run that is not over has no verdict yet and exits with 0. */
export function runExitCode(run: RunDocument): ExitCode {
  if (run.phase === 'ended' && isUnresolved(run)) return exitCodes.unresolved;
  switch (run.result) {
    case 'unresolved':
      return exitCodes.unresolved;
    case 'aborted':
      return exitCodes.aborted;
    case 'refused':
      return exitCodes.refused;
    case 'deviated':
      return exitCodes.deviated;
    case 'unknown':
      return exitCodes.unknown;
    case 'held':
    case 'not-judged':
    case null:
      return exitCodes.done;
  }
}

export function printEvent(terminal: Terminal, event: RunEventDocument, withRun = false): void {
  const run = withRun ? `${event.runId}  ` : '';
  const host = event.host === '' ? '' : `${event.host}  `;
  terminal.line(quiet(clockTime(event.atUnixMs)), `  ${run}`, eventKind(event.kind), `  ${host}${event.text}`);
}

function eventKind(kind: string): Text {
  const padded = kind.padEnd(7);
  if (kind === 'abort' || kind === 'refused') return bad(padded);
  if (kind === 'advice') return doubtful(padded);
  return kind === 'receipt' ? good(padded) : padded;
}

export function printRun(terminal: Terminal, run: RunDocument): void {
  terminal.line(strong(run.experiment), `  ${run.runId}  ${run.stage}`);
  if (run.hypothesis) terminal.line(quiet('hypothesis  '), run.hypothesis);
  terminal.line(quiet('submitted   '), `${timestamp(run.submittedAtUnixMs)} by ${run.submittedBy}`);
  const lasted = run.endedAtUnixMs === null ? 0 : run.endedAtUnixMs - run.submittedAtUnixMs;
  if (run.endedAtUnixMs !== null) {
    terminal.line(quiet('ended       '), `${timestamp(run.endedAtUnixMs)} after ${formatDurationMs(lasted)}`);
  }
  terminal.line(quiet('scope       '), run.scopeDigest);
  if (run.result === 'refused' || run.phase === 'submitted') printGates(terminal, run.gates);
  printReceipts(terminal, run.faults);
  printLoads(terminal, run.loads);
  printProbes(terminal, run);
  printDecisions(terminal, run.events);
  if (run.queue) terminal.line(quiet('queue       '), `number ${run.queue.place}: ${run.queue.why}`);
  printDetectors(terminal, run);
  printVerdict(terminal, run);
}

export function printVerdict(terminal: Terminal, run: RunDocument): void {
  const cause = run.cause === '' ? '' : ` (${run.cause})`;
  terminal.line(run.phase === 'ended' ? resultText(run) : strong(run.phase), cause);
}

function resultText(run: RunDocument): Styled {
  if (isUnresolved(run)) return bad('UNRESOLVED: not every host has confirmed that it is restored');
  switch (run.result) {
    case 'held':
      return good('the hypothesis held');
    case 'deviated':
      return bad('the hypothesis deviated');
    case 'unknown':
      return doubtful('not known whether the hypothesis held');
    case 'aborted':
      return doubtful('aborted');
    case 'refused':
      return bad('refused');
    default:
      return strong('done; nothing in the file judges it');
  }
}

function printReceipts(terminal: Terminal, faults: readonly RunFaultDocument[]): void {
  if (faults.length === 0) return;
  terminal.line('');
  terminal.table(
    [
      { title: 'HOST' },
      { title: 'STEP', align: 'right' },
      { title: 'FAULT' },
      { title: 'PROCESS' },
      { title: 'AFTERWARDS' },
      { title: 'SEEN' },
    ],
    faults.flatMap(faultRows),
  );
  terminal.line('');
}

function faultRows(fault: RunFaultDocument): readonly (readonly Text[])[] {
  const start = [fault.host, String(fault.step), fault.kind];
  if (fault.error) return [[...start, '', bad('not injected'), fault.error]];
  const receipt = fault.receipt;
  if (receipt === null) return [[...start, pids(fault), doubtful(fault.phase || 'unknown'), fault.seen]];
  return receipt.targets.map((target) => {
    const isConfirmed = target.outcome !== 'still-held' && target.outcome !== 'unknown';
    const respawn = target.successor ? `; pid ${target.successor.pid} took its place` : '';
    const seen = `${target.seen}${respawn} (${receipt.cause}, ${receipt.restoredMs} ms)`;
    const process = target.identity ? String(target.identity.pid) : 'host';
    return [...start, process, isConfirmed ? good(target.outcome) : bad(target.outcome), seen];
  });
}

function pids(fault: RunFaultDocument): string {
  return fault.targets.map((target) => target.pid).join(' ');
}

function printLoads(terminal: Terminal, loads: readonly LoadDocument[]): void {
  if (loads.length === 0) return;
  for (const load of loads) terminal.line(quiet('load        '), `step ${load.step}: ${load.what}`);
  const isRight = (title: string): boolean => title !== 'Load' && title !== 'Took';
  terminal.table(
    loadTitles
      .filter((title) => title !== 'Load')
      .map((title) => ({ title: title.toUpperCase(), ...(isRight(title) ? { align: 'right' as const } : {}) })),
    loads.map((load) => loadCells(load).filter((_, index) => index !== 1)),
  );
  terminal.line('');
}

const decisionKinds = ['probe', 'abort'];

/** How it came to its end: each breach as it began and cleared, and what was made of it. */
function printDecisions(terminal: Terminal, events: readonly RunEventDocument[]): void {
  const decisions = events.filter(({ kind }) => decisionKinds.includes(kind));
  if (decisions.length === 0) return;
  terminal.line(quiet('decisions (UTC)'));
  for (const { atUnixMs, kind, text } of decisions) {
    // The cause of an abort has its own time in it.
    terminal.line('  ', kind === 'abort' ? bad(text) : `at ${timestamp(atUnixMs).slice(11, 19)} ${text}`);
  }
  terminal.line('');
}

function printProbes(terminal: Terminal, { probes }: RunDocument): void {
  if (probes.length === 0) return;
  const number = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(4))));
  terminal.table(
    [
      { title: 'PROBE' },
      { title: 'BASELINE', align: 'right' },
      { title: 'LOWEST', align: 'right' },
      { title: 'HIGHEST', align: 'right' },
      { title: 'AFTER', align: 'right' },
      { title: 'SAMPLES', align: 'right' },
    ],
    probes.map((probe) => [
      `${probe.probe}.${probe.value}`,
      number(probe.baseline),
      number(probe.duringMin),
      number(probe.duringMax),
      number(probe.after),
      String(probe.samples),
    ]),
  );
  terminal.line('');
}

function printDetectors(terminal: Terminal, { detectors }: RunDocument): void {
  if (detectors.length === 0) return;
  const styles = { good, doubtful, bad };
  for (const detector of detectors) {
    const { name, text, because, tone } = detectorVerdict(detector);
    terminal.line(strong(name), ` (${detector.mode})  `, styles[tone](text), `  ${sparkline(detector)}`);
    if (because !== '') terminal.line('  ', quiet(because));
  }
  terminal.line('');
}
