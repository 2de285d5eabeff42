/** The programs that `custom.run` may run, and what their arguments may look like. */
import { hasShape } from '../../shared/argument-shape.ts';
import { type Limit, no } from './limit.ts';

export const programAllowedLimit: Limit = {
  name: 'custom',
  summary: 'the programs of its own that this host runs as a fault',
  shown: (policy) => policy.custom.map(({ name }) => name).join(', ') || 'none',
  refusals({ magnitude: { program } }, { policy }) {
    if (!program) return [];
    const listed = policy.custom.find(({ name }) => name === program.name);
    if (!listed) {
      const bound = policy.custom.map(({ name }) => name).join(', ') || 'none';
      const message = `${program.name} is not among the programs of custom (${bound})`;
      return no('custom', 'fault-not-allowed', message, { value: program.name, bound });
    }
    return program.args
      .filter((argument) => !listed.args.some((shape) => hasShape(argument, shape)))
      .flatMap((value) => {
        const bound = listed.args.join(' ') || 'none';
        const message = `the argument ${JSON.stringify(value)} is like none that custom allows ${program.name} (${bound})`;
        return no('custom', 'fault-not-allowed', message, { value, bound });
      });
  },
};
