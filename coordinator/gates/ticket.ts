/** The change is on record where the organisation keeps such records, and is approved there. */
import type { Gate } from './gate.ts';

export const ticket: Gate = {
  name: 'ticket',
  when: 'start',
  async evaluate({ experiment, permits }) {
    const { stage } = experiment;
    const rules = permits?.rules.ticket;
    if (!permits || !rules?.stages.includes(stage)) return { refusals: [], found: `not asked in ${stage}` };
    const remedies = [`name one that is ${rules.values.join(' or ')}: ticket: ID in the experiment file`];
    if (experiment.ticket === undefined) {
      return { refusals: [`${stage} needs a ticket, and the file names none`], found: '', remedies };
    }
    const { isGood, detail } = await permits.checkTicket(experiment.ticket);
    return {
      refusals: isGood ? [] : [`${experiment.ticket}: ${detail}`],
      found: `${experiment.ticket}: ${detail}`,
      remedies,
    };
  },
};
