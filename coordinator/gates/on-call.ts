/** Somebody is known who is called when it goes wrong. Where the programme does not say who, only production asks. */
import type { Gate } from './gate.ts';

export const onCall: Gate = {
  name: 'on-call',
  when: 'start',
  async evaluate({ experiment, programme }) {
    const { name, file } = programme.rules.onCall;
    const remedies = ['name them: onCall in the programme file, or the first line of the file that it names'];
    if (name !== undefined) return { refusals: [], found: name };
    if (file !== undefined) {
      const line = (await programme.firstLine(file))?.trim();
      return { refusals: line ? [] : [`nobody is on call: ${file} names no one`], found: line ?? '', remedies };
    }
    const isAsked = experiment.stage.startsWith('production');
    const refusals = isAsked ? [`${experiment.stage} needs somebody on call, and the programme names no one`] : [];
    return { refusals, found: `not asked in ${experiment.stage}`, remedies };
  },
};
