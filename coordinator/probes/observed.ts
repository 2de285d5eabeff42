/** Probes that look at hosts through their agents: every host is asked at once, and what they show counts together. */
import { z } from 'zod';
import type { leash } from '../../proto/codec.ts';
import type { HostSelector, Observed } from '../core/experiment.ts';
import type { ProbeSample } from '../core/probe-window.ts';
import { duration } from '../experiment/quantity-schema.ts';
import { type Asked, type ProbePlace, timed, type Verdict } from './probe-kind.ts';

/** Keys of every probe that looks at hosts. */
export const observedKeys = {
  on: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Names of hosts; unless said, every host that targets.hosts matches' }),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
  window: duration({ minimum: 1000, maximum: 3_600_000 }).optional(),
};

export function hostsOf(on: readonly string[] | undefined, { hosts }: ProbePlace): Observed['hosts'] {
  return on ? { labels: {}, names: on } : { labels: hosts.labels, names: hosts.names };
}

const hostsMax = 100;

/** @param judge of the answers of all hosts, in the order of the inventory; a host that does not answer fails the sample. */
export function sampleHosts(
  { hosts }: Observed,
  asked: Asked,
  requestFor: (host: string) => leash.v1.IObserveRequest,
  judge: (
    replies: readonly { readonly host: string; readonly reply: leash.v1.IObserveReply }[],
  ) => Verdict & Pick<ProbeSample, 'counts' | 'identities' | 'cursor'>,
): Promise<ProbeSample> {
  return timed(asked, async () => {
    const { surroundings, probe } = asked;
    const names = surroundings.hosts().filter((host) => isChosen(host, hosts));
    if (names.length === 0) throw new Error('no host of the inventory matches');
    if (names.length > hostsMax) throw new Error(`${names.length} hosts match, at most ${hostsMax} are looked at`);
    const replies = await Promise.all(
      names.map(async ({ name }) => {
        try {
          return { host: name, reply: await surroundings.observe(name, requestFor(name), probe.timeoutMs) };
        } catch (error) {
          throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
    return judge(replies);
  });
}

function isChosen(
  host: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  { names, labels }: Pick<HostSelector, 'labels' | 'names'>,
): boolean {
  const isNamed = names.length === 0 || names.includes(host.name);
  return isNamed && Object.entries(labels).every(([key, value]) => host.labels[key] === value);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
