import { describe, expect, it } from 'vitest';
import { experimentText } from '../../../../coordinator/core/experiment-text.ts';
import { experimentJsonSchema } from '../../../../coordinator/experiment/experiment-schema.ts';
import { FileProblems } from '../../../../coordinator/experiment/file-problem.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { scopeDigest } from '../../../../coordinator/experiment/scope-digest.ts';
import { validFile } from './written.ts';

const withDetectors = (...detectors: readonly string[]): string =>
  `${validFile}detectors:\n${detectors.map((detector) => `  - ${detector}\n`).join('')}`;

function problemsOf(...detectors: readonly string[]): string {
  try {
    loadExperiment('e.yaml', withDetectors(...detectors));
    return '';
  } catch (error) {
    if (error instanceof FileProblems) return error.message;
    throw error;
  }
}

describe('the detectors of a file', () => {
  it('watch in the shadow unless said otherwise, with the settings that every figure is measured with', () => {
    const { detectors } = loadExperiment(
      'e.yaml',
      withDetectors(
        '{ probe: canary.latencyMs, method: sequential }',
        '{ probe: canary.up, method: cusum, worse: down, mode: abort, threshold: 12 }',
        '{ probe: canary.latencyMs, method: z-score, mode: advise, every: 2s }',
      ),
    );
    expect(detectors).toMatchObject([
      { probe: 'canary', value: 'latencyMs', mode: 'shadow', worse: 'up', everyMs: 1000 },
      { value: 'up', mode: 'abort', worse: 'down', settings: { method: 'cusum', threshold: 12, drift: 0.75 } },
      { mode: 'advise', everyMs: 2000, settings: { method: 'z-score', threshold: 3.5 } },
    ]);
    expect(detectors?.[0]?.settings).toEqual({ method: 'sequential', falseAborts: 0.01 });
  });

  it('observe a value that is computed over a window once in each window', () => {
    const text = withDetectors('{ probe: canary.latencyP95Ms, method: sequential, falseAborts: 5% }').replace(
      'baseline: 60s',
      'baseline: 5m',
    );
    expect(loadExperiment('e.yaml', text).detectors).toMatchObject([
      { everyMs: 10_000, settings: { falseAborts: 0.05 } },
    ]);
  });

  it('are refused where they could not see, with the way out', () => {
    expect(problemsOf('{ probe: canary.errorRatio, method: sequential }')).toMatch(
      /^e\.yaml:\d+:\d+: detectors\[0\]: needs 20 observations of the baseline, one every 10s: set "baseline: 3m20s"/,
    );
    expect(problemsOf('{ probe: canary.latencyMs, method: z-score, every: 100ms }')).toContain(
      'detectors[0].every: 100ms is more often than canary is asked, which is every 1s',
    );
  });

  it('are refused with line and column where they name what is not there', () => {
    expect(problemsOf('{ probe: canari.latencyMs, method: cusum }')).toMatch(/no probe is named "canari".*canary/);
    expect(problemsOf('{ probe: canary.latency, method: cusum }')).toMatch(
      /canary has no value "latency".*it has up, /,
    );
    expect(problemsOf('{ probe: canary, method: cusum }')).toContain('canary has more than one value; write such as');
    expect(problemsOf('{ probe: canary.up, method: magic }')).toMatch(/detectors\[0\]\.method/);
    expect(problemsOf('{ probe: canary.up, method: cusum, falseAborts: 1% }')).toContain(
      'falseAborts: goes with sequential, not cusum',
    );
    expect(problemsOf('{ probe: canary.up, method: sequential, drift: 1 }')).toContain('drift: goes with cusum');
    expect(problemsOf('{ probe: canary.up, method: cusum, mode: kill }')).toMatch(/detectors\[0\]\.mode/);
  });

  it('are refused where no run is long enough for an alarm', () => {
    expect(problemsOf('{ probe: canary.latencyMs, method: cusum, threshold: 1000 }')).toMatch(
      /detectors\[0\]: can never alarm: it takes \d+ observations, one every 1s, and the run has /,
    );
  });

  it('are told in a plan', () => {
    const experiment = loadExperiment(
      'e.yaml',
      withDetectors('{ probe: canary.latencyMs, method: sequential, mode: abort }'),
    );
    expect(experimentText(experiment).detectors[0]).toMatch(
      /^sequential on canary\.latencyMs every 1s: an alarm aborts the run, false aborts at most 1%; at the earliest after \d+ observations, over about 60 of the baseline$/,
    );
  });

  it('are part of what is approved, and change nothing where there are none', () => {
    const digest = (text: string) => scopeDigest(loadExperiment('e.yaml', text), ['a']);
    const detector = '{ probe: canary.latencyMs, method: sequential }';
    expect(digest(withDetectors(detector))).not.toBe(digest(validFile));
    expect(digest(withDetectors(detector))).toBe(digest(`\n${withDetectors(detector)}`));
  });

  it('are in the schema for editors', () => {
    expect(JSON.stringify(experimentJsonSchema())).toContain('"detectors"');
  });
});
