/** Starts holders as processes of a simulated host: what `agent/host/holder-process.ts` does on a real one. */
import type { Holder, HolderPort } from '../../../agent/engine/holder-port.ts';
import { HoldFailure } from '../../../agent/holders/hold-failure.ts';
import type { HolderCommand, HoldOrder } from '../../../agent/holders/hold-order.ts';
import { parseHolderReport } from '../../../agent/host/report-door.ts';
import type { ProcessIdentity } from '../../../proto/identity.ts';
import { type Process, ProcessEnded } from '../world/process.ts';
import { identityOf } from '../world/process-facts.ts';
import { runHolder } from './holder-program.ts';

/** Node takes that long to load; sometimes much longer. */
const startMs = { from: 25, to: 120 };

export function createSimulatedHolderPort(agent: Process): HolderPort {
  const { host } = agent;
  return {
    start(order, onReport): Holder {
      const pidfds = order.targets.map((target) => openProcess(agent, target));
      if (!agent.step()) throw new ProcessEnded();
      if (host.isOutOfProcesses) throw new HoldFailure('holder-failed', 'the holder could not be started');
      const process = host.spawn({ program: 'leash-holder', parent: agent, uid: agent.plan.uid });
      const meant = order.targets.map((target) => host.meantBy(target));
      process.order = { faultId: order.faultId, binding: order.binding, targets: meant };
      const later = inOrder(agent);
      const program = runHolder(process, pidfds, meant, {
        hear: (line) => later(() => onReport(parseHolderReport(line))),
      });
      const input = pipeTo(process, program.say, host.random.between(startMs.from, startMs.to));
      // The pipe is the agent's: its end is the end of the input, whoever else lives.
      agent.onExit(() => input.close(program.endOfInput));
      const say = (line: HoldOrder | HolderCommand): void => {
        if (process.isAlive && agent.step()) input.write(JSON.stringify(line));
      };
      say(order);
      return {
        identity: identityOf(process),
        touch: () => say({ type: 'touch' }),
        renew: (deadlines) => say({ type: 'renew', deadlines }),
        release: (target) => say(target ? { type: 'release', target } : { type: 'release' }),
        kill() {
          if (agent.step()) process.signal('SIGKILL');
        },
        ended: new Promise((resolve) => {
          // After the last report was read.
          process.onExit((how) => later(() => resolve({ how })));
        }),
      };
    },
  };
}

function pipeMs({ host }: Process): number {
  return host.random.between(0.05, 1);
}

/** To the agent, each after the one before. */
function inOrder(agent: Process) {
  const { timeline } = agent.host;
  let readAtMs = 0;
  return (call: () => void): void => {
    readAtMs = Math.max(readAtMs, timeline.nowMs() + pipeMs(agent));
    timeline.at(readAtMs, () => agent.run(call));
  };
}

/** In order, and not before the process has started. */
function pipeTo(process: Process, say: (line: string) => void, startsInMs: number) {
  const { timeline } = process.host;
  let readyAtMs = timeline.nowMs() + startsInMs;
  const deliver = (call: () => void): void => {
    readyAtMs = Math.max(readyAtMs, timeline.nowMs() + pipeMs(process));
    timeline.at(readyAtMs, () => process.run(call));
  };
  return {
    write: (line: string): void => deliver(() => say(line)),
    close: (end: () => void): void => deliver(end),
  };
}

/** As a pidfd: the process itself, whatever becomes of its number. @throws HoldFailure */
function openProcess({ host }: Process, identity: ProcessIdentity): Process {
  if (identity.bootId !== host.bootId) {
    throw new HoldFailure('target-changed', `process ${identity.pid} belongs to an earlier boot of this host`);
  }
  const process = host.process(identity.pid);
  if (!process) throw new HoldFailure('target-gone', `process ${identity.pid} is gone`);
  if (process.startTicks !== identity.startTimeTicks) {
    throw new HoldFailure('target-changed', `pid ${identity.pid} is another process now: it started at another time`);
  }
  return process;
}
