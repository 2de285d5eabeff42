/** From the stage that the programme names on, a file must say all that an entry of the catalog says. */
import { stages } from '../../proto/stage.ts';
import { missingMetadata } from '../core/catalog-metadata.ts';
import type { Gate } from './gate.ts';

export const catalogMetadata: Gate = {
  name: 'catalog-metadata',
  when: 'start',
  evaluate({ experiment, programme }) {
    const { metadataFrom } = programme.rules;
    if (metadataFrom === undefined || stages.indexOf(experiment.stage) < stages.indexOf(metadataFrom)) {
      return { refusals: [], found: `not asked in ${experiment.stage}` };
    }
    const missing = missingMetadata(experiment);
    return {
      refusals: missing.map(({ key }) => `${key} is missing, and ${experiment.stage} needs it`),
      found: 'the file says all that a catalog entry needs',
      remedies: missing.map(({ key, remedy }) => `${key}: ${remedy}`),
    };
  },
};
