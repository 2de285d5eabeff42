/** One value over a run, as an inline SVG: its line, what it is to be compared with, and when a fault was in force. */
import type { SeriesDocument } from '../client/programme-document.ts';
import type { FaultWindow } from './fault-windows.ts';
import { html, type Markup, nothing } from './markup.ts';
import { numberText, offsetText } from './number-text.ts';

export interface PlotRange {
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

/** In the units of the drawing; a phone shows it at about 0.9 of them, so that the text stays legible. */
const width = 400;
const height = 190;
const frame = { left: 46, right: 12, top: 14, bottom: 28 };
const plotWidth = width - frame.left - frame.right;
const plotHeight = height - frame.top - frame.bottom;

export function svgPlot(
  { probe, value, points }: SeriesDocument,
  baseline: number | null,
  windows: readonly FaultWindow[],
  range: PlotRange,
  /** What the level line is: what was normal, or what must not be reached. */
  level: 'baseline' | 'threshold' = 'baseline',
): Markup {
  const top = niceCeiling(Math.max(...points.map(([, each]) => each), baseline ?? 0, 0));
  const bottom = Math.min(0, ...points.map(([, each]) => each));
  const lengthMs = Math.max(1, range.toUnixMs - range.fromUnixMs);
  const x = (unixMs: number): number => rounded(frame.left + ((unixMs - range.fromUnixMs) / lengthMs) * plotWidth);
  const y = (number: number): number =>
    rounded(frame.top + (1 - (number - bottom) / Math.max(top - bottom, Number.MIN_VALUE)) * plotHeight);
  const line = points.map(([at, each]) => `${x(at)},${y(each)}`).join(' ');
  const area =
    points.length > 0
      ? `${x(points[0]?.[0] ?? 0)},${y(bottom)} ${line} ${x(points.at(-1)?.[0] ?? 0)},${y(bottom)}`
      : '';
  const floor = frame.top + plotHeight;
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${`${probe}.${value} over the run`}">
${windows.map((window) => windowShape(window, x))}
${[bottom, (bottom + top) / 2, top].map((each) => html`<line class="grid" x1="${frame.left}" x2="${width - frame.right}" y1="${y(each)}" y2="${y(each)}"/><text class="tick" text-anchor="end" x="${frame.left - 7}" y="${y(each) + 4}">${numberText(each)}</text>`)}
${timeTicks(lengthMs).map((ms) => html`<text class="tick" text-anchor="middle" x="${x(range.fromUnixMs + ms)}" y="${floor + 19}">${offsetText(ms)}</text>`)}
${baseline === null ? nothing : html`<line class="${level}" x1="${frame.left}" x2="${width - frame.right}" y1="${y(baseline)}" y2="${y(baseline)}"/>`}
<polygon class="area" points="${area}"/><polyline class="series" points="${line}"/>
${peakMark(points, x, y)}
</svg>`;
}

function windowShape({ fromUnixMs, toUnixMs, label }: FaultWindow, x: (unixMs: number) => number): Markup {
  const from = Math.max(frame.left, x(fromUnixMs));
  // A kill is over in an instant, and must still be seen.
  const shown = Math.min(Math.max(x(toUnixMs) - from, 2), width - frame.right - from);
  if (shown <= 0) return nothing;
  return html`<rect class="window" x="${from}" width="${rounded(shown)}" y="${frame.top}" height="${plotHeight}"><title>${label}</title></rect>`;
}

/** The highest point, with its value: what people look for first. */
function peakMark(points: SeriesDocument['points'], x: (at: number) => number, y: (value: number) => number): Markup {
  const [first] = points;
  if (!first) return nothing;
  const [at, value] = points.reduce((best, each) => (each[1] > best[1] ? each : best), first);
  // A flat line has no highest point.
  if (points.every(([, each]) => each === value)) return nothing;
  const isRight = x(at) > width * 0.7;
  return html`<circle class="peak" cx="${x(at)}" cy="${y(value)}" r="3.5"/><text class="peak-text" text-anchor="${isRight ? 'end' : 'start'}" x="${x(at) + (isRight ? -8 : 8)}" y="${Math.max(y(value) + 4, frame.top + 6)}">${numberText(value)}</text>`;
}

/** 1, 2, 2.5 or 5 times a power of ten, at or above the value. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

function timeTicks(lengthMs: number): readonly number[] {
  const stepsMs = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600].map((each) => each * 1000);
  const stepMs = stepsMs.find((each) => lengthMs / each <= 5) ?? lengthMs / 4;
  return Array.from({ length: Math.floor(lengthMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
