/** The detectors of a file: which value each watches, how often, and with which settings. */
import { suggestion } from '../../proto/near-miss.ts';
import { formatDurationMs } from '../../proto/quantity.ts';
import { alarmsAfter, type DetectorSettings, detectorDefaults, detectorKinds } from '../core/detectors/index.ts';
import type { Detector, Probe } from '../core/experiment.ts';
import { isOverWindow, mainFieldOf, probeFields } from '../probes/kinds.ts';
import type { RulesContext } from './compile-rules.ts';
import type { WrittenDetector } from './experiment-schema.ts';
import type { Path } from './yaml-text.ts';

export function compileDetectors(written: readonly WrittenDetector[], context: RulesContext): readonly Detector[] {
  return written.flatMap((detector, index): readonly Detector[] => {
    const path: Path = ['detectors', index];
    const settings = settingsOf(detector, path, context);
    const watched = watchedValue(detector.probe, [...path, 'probe'], context);
    if (!watched) return [];
    const { probe, value } = watched;
    const everyMs = detector.every ?? spacingMs(probe, value);
    if (everyMs < probe.everyMs) {
      const [asked, there] = [formatDurationMs(everyMs), formatDurationMs(probe.everyMs)];
      context.report([...path, 'every'], `${asked} is more often than ${probe.name} is asked, which is every ${there}`);
    }
    checkLengths(settings, everyMs, path, context);
    const { mode = 'shadow', worse = 'up' } = detector;
    return [{ probe: probe.name, value, settings, mode, worse, everyMs, line: context.lineOf(path) }];
  });
}

/** Of Prometheus nothing is known but that it rarely scrapes more often than this: the same scrape twice says nothing new. */
const prometheusSpacingMs = 1000;

/** Two windows that overlap share samples, and what they show is then no two observations. */
function spacingMs({ everyMs, source }: Probe, value: string): number {
  if (source.kind === 'prometheus') return Math.max(everyMs, prometheusSpacingMs);
  return isOverWindow(value) ? Math.max(everyMs, source.windowMs) : everyMs;
}

function settingsOf(
  { method, falseAborts, threshold, drift }: WrittenDetector,
  path: Path,
  { report }: RulesContext,
): DetectorSettings {
  const foreign = (key: 'falseAborts' | 'threshold' | 'drift', methods: string): void =>
    report([...path, key], `goes with ${methods}, not ${method}`, 'key');
  if (falseAborts !== undefined && method !== 'sequential') foreign('falseAborts', 'sequential');
  if (threshold !== undefined && method === 'sequential') foreign('threshold', 'z-score and cusum');
  if (drift !== undefined && method !== 'cusum') foreign('drift', 'cusum');
  const defaults = detectorDefaults;
  switch (method) {
    case 'z-score':
      return { method, threshold: threshold ?? defaults[method].threshold };
    case 'cusum':
      return { method, threshold: threshold ?? defaults[method].threshold, drift: drift ?? defaults[method].drift };
    case 'sequential':
      return { method, falseAborts: falseAborts === undefined ? defaults[method].falseAborts : falseAborts / 100 };
  }
}

function watchedValue(
  text: string,
  path: Path,
  { probes, report }: RulesContext,
): { readonly probe: Probe; readonly value: string } | undefined {
  const [name = '', field, ...more] = text.split('.');
  const probe = probes.find((each) => each.name === name);
  if (!probe) {
    const known = probes.map((each) => each.name);
    report(path, `no probe is named "${name}"${suggestion(name, known)}`);
    return undefined;
  }
  const fields = Object.keys(probeFields(probe.source.kind));
  const value = field ?? mainFieldOf(probe.source.kind);
  if (value === undefined) {
    report(path, `${name} has more than one value; write such as ${name}.${fields[1] ?? fields[0]}`);
    return undefined;
  }
  if (!fields.includes(value) || more.length > 0) {
    const rest = [field, ...more].join('.');
    report(path, `${name} has no value "${rest}"${suggestion(rest, fields)}; it has ${fields.join(', ')}`);
    return undefined;
  }
  return { probe, value };
}

/** What can never alarm is refused, as with rules. */
function checkLengths(
  settings: DetectorSettings,
  everyMs: number,
  path: Path,
  { baselineMs, methodMs, report }: RulesContext,
): void {
  const { baselineMin } = detectorKinds[settings.method];
  const count = Math.floor(baselineMs / everyMs);
  const every = formatDurationMs(everyMs);
  if (count < baselineMin) {
    const need = formatDurationMs(baselineMin * everyMs);
    report(path, `needs ${baselineMin} observations of the baseline, one every ${every}: set "baseline: ${need}"`);
    return;
  }
  const needed = alarmsAfter(settings, count);
  if (needed * everyMs > methodMs) {
    const there = formatDurationMs(methodMs);
    report(path, `can never alarm: it takes ${needed} observations, one every ${every}, and the run has ${there}`);
  }
}
