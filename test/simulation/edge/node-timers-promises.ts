/** In place of `node:timers/promises`. */
import { runningProcess } from '../world/process.ts';

export function setTimeout(ms: number): Promise<void> {
  const process = runningProcess();
  return new Promise((resolve) => void process.after(Math.max(1, ms), resolve));
}

export function setImmediate(): Promise<void> {
  const process = runningProcess();
  return new Promise((resolve) => void process.after(0, resolve));
}
