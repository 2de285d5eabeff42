/**
 * The clock on the wall of a time zone. A reading is kept as the milliseconds that it would be after 1970 if the zone were
 * UTC, so that a day of readings always has 24 hours, and only the way to an instant knows of daylight saving time.
 */

export interface LocalClock {
  readonly timeZone: string;
  /** What the clock shows at an instant, to the millisecond. */
  reading(unixMs: number): number;
  /**
   * When it shows that: once as a rule, twice in an hour that is repeated. A reading that is skipped is taken for the
   * instant of the skip.
   */
  instantsOf(readingMs: number): { readonly firstUnixMs: number; readonly lastUnixMs: number };
}

export const dayMs = 86_400_000;
const secondMs = 1000;

/** @param timeZone a name of the IANA database. @throws RangeError for one that is not known here. */
export function createLocalClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

  function reading(unixMs: number): number {
    const parts = new Map(format.formatToParts(unixMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? Number.NaN;
    const wholeSeconds = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return wholeSeconds + (((unixMs % secondMs) + secondMs) % secondMs);
  }

  function aheadOfUtcMs(unixMs: number): number {
    return reading(unixMs) - unixMs;
  }

  return {
    timeZone,
    reading,
    instantsOf(readingMs) {
      // A zone changes its clock at most once in two days, and is never a day away from UTC.
      const aheadMs = [aheadOfUtcMs(readingMs - dayMs), aheadOfUtcMs(readingMs + dayMs)];
      const candidates = aheadMs.map((ms) => readingMs - ms);
      const instants = candidates.filter((unixMs) => reading(unixMs) === readingMs);
      if (instants.length > 0) return { firstUnixMs: Math.min(...instants), lastUnixMs: Math.max(...instants) };
      const skipUnixMs = firstLater(reading, readingMs, Math.min(...candidates), Math.max(...candidates));
      return { firstUnixMs: skipUnixMs, lastUnixMs: skipUnixMs };
    },
  };
}

/** By halving: the clock goes past the reading exactly once in between. */
function firstLater(reading: (unixMs: number) => number, readingMs: number, beforeUnixMs: number, afterUnixMs: number) {
  let [before, after] = [beforeUnixMs, afterUnixMs];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (reading(middle) > readingMs) after = middle;
    else before = middle;
  }
  return after;
}
