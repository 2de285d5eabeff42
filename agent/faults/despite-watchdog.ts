/** The word of the caller that faults take which make their targets fall silent. */
import { flag } from './parameter.ts';

export const despiteWatchdog = flag(
  'Holds targets of a unit with WatchdogSec= still too, which its supervisor ends when they are silent for that long.',
);
