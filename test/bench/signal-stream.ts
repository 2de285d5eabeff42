/**
 * SIGUSR1s to a victim that counts them, one after the other: the next is sent a random while after the last one
 * arrived. Two at once would be one, since a pending signal of this kind is not queued (signal(7)); so whatever is done to
 * the victim meanwhile, exactly one is on its way in it, and every one that is missing afterwards was lost.
 */
import type { StampingVictim } from '../host/harness/victim.ts';
import { until } from '../rig/until.ts';
import { pause } from './pause.ts';

export interface SignalStream {
  /** Sends no more, and waits for the last one: the victim is supposed to run by now. */
  stop(): Promise<{ readonly sent: number; readonly lost: number }>;
}

const pauseMsMax = 20;
const arrivesWithinMs = 2000;

export function startSignalStream(victim: StampingVictim, random: () => number): SignalStream {
  const before = victim.signalsReceived();
  let sent = 0;
  let isOver = false;

  async function sendAll(): Promise<void> {
    while (!isOver) {
      sent += 1;
      victim.signal('SIGUSR1');
      await until('it arrived, or it is too late', () => isOver || arrived() === sent, Number.POSITIVE_INFINITY);
      await pause(random() * pauseMsMax);
    }
  }

  const arrived = (): number => victim.signalsReceived() - before;
  const sending = sendAll();
  return {
    async stop() {
      isOver = true;
      await sending;
      await until('the last signal arrived', () => arrived() === sent, arrivesWithinMs).catch(() => {});
      return { sent, lost: sent - arrived() };
    },
  };
}
