import { describe, expect, it } from 'vitest';
import { markdownReport } from '../../../../coordinator/cli/markdown-report.ts';
import type { DetectorDocument } from '../../../../coordinator/client/programme-document.ts';
import { type RunDocument, runDocument } from '../../../../coordinator/client/run-document.ts';
import { dependencyTree } from '../../../../coordinator/report/dependency-tree.ts';
import { sparkline } from '../../../../coordinator/report/detector-verdict.ts';
import { htmlReport } from '../../../../coordinator/report/html-report.ts';
import { junitReport } from '../../../../coordinator/report/junit-report.ts';
import { scorecard } from '../../../../coordinator/report/scorecard.ts';
import { run as wire } from '../cli/worlds.ts';

const startedAtUnixMs = wire.submittedAtUnixMs;
const points = Array.from(
  { length: 11 },
  (_, index) => [startedAtUnixMs + index * 1000, index === 5 ? 900 : 12] as const,
);
const run: RunDocument = {
  ...runDocument(wire),
  series: [{ probe: 'canary', value: 'latencyMs', points }],
  events: [
    {
      runId: 'r-1',
      sequence: 1,
      atUnixMs: startedAtUnixMs + 4000,
      kind: 'inject',
      host: 'web-1',
      text: 'step 1: held',
    },
  ],
};
const hostile: RunDocument = {
  ...run,
  hypothesis: '</style><script>alert(1)</script>',
  cause: '"><img src=x>\u0000\u001b',
};

describe('the HTML report', () => {
  const html = htmlReport(run);

  it('has a plot of each metric, with what was normal, the fault window and the highest point', () => {
    expect(html.match(/<svg class="plot"/g)).toHaveLength(1);
    expect(html).toMatch(/<polyline class="series" points="(\d+(\.\d+)?,\d+(\.\d+)? ?){11}"/);
    expect(html).toContain('class="baseline"');
    expect(html).toMatch(/<rect class="window" x="182.8" width="\d+(\.\d+)?"/);
    expect(html).toMatch(/class="peak-text"[^>]*>900</);
  });

  it('needs nothing from elsewhere, and runs nothing', () => {
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=/);
  });

  it('says what text from hosts and files says, and is never changed by it', () => {
    const escaped = htmlReport(hostile);
    expect(escaped).not.toMatch(/<script|<img/);
    expect(escaped).toContain('&#60;script&#62;');
  });
});

describe('the JUnit report', () => {
  it('has the hypothesis, each gate and each receipt as a case', () => {
    const xml = junitReport(run);
    expect(xml).toContain('tests="3" failures="0" errors="0" skipped="0"');
    expect(xml).toContain('<testcase name="restored: web-1, step 1, process.pause"');
  });

  it('fails for a run whose hypothesis deviated, and errs for one that is unresolved', () => {
    expect(junitReport({ ...run, result: 'deviated', deviation: 'p95=31' })).toMatch(/<failure message="[^"]*p95=31/);
    expect(junitReport({ ...run, result: 'unresolved' })).toContain('errors="1"');
  });

  it('errs for a run of which it is not known whether the hypothesis held', () => {
    const xml = junitReport({ ...run, result: 'unknown', unknown: '"p95 < 31" cannot be judged' });
    expect(xml).toMatch(
      /errors="1"[\s\S]*<error message="Not known whether the hypothesis held; [^"]*cannot be judged/,
    );
    expect(htmlReport({ ...run, result: 'unknown', unknown: 'no data' })).toContain('could not be judged: no data');
  });

  it('stays well-formed whatever the texts hold', () => {
    const xml = junitReport({ ...hostile, result: 'aborted' });
    for (const bad of ['<img', '\u0000', '\u001b']) expect(xml).not.toContain(bad);
  });
});

describe('the detectors of a report', () => {
  const detector: DetectorDocument = {
    probe: 'canary',
    value: 'latencyMs',
    method: 'sequential',
    mode: 'abort',
    observations: 4,
    missing: 1,
    baselineObservations: 60,
    blind: '',
    alarm: { atUnixMs: startedAtUnixMs + 4000, observation: 4 },
    because: 'canary.latencyMs is 300; the odds are 120 to 1',
    threshold: 2,
    points: [1, 2, 3, 4].map((second) => [startedAtUnixMs + second * 1000, second / 2] as const),
    restarts: 0,
  };
  const detected: RunDocument = { ...run, detectors: [detector] };

  it('are drawn against the threshold at which they alarm, with their numbers', () => {
    const html = htmlReport(detected);
    expect(html.match(/<svg class="plot"/g)).toHaveLength(2);
    expect(html).toContain('<line class="threshold"');
    expect(html).toContain('abort · alarm: aborted the run');
    expect(html).toContain('the odds are 120 to 1; 1 of 4 observations had no value and counted as the worst');
  });

  it('are a row of the Markdown report, with a line of blocks for a plot', () => {
    const row = markdownReport(detected).find((line) => line.startsWith('| sequential on canary.latencyMs'));
    expect(row).toMatch(/^\| sequential on canary\.latencyMs \| abort \| alarm: aborted the run \| [▁-█]{4} \|/);
    expect(sparkline(detector)).toMatch(/█$/);
  });

  it('fail a pipeline only where they ended the run', () => {
    expect(junitReport(detected)).toMatch(/name="detector \(abort\): sequential on canary\.latencyMs".*\n?.*<failure/);
    const shadow = junitReport({ ...run, detectors: [{ ...detector, mode: 'shadow' }] });
    expect(shadow).toContain('failures="0" errors="0" skipped="1"');
    expect(junitReport({ ...run, detectors: [{ ...detector, alarm: null }] })).toContain(
      'failures="0" errors="0" skipped="0"',
    );
  });

  it('say that they were blind, and why', () => {
    const blind = { ...detector, alarm: null, points: [], blind: '3 observations of the baseline have a value' };
    expect(htmlReport({ ...run, detectors: [blind] })).toContain('3 observations of the baseline have a value');
  });

  it('are text, never markup', () => {
    expect(htmlReport({ ...run, detectors: [{ ...detector, because: '<img src=x>' }] })).not.toMatch(/<img/);
  });
});

describe('the scorecard', () => {
  const answers = (of: RunDocument) => Object.fromEntries(scorecard(of).map((row) => [row.question, row.isYes]));

  it('says no where nothing was written down, and yes where somebody did', () => {
    expect(answers(run)['Do we know something that we did not?']).toBe(false);
    const learning = {
      atUnixMs: 0,
      by: 'alice',
      findings: ['retries pile up'],
      actions: [{ text: 'cap', owner: 'bob' }],
    };
    const learned = answers({ ...run, learnings: [learning] });
    expect([learned['Do we know something that we did not?'], learned['Will something change?']]).toEqual([true, true]);
  });

  it('asks about the rollback only where one was to be run', () => {
    const facts = { ...run.facts, rollback: ['systemctl restart a.service'] };
    expect(answers({ ...run, facts })).not.toHaveProperty('Did the rollback work?');
    expect(answers({ ...run, facts, result: 'aborted' })['Did the rollback work?']).toBe(false);
  });
});

describe('the tree of what an experiment depends on', () => {
  it('follows each branch, and names what it has drawn already', () => {
    const dependencies = new Map([
      ['db', ['disk', 'shop']],
      ['cache', []],
    ]);
    expect(dependencyTree({ labels: { service: 'shop' }, dependsOn: ['db', 'cache'] }, dependencies)).toEqual([
      'shop, which depends on',
      '├─ db',
      '│  ├─ disk',
      '│  └─ shop (drawn above)',
      '└─ cache',
    ]);
  });
});
