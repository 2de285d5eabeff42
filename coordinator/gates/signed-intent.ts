/** Somebody whose key is known has signed that just this scope may run, in this fleet and stage, at this time, so often. */
import { short } from '../core/approval.ts';
import type { Gate } from './gate.ts';

export const signedIntent: Gate = {
  name: 'signed-intent',
  when: 'start',
  async evaluate({ experiment, permits, scopeDigest }) {
    const { stage } = experiment;
    const rules = permits?.rules.intents;
    if (!permits || !rules) return { refusals: [], found: 'this coordinator reads no intents' };
    const isAsked = rules.stages.includes(stage);
    const { intent, problems } = await permits.findIntent(scopeDigest, stage);
    const remedies = [`leash intent FILE > NAME.json, sign it, and have it merged into ${rules.folder}`];
    if (intent) {
      const { document, signedBy, runsLeft } = intent;
      const found = `${intent.source} signed by ${signedBy}, until ${document.notAfter}, ${runsLeft} of ${document.runs} runs left`;
      return { refusals: [], found, remedies };
    }
    if (!isAsked) return { refusals: [], found: `not asked in ${stage}` };
    const none = problems.length === 0 ? [`no signed intent for ${short(scopeDigest)} in ${stage}`] : [];
    return { refusals: [...none, ...problems], found: '', remedies };
  },
};
