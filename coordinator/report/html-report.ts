/** A run as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. */
import { formatDurationMs } from '../../proto/quantity.ts';
import type { RunDocument } from '../client/run-document.ts';
import { dependencyTree } from './dependency-tree.ts';
import { detectorVerdict } from './detector-verdict.ts';
import { faultWindows } from './fault-windows.ts';
import { loadCells, loadTitles } from './load-table.ts';
import { html, type Markup, nothing } from './markup.ts';
import { numberText, offsetText } from './number-text.ts';
import { scorecard } from './scorecard.ts';
import { reportStyle } from './style.ts';
import { type PlotRange, svgPlot } from './svg-plot.ts';
import { verdictOf } from './verdict.ts';

export function htmlReport(run: RunDocument): string {
  const { text, tone } = verdictOf(run);
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${run.experiment}: ${text}</title><style>${{ markup: reportStyle }}</style></head>
<body><main>
<p class="over">Leash experiment · ${run.stage} · run <code>${run.runId}</code></p>
<h1>${run.experiment}</h1>
<p><span class="verdict ${tone}">${text}</span></p>
${run.hypothesis ? html`<blockquote>${run.hypothesis}</blockquote>` : nothing}
${run.cause ? html`<p class="cause">${run.cause}</p>` : nothing}
${run.deviation ? html`<p class="bad">First deviation: ${run.deviation}</p>` : nothing}
${run.unknown ? html`<p class="doubtful">First time that it could not be judged: ${run.unknown}</p>` : nothing}
${summary(run)}
${metrics(run)}
${section('Detectors', detectors(run))}
${section('What was seen on the hosts', receipts(run))}
${section('Load', loads(run))}
${section('Rollback', rollbacks(run))}
${section('Did we learn?', score(run))}
${section('Findings and action items', learnings(run))}
${section('What was planned', planned(run))}
${section('Gates', gates(run))}
${section('Timeline', timeline(run))}
<footer>Times are UTC. Plots keep the lowest and the highest sample of each stretch of time.</footer>
</main></body></html>
`;
  return document.markup;
}

function section(title: string, content: Markup): Markup {
  return content === nothing ? nothing : html`<section><h2>${title}</h2>${content}</section>`;
}

function summary(run: RunDocument): Markup {
  const lastedMs = run.endedAtUnixMs === null ? null : run.endedAtUnixMs - run.submittedAtUnixMs;
  const rows: readonly (readonly [string, string])[] = [
    ['Goal', run.facts.goal],
    ['Owner', run.owner],
    ['Submitted by', run.submittedBy],
    ['Started by', run.startedBy || 'nobody yet'],
    ['Submitted', clock(run.submittedAtUnixMs)],
    ['Lasted', lastedMs === null ? 'not over' : formatDurationMs(lastedMs)],
    ['Tier', run.facts.tier],
    ['Runbook', run.facts.runbook],
    ['Scope', run.scopeDigest],
    ['Content', run.facts.contentDigest],
  ];
  const links = run.traceLinks.filter((link) => /^https?:\/\//.test(link));
  return html`<dl>${rows.filter(([, value]) => value !== '').map(([name, value]) => html`<div><dt>${name}</dt><dd>${value.startsWith('sha256:') ? html`<code>${value}</code>` : value}</dd></div>`)}${links.map((link) => html`<div><dt>Traces</dt><dd><a href="${link}">${link}</a></dd></div>`)}</dl>`;
}

function metrics(run: RunDocument): Markup {
  const windows = faultWindows(run);
  const times = run.series.flatMap(({ points }) => points.map(([at]) => at));
  if (times.length === 0) return nothing;
  const range: PlotRange = { fromUnixMs: smallest(times), toUnixMs: -smallest(times.map((at) => -at)) };
  const plots = run.series.map((series) => {
    const probe = run.probes.find((each) => each.probe === series.probe && each.value === series.value);
    const facts = [
      ['normal', probe?.baseline],
      ['worst', probe?.duringMax],
      ['after', probe?.after],
    ].flatMap(([name, value]) => (typeof value === 'number' ? [`${name} ${numberText(value)}`] : []));
    return html`<figure><figcaption>${series.probe}.${series.value}<span>${facts.join(' · ')}</span></figcaption>${svgPlot(series, probe?.baseline ?? null, windows, range)}</figure>`;
  });
  const legend = html`<p class="legend"><span><i class="key key-series"></i>measured</span><span><i class="key key-baseline"></i>normal (median of the baseline)</span><span><i class="key key-window"></i>a fault is in force</span></p>`;
  return section('Metrics', html`${legend}<div class="plots">${plots}</div>`);
}

function detectors(run: RunDocument): Markup {
  if (run.detectors.length === 0) return nothing;
  const windows = faultWindows(run);
  const times = run.detectors.flatMap(({ points }) => points.map(([at]) => at));
  const range: PlotRange = { fromUnixMs: smallest(times), toUnixMs: -smallest(times.map((at) => -at)) };
  const figures = run.detectors.map((detector) => {
    const { name, text, because, tone: verdictTone } = detectorVerdict(detector);
    const { probe, value, points, threshold } = detector;
    // The odds of the sequential test are drawn by their powers of ten: they are multiplied, not added.
    const drawn = detector.method === 'sequential' ? 'log10 of the odds' : 'the statistic';
    const plot =
      points.length > 0
        ? svgPlot({ probe, value: `${value}: ${drawn}`, points }, threshold, windows, range, 'threshold')
        : nothing;
    return html`<figure><figcaption>${name}<span class="${verdictTone}">${detector.mode} · ${text}</span></figcaption>${plot}<p>${because}</p></figure>`;
  });
  const legend = html`<p class="legend"><span><i class="key key-series"></i>evidence: the statistic of a detector, of sequential the log10 of its odds</span><span><i class="key key-threshold"></i>at which it alarms</span><span><i class="key key-window"></i>a fault is in force</span></p>`;
  return html`${legend}<div class="plots">${figures}</div>`;
}

function receipts(run: RunDocument): Markup {
  const rows = run.faults.flatMap((fault) => {
    const start = [fault.host, String(fault.step), fault.kind];
    if (fault.error) return [[...start, '', 'not injected', fault.error]];
    if (!fault.receipt) return [[...start, '', fault.phase, fault.seen]];
    const { cause, restoredMs } = fault.receipt;
    return fault.receipt.targets.map((target) => [
      ...start,
      target.identity ? String(target.identity.pid) : 'host',
      target.outcome,
      `${target.seen} (${cause}, ${restoredMs} ms)`,
    ]);
  });
  return table(['Host', 'Step', 'Fault', 'Process', 'Afterwards', 'Seen'], rows);
}

function loads(run: RunDocument): Markup {
  return table(loadTitles, run.loads.map(loadCells));
}

function rollbacks(run: RunDocument): Markup {
  const rows = run.rollbacks.flatMap(({ host, actions, error }) => [
    ...actions.map(({ action, done, seen, tookMs }) => [
      host,
      action,
      done ? 'done' : 'NOT done',
      `${seen}, ${tookMs} ms`,
    ]),
    ...(error ? [[host, '', 'not known', error]] : []),
  ]);
  return table(['Host', 'Action', 'Outcome', 'Seen'], rows);
}

function score(run: RunDocument): Markup {
  const rows = scorecard(run).map(
    ({ question, isYes, because }) =>
      html`<li><span class="mark ${isYes ? 'good' : 'doubtful'}">${isYes ? '✓' : '–'}</span><div>${question}<small>${because}</small></div></li>`,
  );
  return html`<ul class="score">${rows}</ul>`;
}

function learnings(run: RunDocument): Markup {
  const rows = run.learnings.flatMap(({ atUnixMs, by, findings, actions }) => [
    ...findings.map((text) => ['finding', text, by, clock(atUnixMs)]),
    ...actions.map(({ text, owner }) => ['action', text, owner || 'nobody yet', clock(atUnixMs)]),
  ]);
  return table(['Kind', 'What', 'Who', 'When'], rows);
}

function planned({ facts }: RunDocument): Markup {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['Steps', facts.steps],
    ['Blast radius', facts.blastRadius],
    ['Steady state', facts.steadyState],
    ['Aborts when', facts.abortRules],
    ['Detectors', facts.detectors],
    ['Rollback', facts.rollback],
  ];
  const tree = dependencyTree(facts);
  return html`<dl>${rows.filter(([, texts]) => texts.length > 0).map(([name, texts]) => html`<div><dt>${name}</dt><dd>${texts.map((text) => html`<p class="mono">${text}</p>`)}</dd></div>`)}${tree.length > 0 ? html`<div><dt>Depends on</dt><dd><pre>${tree.join('\n')}</pre></dd></div>` : nothing}</dl>`;
}

function gates({ gates: verdicts }: RunDocument): Markup {
  return table(
    ['Gate', 'Verdict', 'Why'],
    verdicts.map(({ gate, passed, message }) => [gate, passed ? 'passed' : 'refused', message]),
  );
}

function timeline({ events }: RunDocument): Markup {
  const [first] = events;
  if (!first) return nothing;
  const rows = events.map(
    ({ atUnixMs, kind, host, text }) =>
      html`<li><time title="${clock(atUnixMs)}">+${offsetText(atUnixMs - first.atUnixMs)}</time><span class="kind kind-${kind.replace(/[^a-z-]/g, '')}">${kind}</span><div>${host ? html`<b>${host}</b> ` : nothing}${text}</div></li>`,
  );
  return html`<p class="over">from ${clock(first.atUnixMs)}</p><ol class="timeline">${rows}</ol>`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): Markup {
  if (rows.length === 0) return nothing;
  return html`<div class="wide"><table><tr>${titles.map((title) => html`<th>${title}</th>`)}</tr>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td${tone(cell)}>${cell}</td>`)}</tr>`)}</table></div>`;
}

const tones: Readonly<Record<string, string>> = {
  passed: 'good',
  refused: 'bad',
  restored: 'good',
  done: 'good',
  'NOT done': 'bad',
  'still-held': 'bad',
  unknown: 'bad',
};

function tone(cell: string): Markup {
  const name = Object.hasOwn(tones, cell) ? tones[cell] : undefined;
  return name === undefined ? nothing : { markup: ` class="${name}"` };
}

function clock(unixMs: number): string {
  return new Date(unixMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
