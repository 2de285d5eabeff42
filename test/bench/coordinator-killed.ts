/** The coordinator is SIGKILLed in the middle of a run: how long past the end of its last lease anything was held. */
import type { BenchOptions } from './main.ts';

export async function coordinatorKilled(_options: BenchOptions): Promise<object> {
  return {};
}
