/** Ends a stress when what must stay free grows scarce, whoever takes it. */
import { setImmediate as nextEvent } from 'node:timers/promises';
import { HoldFailure } from '../holders/hold-failure.ts';

export interface FloorWatch {
  /** Rejects when the floor was crossed, after everything was given back; never resolves. */
  readonly crossed: Promise<never>;
  stop(): void;
}

const lookEveryMs = 250;

/** @param look throws when a floor is crossed; a look that fails in another way counts as crossed. */
export function watchFloor(look: () => void, giveBack: () => void): FloorWatch {
  let looking: NodeJS.Timeout | undefined;
  const stop = (): void => clearInterval(looking);
  const crossed = new Promise<never>((_, reject) => {
    looking = setInterval(() => {
      try {
        look();
      } catch (error) {
        stop();
        giveBack();
        reject(error instanceof HoldFailure ? error : new HoldFailure('floor-crossed', `cannot look: ${error}`));
      }
    }, lookEveryMs);
  });
  return { crossed, stop };
}

/** @throws HoldFailure floor-crossed, unless at least that much is left. */
export function refuseBelow(left: number, floor: number, format: (amount: number) => string, what: string): void {
  if (left >= floor) return;
  const shown = left < 0 ? 'less than nothing' : format(left);
  throw new HoldFailure('floor-crossed', `${shown} of ${what} would stay free, at least ${format(floor)} must`);
}

/**
 * Takes something in parts, so that others are seen who take it too, and commands are heard in between. Either all is
 * taken on return, or nothing.
 * @param takePart takes one more part of at most that size, or throws.
 */
export async function takeInParts(
  amount: number,
  partMax: number,
  takePart: (part: number) => void,
  giveBack: () => void,
): Promise<void> {
  try {
    for (let taken = 0; taken < amount; taken += partMax) {
      takePart(Math.min(partMax, amount - taken));
      await nextEvent();
    }
  } catch (error) {
    giveBack();
    throw error;
  }
}
