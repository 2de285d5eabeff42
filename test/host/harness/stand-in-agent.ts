/**
 * Stands in for the agent: starts holders through the real port as it is told on stdin, and repeats on stdout what they
 * report. It can be killed, which the test runner cannot.
 */
import type { Holder } from '../../../agent/engine/holder-port.ts';
import type { HolderReport, HoldOrder } from '../../../agent/holders/hold-order.ts';
import { createLineReader } from '../../../agent/holders/line-reader.ts';
import { createHolderPort } from '../../../agent/host/holder-process.ts';
import type { ProcessIdentity } from '../../../proto/identity.ts';

export type AgentOrder =
  | {
      readonly type: 'start';
      readonly number: number;
      readonly order: Omit<HoldOrder, 'agentPid'>;
      readonly touch: boolean;
    }
  | { readonly type: 'touch' | 'kill'; readonly number: number }
  | { readonly type: 'renew'; readonly number: number; readonly endsAtBootMs: number }
  | { readonly type: 'release'; readonly number: number; readonly target?: ProcessIdentity };

export type AgentAnswer =
  | { readonly type: 'started'; readonly number: number; readonly identity: ProcessIdentity }
  | { readonly type: 'refused'; readonly number: number; readonly reason: string; readonly message: string }
  | { readonly type: 'report'; readonly number: number; readonly report: HolderReport }
  | { readonly type: 'ended'; readonly number: number; readonly how: string };

const port = createHolderPort({
  programPath: process.argv[2] as string,
  warn: (message, error) => process.stderr.write(`${message}: ${error}\n`),
});
const holders = new Map<number, Holder>();

function say(answer: AgentAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function start({ number, order, touch }: AgentOrder & { type: 'start' }): void {
  try {
    const holder = port.start({ ...order, agentPid: process.pid }, (report) => {
      if (report.type === 'bound' && touch) holder.touch();
      say({ type: 'report', number, report });
    });
    holders.set(number, holder);
    say({ type: 'started', number, identity: holder.identity });
    void holder.ended.then(({ how }) => say({ type: 'ended', number, how }));
  } catch (error) {
    const { reason = 'none', message } = error as Error & { reason?: string };
    say({ type: 'refused', number, reason, message });
  }
}

function obey(order: AgentOrder): void {
  const holder = holders.get(order.number);
  switch (order.type) {
    case 'start':
      start(order);
      break;
    case 'touch':
      holder?.touch();
      break;
    case 'kill':
      holder?.kill();
      break;
    case 'renew':
      holder?.renew({ endsAtBootMs: order.endsAtBootMs });
      break;
    case 'release':
      holder?.release(order.target);
      break;
  }
}

process.stdin.setEncoding('utf8');
process.stdin.on(
  'data',
  createLineReader(1 << 20, (line) => obey(JSON.parse(line) as AgentOrder)),
);
process.stdin.on('end', () => process.exit(0));
