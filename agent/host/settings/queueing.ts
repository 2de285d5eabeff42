/**
 * The queueing discipline of an interface (tc(8), tc-netem(8)). Ours is known by its handle, whoever looks:
 *
 *   1ea5: prio ─┬─ band 1: what comes from the ports of the control path, as it is
 *               └─ band 3: everything else ── 1ea6: netem
 *
 * Only the queue that the kernel gives an interface by itself is replaced: it comes back when ours is taken away.
 */
import { isInterfaceName, netemText } from '../../core/netem.ts';
import type { HostPolicy } from '../../core/policy.ts';
import { mustRun, type RunProgram } from './program.ts';
import type { SettingKind } from './setting-kind.ts';
import { valueSetting } from './value-setting.ts';

const tc = '/usr/sbin/tc';
const mark = '1ea5:';
const below = '1ea6:';
const doneWithinMs = 3000;

export function queueing(run: RunProgram): SettingKind {
  return valueSetting({
    what: 'queueing',
    isByProgram: true,
    isName: isInterfaceName,
    isValue: (text) => text === 'default' || netemText.test(text),
    isOurs: (value) => value === mark,
    refusal: (of, policy) => interfaceRefusal(String(of), policy),
    async read(name) {
      const { code, output } = await run(tc, ['-json', 'qdisc', 'show', 'dev', name], doneWithinMs);
      return code === 0 ? queueIn(output) : undefined;
    },
    async write(name, value) {
      if (value === 'default') await mustRun(run, deleteWords(name), doneWithinMs);
      else await mustRun(run, [tc, '-batch', '-'], doneWithinMs, batchOf(name, value));
    },
    putBackWords: ({ of }) => deleteWords(String(of)),
  });
}

/** Queues with our mark, whoever left them there. @returns the interfaces that had one. */
export async function sweepQueues(run: RunProgram): Promise<readonly string[]> {
  const all = JSON.parse(await mustRun(run, [tc, '-json', 'qdisc', 'show'], doneWithinMs)) as readonly Queue[];
  const left = all.filter(({ root, handle, dev }) => root && handle === mark && isInterfaceName(dev ?? ''));
  for (const { dev = '' } of left) await mustRun(run, deleteWords(dev), doneWithinMs);
  return left.map(({ dev = '' }) => dev);
}

interface Queue {
  readonly kind: string;
  readonly handle: string;
  readonly root?: boolean;
  readonly dev?: string;
}

/** "default", our mark, or what somebody has put there: "htb 1:". */
export function queueIn(shown: string): string {
  const queues = JSON.parse(shown) as readonly Queue[];
  const root = queues.find((queue) => queue.root);
  if (root?.handle === mark) return mark;
  const own = queues.find(({ handle }) => handle !== '0:');
  return own ? `${own.kind} ${own.handle}` : 'default';
}

/** In this order: nothing is held up before the way back is kept free. */
export function batchOf(name: string, value: string): string {
  const [netem = '', ports = ''] = value.split(' spare ');
  const everywhere = Array.from({ length: 16 }, () => 2).join(' ');
  const filters = ports
    .split(',')
    .flatMap((port) => [
      `filter add dev ${name} parent ${mark} protocol ip prio 1 u32 match ip sport ${port} 0xffff flowid ${mark}1`,
      `filter add dev ${name} parent ${mark} protocol ipv6 prio 2 u32 match ip6 sport ${port} 0xffff flowid ${mark}1`,
    ]);
  return [
    `qdisc add dev ${name} root handle ${mark} prio bands 3 priomap ${everywhere}`,
    ...filters,
    `qdisc add dev ${name} parent ${mark}3 handle ${below} netem ${netem}`,
    '',
  ].join('\n');
}

function deleteWords(name: string): readonly string[] {
  return [tc, 'qdisc', 'del', 'dev', name, 'root', 'handle', mark];
}

function interfaceRefusal(name: string, { interfaces }: HostPolicy): string | undefined {
  if (interfaces.allow.includes(name)) return undefined;
  return `${name} is not among interfaces.allow of this host (${interfaces.allow.join(', ') || 'none'})`;
}
