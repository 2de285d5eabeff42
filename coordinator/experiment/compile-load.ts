/** A load step as written, to one with nothing left open. */
import type { LoadStep } from '../core/experiment.ts';
import type { Report } from './compile-targets.ts';
import type { WrittenLoadStep } from './load-schema.ts';
import type { Path } from './yaml-text.ts';

const connectionsDefault = 10;

export function compileLoad(
  { load, for: durationMs }: WrittenLoadStep,
  number: number,
  path: Path,
  { report, lineOf }: { readonly report: Report; readonly lineOf: (path: Path) => number },
): LoadStep {
  const { url, rate, replay, speed, connections } = load;
  if ((rate === undefined) === (replay === undefined)) report([...path, 'load'], 'must have one of rate and replay');
  if (speed !== undefined && replay === undefined) report([...path, 'load', 'speed'], 'goes with replay');
  return {
    kind: 'load',
    number,
    durationMs,
    url,
    traffic:
      replay === undefined
        ? { kind: 'steady', requestsPerSecond: rate ?? 0 }
        : { kind: 'replay', log: replay, speed: speed ?? 1 },
    connectionsMax: connections ?? connectionsDefault,
    line: lineOf(path),
  };
}
