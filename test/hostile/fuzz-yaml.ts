/** Experiment files and host policies, put wrong by a seed: a parser may refuse them, and nothing else. */
import { PolicyError, parsePolicy } from '../../agent/store/policy-file.ts';
import { FileProblems } from '../../coordinator/experiment/file-problem.ts';
import { loadExperiment } from '../../coordinator/experiment/load-experiment.ts';
import { createRandom } from '../bench/random.ts';

const experiment = `apiVersion: leash/v1
kind: Experiment
metadata: { name: fuzz, owner: fuzz@example.com, labels: { app: shop } }
hypothesis: nothing happens
stage: development
blastRadius: { hosts: 1, processesPerHost: 2 }
targets:
  hosts: { labels: { app: shop }, mode: one }
  processes: { name: worker, exclude: { user: root }, mode: percent, percent: 50% }
probes:
  canary: { http: { url: "http://127.0.0.1:8080/health" }, every: 1s }
baseline: 10s
steadyState: [ canary.errorRatio <= 0.01 ]
method:
  - { fault: process.pause, for: 30s }
  - parallel: [ { fault: stress.cpu, percent: 50%, for: 10s } ]
abort:
  - { when: "canary.latencyP95Ms > 3 * baseline.canary.latencyP95Ms", for: 5s }
`;
const policy = `stage: staging
labels: { zone: a }
faults: { allow: [process.*, stress.cpu] }
durationMax: 5m
processesMax: 4
custom: [ { name: nap, executable: /usr/bin/sleep, args: ["*"] } ]
`;

const morsels: readonly string[] = [
  '&a ',
  '*a',
  '[',
  ']',
  '{',
  '}',
  '\n',
  '\t',
  '\0',
  '\uFEFF',
  '"\\ud800"',
  '!!binary ',
  '<<: *a',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '__proto__: 1\n',
  'constructor: { prototype: 1 }\n',
  'no',
  'yes',
  '0o17',
  '1_000',
  '.nan',
  '.inf',
  '-1',
  '1e400',
  '9007199254740993',
  '|\n  x',
  '>\n  x',
  '? ',
  '- ',
  ': ',
  '#',
  "'",
  '"',
  '`',
  '@',
  '%',
  '$HOME',
  '(a+)+$',
  '\u202e',
  '\u0085',
  '\u2028',
  '50%',
  '1s',
];

export interface YamlFuzzResult {
  readonly read: number;
  readonly accepted: number;
  readonly refused: number;
  readonly longestMs: number;
  /** The first few that were neither, with the text. */
  readonly wrong: readonly string[];
}

export function fuzzYaml(seed: number, isOver: (read: number) => boolean): YamlFuzzResult {
  const random = createRandom(seed);
  const wrong: string[] = [];
  let [read, accepted, refused, longestMs] = [0, 0, 0, 0];
  while (!isOver(read)) {
    const isPolicy = random() < 0.3;
    const text = spoiled(isPolicy ? policy : experiment, random);
    const startedAtMs = performance.now();
    try {
      if (isPolicy) parsePolicy(text, 'policy.yaml');
      else loadExperiment('fuzz.yaml', text);
      accepted += 1;
    } catch (error) {
      if (error instanceof FileProblems || error instanceof PolicyError) refused += 1;
      else if (wrong.length < 10)
        wrong.push(`${error instanceof Error ? error.stack : error}\n${JSON.stringify(text)}`);
    }
    longestMs = Math.max(longestMs, performance.now() - startedAtMs);
    read += 1;
  }
  return { read, accepted, refused, longestMs: Math.round(longestMs), wrong };
}

function spoiled(text: string, random: () => number): string {
  let result = text;
  const changes = 1 + Math.floor(random() * 4);
  for (let change = 0; change < changes; change += 1) {
    const at = Math.floor(random() * result.length);
    const end = Math.min(result.length, at + Math.floor(random() * 20));
    const morsel = morsels[Math.floor(random() * morsels.length)] ?? '';
    switch (Math.floor(random() * 4)) {
      case 0:
        result = result.slice(0, at) + morsel + result.slice(at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 2:
        result = result.slice(0, at) + morsel.repeat(1 + Math.floor(random() * 60)) + result.slice(end);
        break;
      default:
        result = result.slice(0, end) + result.slice(at, end) + result.slice(end);
    }
  }
  return result;
}
