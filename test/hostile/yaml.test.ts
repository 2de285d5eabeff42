/** Files that no person would write, for the two readers of YAML: experiments and the host's policy. */
import { describe, expect, it } from 'vitest';
import { PolicyError, parsePolicy } from '../../agent/store/policy-file.ts';
import { FileProblems } from '../../coordinator/experiment/file-problem.ts';
import { loadExperiment } from '../../coordinator/experiment/load-experiment.ts';
import { fuzzYaml } from './fuzz-yaml.ts';

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...'bcdefgh'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(', ')}]`),
].join('\n');

const hostile: readonly (readonly [string, string])[] = [
  ['an alias bomb', bomb],
  ['50,000 brackets', '['.repeat(50_000)],
  ['50,000 braces', '{a: '.repeat(50_000)],
  ['50,000 dashes', '- '.repeat(50_000)],
  ['a key given twice', 'stage: staging\nstage: development\n'],
  ['no for text', 'stage: no\n'],
  ['yes for text', 'stage: yes\n'],
  ['tabs for indentation', 'metadata:\n\tname: x\n'],
  ['a NUL', 'stage: "a\0b"\n'],
  ['a key of the prototype', '__proto__: { polluted: true }\nstage: x\n'],
  ['a constructor', 'constructor: { prototype: { polluted: true } }\n'],
  ['half a surrogate pair', 'stage: "\\ud800"\n'],
  ['an alias of itself', 'a: &a [*a]\n'],
  ['a tag of a language', 'stage: !!js/function "function () {}"\n'],
  ['a merge key', 'x: &x { stage: development }\n<<: *x\n'],
  ['two documents', 'stage: development\n---\nstage: staging\n'],
  ['one byte more than 256 KiB', `# ${'x'.repeat(256 * 1024 - 1)}`],
];

const sooner = (read: () => unknown): unknown => {
  const before = process.cpuUsage().user;
  try {
    return read();
  } finally {
    expect((process.cpuUsage().user - before) / 1000).toBeLessThan(1000);
  }
};

describe.each(hostile)('%s', (_name, text) => {
  it('is refused as an experiment, by its place', () => {
    expect(() => sooner(() => loadExperiment('hostile.yaml', text))).toThrow(FileProblems);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('is refused as a policy, by its place', () => {
    expect(() => sooner(() => parsePolicy(text, 'policy.yaml'))).toThrow(PolicyError);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('a byte order mark', () => {
  it('is read over in front of a policy', () => {
    expect(parsePolicy('\uFEFFstage: staging\n', 'policy.yaml').policy).toMatchObject({ stage: 'staging' });
  });
});

describe('files made of a seed', () => {
  it('are read or refused, and nothing else', () => {
    const { read, refused, wrong } = fuzzYaml(4, (count) => count >= 1500);
    expect(wrong).toEqual([]);
    expect(read).toBe(1500);
    expect(refused).toBeGreaterThan(500);
  }, 120_000);
});
