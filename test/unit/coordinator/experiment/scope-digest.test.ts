import { expect, test } from 'vitest';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { scopeDigest } from '../../../../coordinator/experiment/scope-digest.ts';
import { changed, validFile } from './written.ts';

function digestOf(text: string, hosts: readonly string[] = ['web-1', 'web-2']): string {
  return scopeDigest(loadExperiment('e.yaml', text), hosts);
}

test('a scope digest is a SHA-256 and the same for the same scope', () => {
  expect(digestOf(validFile)).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(digestOf(validFile, ['web-2', 'web-1', 'web-1'])).toBe(digestOf(validFile));
});

test.each([
  ['prose', changed('hypothesis: p95', 'hypothesis: P95')],
  ['the owner', changed('platform-team@', 'other-team@')],
  ['labels of the file', changed('service: user-service', 'service: users')],
  ['comments and line breaks', `# a comment\n\n${validFile}`],
  ['another spelling of the same duration', changed('for: 2m', 'for: 120s')],
])('%s does not change what was approved', (_what, text) => {
  expect(digestOf(text)).toBe(digestOf(validFile));
});

test.each([
  ['the stage', changed('stage: staging', 'stage: development')],
  ['a selector', changed('user-worker,', 'other-worker,')],
  ['a count', changed('processesPerHost: 1', 'processesPerHost: 2')],
  ['a fault', changed('process.pause', 'process.slow')],
  ['a parameter', changed('grace: 10s', 'grace: 11s')],
  ['a duration', changed('for: 2m', 'for: 3m')],
  ['a rule', changed('> 0.2', '> 0.9')],
  ['a probe', changed('8080', '8081')],
])('%s changes it', (_what, text) => {
  expect(digestOf(text)).not.toBe(digestOf(validFile));
});

test('another host changes it', () => {
  expect(digestOf(validFile, ['web-1'])).not.toBe(digestOf(validFile));
});
