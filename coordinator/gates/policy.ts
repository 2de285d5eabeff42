/** The organisation's own rules, as code: built-in ones in CEL, and those of an OPA. One that does not answer has said no. */
import { policyDocument } from '../core/policy-document.ts';
import type { Gate } from './gate.ts';

export const policy: Gate = {
  name: 'policy',
  when: 'start',
  async evaluate(input) {
    const policies = input.permits?.policies ?? [];
    if (policies.length === 0) return { refusals: [], found: 'no policy is kept here' };
    const document = await policyDocument(input);
    const answers = await Promise.all(policies.map((each) => each.ask(document)));
    return {
      refusals: answers.flatMap(({ refusals }) => refusals),
      found: policies.map(({ name }) => `${name} allows it`).join(', '),
      remedies: ['change what the policy names, or have the policy changed where it is kept'],
    };
  },
};
