/** In place of `shared/boot-clock.ts`. */
import { runningProcess } from '../world/process.ts';

export function createBootClock(): () => number {
  const { host } = runningProcess();
  return () => host.bootMs();
}
