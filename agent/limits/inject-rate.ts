/** How often a host may be injected into. Renewals, restores and halts are not counted and never limited. */
import { counted, type Limit, no } from './limit.ts';

const minuteMs = 60_000;

export const injectRateLimit: Limit = {
  name: 'injectsPerMinute',
  summary: 'injects within any minute',
  shown: (policy) => String(policy.injectsPerMinute),
  refusals({ nowBootMs }, { policy, injectedAtBootMs }) {
    const recent = injectedAtBootMs.filter((at) => nowBootMs - at < minuteMs);
    const bound = policy.injectsPerMinute;
    if (recent.length + 1 <= bound) return [];
    const message = `${counted(recent.length, 'inject')} in the last minute, at most ${bound} allowed by injectsPerMinute`;
    return no('injectsPerMinute', 'rate-limited', message, { value: recent.length + 1, bound });
  },
};
