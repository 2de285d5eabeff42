import { describe, expect, it } from 'vitest';
import { contentDigest } from '../../../../coordinator/experiment/content-digest.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { changed, validFile } from './written.ts';

const digestOf = (text: string): string => contentDigest(loadExperiment('e.yaml', text));
const whole = digestOf(validFile);

describe('the content digest', () => {
  it.each([
    ['the stage', changed('stage: staging', 'stage: production-lite')],
    ['which hosts', changed('{ app: user-service }, mode: one', '{ app: shop, env: live }, mode: one')],
    ['where a probe goes', changed('127.0.0.1:8080', '10.0.0.9:9090')],
    ['a comment', changed('goal:', '# why\ngoal:')],
  ])('is the same after a change of %s: a parameter, or nothing that the file says', (_what, text) => {
    expect(digestOf(text)).toBe(whole);
  });

  it.each([
    ['a letter of the hypothesis', changed('p95 stays', 'p99 stays')],
    ['a letter of the goal', changed('in-flight work', 'in-flight Work')],
    ['the owner', changed('platform-team', 'platform-tean')],
    ['the name', changed('user-service-pause', 'user-service-paus')],
    ['a digit of a duration', changed('for: 2m', 'for: 3m')],
    ['how many hosts', changed('app: user-service }, mode: one', 'app: user-service }, mode: all')],
    ['a process selector', changed('name: user-worker, mode', 'name: user-workes, mode')],
    ['a digit of an abort rule', changed('> 0.2', '> 0.3')],
    ['a comparison of the steady state', changed('< 1.3', '<= 1.3')],
    ['the blast radius', changed('processesPerHost: 1', 'processesPerHost: 2')],
    ['the runbook', changed('runbooks/user', 'runbooks/User')],
  ])('is another one after a change of %s', (_what, text) => {
    expect(digestOf(text)).not.toBe(whole);
  });
});
