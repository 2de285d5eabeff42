/** The hard end of a fault, which no renewal moves. */
import { formatDurationMs } from '../../proto/quantity.ts';
import { type Limit, no } from './limit.ts';

export const durationLimit: Limit = {
  name: 'durationMax',
  summary: 'how long a fault may last, however often its lease is renewed',
  shown: (policy) =>
    `${formatDurationMs(policy.durationMaxMs)}; ${formatDurationMs(policy.durationDefaultMs)} where none is asked`,
  refusals({ durationMs }, { policy }) {
    // 0 never means "without end".
    if (durationMs > 0 && durationMs <= policy.durationMaxMs) return [];
    const value = formatDurationMs(durationMs);
    const bound = formatDurationMs(policy.durationMaxMs);
    const message = `${value} long, above 0 and at most ${bound} allowed by durationMax`;
    return no('durationMax', 'duration-too-long', message, { value, bound });
  },
};
