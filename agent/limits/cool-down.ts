/**
 * A while of quiet after each fault: on the host, and for the service that was hit. Which faults ended is known since the
 * start of the agent only, so that start counts as an end.
 */
import { formatDurationMs } from '../../proto/quantity.ts';
import { servicesOf } from '../core/service.ts';
import { type Limit, type LimitFacts, no } from './limit.ts';

export const coolDownLimit: Limit = {
  name: 'coolDown',
  summary: 'quiet after the end of a fault: on the host, and for the service that was hit',
  shown: ({ coolDown }) => `host ${formatDurationMs(coolDown.hostMs)}, target ${formatDurationMs(coolDown.targetMs)}`,
  refusals({ targets, nowBootMs }, { policy: { coolDown }, endings, startedAtBootMs }) {
    const services = servicesOf(targets);
    const waits: readonly Wait[] = [
      ...(coolDown.hostMs > 0
        ? [latest('coolDown.host', 'the last fault on this host', endings, coolDown.hostMs)]
        : []),
      ...(coolDown.targetMs > 0
        ? services.map((service) => {
            const own = endings.filter((ending) => ending.services.includes(service));
            return latest('coolDown.target', `the last fault of ${service}`, own, coolDown.targetMs);
          })
        : []),
    ];
    return waits.flatMap((wait) => refusal(wait, nowBootMs, startedAtBootMs));
  },
};

interface Wait {
  readonly limit: string;
  readonly after: string;
  readonly coolDownMs: number;
  /** Undefined where the agent saw none end. */
  readonly endedAtBootMs: number | undefined;
}

function latest(limit: string, after: string, endings: LimitFacts['endings'], coolDownMs: number): Wait {
  const instants = endings.map(({ atBootMs }) => atBootMs);
  return { limit, after, coolDownMs, endedAtBootMs: instants.length === 0 ? undefined : Math.max(...instants) };
}

function refusal({ limit, after, coolDownMs, endedAtBootMs }: Wait, nowBootMs: number, startedAtBootMs: number) {
  const agoMs = nowBootMs - (endedAtBootMs ?? startedAtBootMs);
  if (agoMs >= coolDownMs) return [];
  const ago = formatDurationMs(agoMs);
  const bound = formatDurationMs(coolDownMs);
  const what =
    endedAtBootMs === undefined
      ? `the agent started ${ago} ago, and what ended before is not known`
      : `${after} ended ${ago} ago`;
  return no(limit, 'cooling-down', `${what}, at least ${bound} demanded by ${limit}`, { value: ago, bound });
}
