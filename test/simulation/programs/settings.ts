/** The settings of the product, as programs of a simulated host have them: nice values, and no program to set others by. */
import { createSettings, type Settings } from '../../../agent/host/settings/index.ts';

/** For the process that runs now. */
export function simulatedSettings(): Settings {
  return createSettings({
    run: async (executable) => ({ code: null, output: '', messages: `a simulated host has no ${executable}` }),
  });
}
