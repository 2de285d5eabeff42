import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Calendar,
  instantText,
  judge,
  type Weekday,
  type Window,
  weekdays,
} from '../../../../agent/core/calendar.ts';
import { createLocalClock, dayMs } from '../../../../agent/core/local-time.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const berlin = createLocalClock('Europe/Berlin');

/** "22:00-04:00" */
function weekly(hours: string, days: readonly Weekday[] = weekdays): Window {
  const [fromMinute = 0, toMinute = 0] = hours.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return hour * 60 + minute;
  });
  return { kind: 'weekly', days, fromMinute, toMinute };
}

function calendar(changes: Partial<Calendar>): Calendar {
  return { timeZone: 'Europe/Berlin', allow: [], blackout: [], ...changes };
}

function isOpen(changes: Partial<Calendar>, at: string, forMs = 1): boolean {
  const unixMs = Date.parse(at);
  return judge(calendar(changes), unixMs, unixMs + forMs).kind === 'open';
}

describe('a window', () => {
  test('that crosses midnight is open before it and after it, and belongs to the day on which it begins', () => {
    const allow = [weekly('22:00-04:00', ['fri'])];
    expect(isOpen({ allow }, '2026-11-27T21:59:00+01:00')).toBe(false);
    expect(isOpen({ allow }, '2026-11-27T22:00:00+01:00')).toBe(true);
    expect(isOpen({ allow }, '2026-11-28T00:00:00+01:00')).toBe(true);
    expect(isOpen({ allow }, '2026-11-28T03:59:59+01:00')).toBe(true);
    expect(isOpen({ allow }, '2026-11-28T04:00:00+01:00')).toBe(false);
    expect(isOpen({ allow }, '2026-11-28T23:00:00+01:00')).toBe(false);
    expect(isOpen({ allow }, '2026-11-27T03:00:00+01:00')).toBe(false);
  });

  test('lets something that crosses midnight last into the next day', () => {
    expect(isOpen({ allow: [weekly('22:00-04:00')] }, '2026-11-27T23:59:00+01:00', 4 * hourMs)).toBe(true);
    expect(isOpen({ allow: [weekly('22:00-04:00')] }, '2026-11-27T23:59:00+01:00', 4 * hourMs + 2 * minuteMs)).toBe(
      false,
    );
  });

  test('that ends at midnight and one that begins there are one', () => {
    const allow = [weekly('20:00-24:00', ['fri']), weekly('00:00-02:00', ['sat'])];
    expect(isOpen({ allow }, '2026-11-27T23:30:00+01:00', hourMs)).toBe(true);
    expect(isOpen({ allow }, '2026-11-28T01:30:00+01:00', hourMs)).toBe(false);
  });

  test('says when it closes and when it opens', () => {
    const allow = [weekly('09:00-17:00', ['mon', 'fri'])];
    const [open, closed] = ['2026-11-27T16:30:00+01:00', '2026-11-27T18:00:00+01:00'].map(Date.parse) as [
      number,
      number,
    ];
    const zone = calendar({ allow });
    expect(judge(zone, open, open + hourMs)).toMatchObject({ kind: 'closes', closesAtUnixMs: open + hourMs / 2 });
    const verdict = judge(zone, closed, closed + 1);
    expect(verdict.kind === 'closed' && instantText(zone, verdict.opensAtUnixMs ?? 0)).toBe('Mon 2026-11-30 09:00');
  });

  test('of no day of a time zone is at another hour of UTC in summer than in winter', () => {
    const allow = [weekly('09:00-10:00')];
    expect(isOpen({ allow }, '2026-07-01T07:30:00Z')).toBe(true);
    expect(isOpen({ allow }, '2026-07-01T08:30:00Z')).toBe(false);
    expect(isOpen({ allow }, '2026-12-01T08:30:00Z')).toBe(true);
    expect(isOpen({ allow }, '2026-12-01T07:30:00Z')).toBe(false);
  });
});

describe('in the night in which the clock goes forward, 02:00 to 03:00', () => {
  test('a window over it is an hour shorter', () => {
    const allow = [weekly('22:00-04:00')];
    expect(isOpen({ allow }, '2026-03-28T22:00:00+01:00', 5 * hourMs)).toBe(true);
    expect(isOpen({ allow }, '2026-03-28T22:00:00+01:00', 5 * hourMs + 1)).toBe(false);
  });

  test('a window that begins in the hour that is skipped begins at the skip', () => {
    const allow = [weekly('02:30-04:00')];
    expect(isOpen({ allow }, '2026-03-29T01:59:59+01:00')).toBe(false);
    expect(isOpen({ allow }, '2026-03-29T03:00:00+02:00')).toBe(true);
  });

  test('one that lies wholly in it does not open, and a blackout there closes nothing', () => {
    expect(isOpen({ allow: [weekly('02:10-02:50')] }, '2026-03-29T03:00:00+02:00')).toBe(false);
    expect(isOpen({ blackout: [weekly('02:10-02:50')] }, '2026-03-29T03:00:00+02:00')).toBe(true);
  });
});

describe('in the night in which the clock goes back, 03:00 to 02:00', () => {
  test('a window over it is an hour longer', () => {
    const allow = [weekly('22:00-04:00')];
    expect(isOpen({ allow }, '2026-10-24T22:00:00+02:00', 7 * hourMs)).toBe(true);
    expect(isOpen({ allow }, '2026-10-24T22:00:00+02:00', 7 * hourMs + 1)).toBe(false);
  });

  test('an allowed window that ends in the hour that is repeated ends at the first time', () => {
    const allow = [weekly('01:00-02:30')];
    expect(isOpen({ allow }, '2026-10-25T02:29:00+02:00')).toBe(true);
    expect(isOpen({ allow }, '2026-10-25T02:31:00+02:00')).toBe(false);
    expect(isOpen({ allow }, '2026-10-25T02:29:00+01:00')).toBe(false);
  });

  test('a blackout that ends in it ends at the second time, and has no hole before', () => {
    const blackout = [weekly('01:00-02:30')];
    for (const at of ['02:29:00+02:00', '02:45:00+02:00', '02:29:00+01:00']) {
      expect(isOpen({ blackout }, `2026-10-25T${at}`)).toBe(false);
    }
    expect(isOpen({ blackout }, '2026-10-25T02:30:00+01:00')).toBe(true);
  });
});

describe('a blackout', () => {
  const blackout: readonly Window[] = [
    { kind: 'once', fromReadingMs: Date.UTC(2026, 11, 24, 18), toReadingMs: Date.UTC(2026, 11, 27, 6) },
    weekly('23:00-01:00', ['wed']),
  ];

  test('goes before an allowed window', () => {
    const allow = [weekly('00:00-24:00')];
    expect(isOpen({ allow, blackout }, '2026-12-24T17:59:00+01:00')).toBe(true);
    expect(isOpen({ allow, blackout }, '2026-12-24T18:00:00+01:00')).toBe(false);
    expect(isOpen({ allow, blackout }, '2026-12-27T06:00:00+01:00')).toBe(true);
  });

  test('refuses what would last into it, and what would last over it', () => {
    expect(isOpen({ blackout }, '2026-12-24T17:00:00+01:00', hourMs)).toBe(true);
    expect(isOpen({ blackout }, '2026-12-24T17:00:00+01:00', hourMs + 1)).toBe(false);
    expect(isOpen({ blackout }, '2026-12-24T17:00:00+01:00', 30 * dayMs)).toBe(false);
  });

  test('of the week crosses midnight too', () => {
    expect(isOpen({ blackout }, '2026-11-26T00:30:00+01:00')).toBe(false);
    expect(isOpen({ blackout }, '2026-11-26T01:00:00+01:00')).toBe(true);
  });
});

test('away from the nights of a change, a window is open just when the clock shows an hour of it', () => {
  const someMinute = fc.integer({ min: 0, max: 1439 });
  const someInstant = fc.integer({ min: Date.UTC(2026, 4, 1), max: Date.UTC(2026, 8, 1) });
  fc.assert(
    fc.property(
      someMinute,
      someMinute,
      someInstant,
      fc.subarray([...weekdays], { minLength: 1 }),
      (from, to, unixMs, days) => {
        fc.pre(from !== to);
        const reading = berlin.reading(unixMs);
        const minute = Math.floor((reading % dayMs) / minuteMs);
        const dayOf = (ms: number): Weekday => weekdays[new Date(ms).getUTCDay()] as Weekday;
        const today = days.includes(dayOf(reading));
        const yesterday = days.includes(dayOf(reading - dayMs));
        const expected =
          from < to ? today && minute >= from && minute < to : (today && minute >= from) || (yesterday && minute < to);
        const allow: readonly Window[] = [{ kind: 'weekly', days, fromMinute: from, toMinute: to }];
        expect(judge(calendar({ allow }), unixMs, unixMs + 1).kind === 'open').toBe(expected);
      },
    ),
  );
});

test('every reading of a clock leads back to an instant that shows it, or to the skip of it', () => {
  const zones = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'].map(
    createLocalClock,
  );
  const someReading = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2027, 0, 1) });
  fc.assert(
    fc.property(fc.constantFrom(...zones), someReading, (clock, reading) => {
      const { firstUnixMs, lastUnixMs } = clock.instantsOf(reading);
      if (clock.reading(firstUnixMs) === reading) expect(clock.reading(lastUnixMs)).toBe(reading);
      else {
        expect(clock.reading(firstUnixMs)).toBeGreaterThan(reading);
        expect(clock.reading(firstUnixMs - 1)).toBeLessThan(reading);
      }
    }),
  );
});
