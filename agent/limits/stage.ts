/** The stage of an experiment is the host's own, or nothing happens: a file for staging never runs in production. */
import { type Limit, no } from './limit.ts';

export const stageLimit: Limit = {
  name: 'stage',
  summary: 'the stage that an inject must name',
  shown: (policy) => policy.stage,
  refusals({ stage }, { policy }) {
    if (stage === policy.stage) return [];
    const message = `the inject is for stage ${stage}, and this host is in ${policy.stage}`;
    return no('stage', 'stage-mismatch', message, { value: stage, bound: policy.stage });
  },
};
