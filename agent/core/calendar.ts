/**
 * When a host may be injected into: windows in which it is allowed, and blackouts in which it is not, by the clock of one
 * time zone. A window of the week belongs to the day on which it begins, and may end on the next one.
 */
import { createLocalClock, dayMs, type LocalClock } from './local-time.ts';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

export type Window =
  | {
      readonly kind: 'weekly';
      readonly days: readonly Weekday[];
      /** Minutes after midnight: 0 to 1439, and 1 to 1440. An end that is not after the begin is of the next day. */
      readonly fromMinute: number;
      readonly toMinute: number;
    }
  /** Readings of the clock, see `LocalClock`. */
  | { readonly kind: 'once'; readonly fromReadingMs: number; readonly toReadingMs: number };

export interface Calendar {
  readonly timeZone: string;
  /** None: always. */
  readonly allow: readonly Window[];
  readonly blackout: readonly Window[];
}

/** What the calendar says to something that would last from one instant to another. */
export type CalendarVerdict =
  /** `untilUnixMs`: when this changes, if it does within the days that were looked at. */
  | { readonly kind: 'open'; readonly untilUnixMs?: number }
  | { readonly kind: 'closed'; readonly opensAtUnixMs?: number }
  /** Open now, and not until the end. */
  | { readonly kind: 'closes'; readonly closesAtUnixMs: number; readonly window: Window }
  | {
      readonly kind: 'blackout';
      readonly beginsAtUnixMs: number;
      readonly endsAtUnixMs: number;
      readonly window: Window;
    };

const lookAheadMs = 8 * dayMs;
const minuteMs = 60_000;

/**
 * Where the clock shows a time twice, an allowed window ends at the first of the two and a blackout at the second: in
 * doubt it is "no".
 */
export function judge(calendar: Calendar, fromUnixMs: number, toUnixMs: number): CalendarVerdict {
  if (calendar.allow.length + calendar.blackout.length === 0) return open(undefined);
  // Also of what is not a number.
  if (!(toUnixMs >= fromUnixMs)) return { kind: 'closed' };
  const clock = createLocalClock(calendar.timeZone);
  const within = { fromUnixMs, toUnixMs: Math.max(toUnixMs, fromUnixMs + lookAheadMs) };
  const blackouts = spansOf(calendar.blackout, clock, within, 'last');
  const black = blackouts.find((span) => span.beginsAtUnixMs < toUnixMs && span.endsAtUnixMs > fromUnixMs);
  if (black) return { kind: 'blackout', ...black };
  const nextBlackoutUnixMs = blackouts.find((span) => span.beginsAtUnixMs >= toUnixMs)?.beginsAtUnixMs;
  if (calendar.allow.length === 0) return open(nextBlackoutUnixMs);

  const allowed = joined(spansOf(calendar.allow, clock, within, 'first'));
  const current = allowed.find((span) => span.beginsAtUnixMs <= fromUnixMs && fromUnixMs < span.endsAtUnixMs);
  if (!current) {
    const next = allowed.find((span) => span.beginsAtUnixMs > fromUnixMs);
    return { kind: 'closed', ...(next ? { opensAtUnixMs: next.beginsAtUnixMs } : {}) };
  }
  const { endsAtUnixMs, window } = current;
  if (toUnixMs > endsAtUnixMs) return { kind: 'closes', closesAtUnixMs: endsAtUnixMs, window };
  return open(Math.min(endsAtUnixMs, nextBlackoutUnixMs ?? endsAtUnixMs));
}

/** "mon, tue 22:00-04:00", "2026-12-24 18:00 to 2026-12-27 06:00" */
export function windowText(window: Window): string {
  if (window.kind === 'once') return `${readingText(window.fromReadingMs)} to ${readingText(window.toReadingMs)}`;
  const days = window.days.length === weekdays.length ? 'daily' : window.days.join(', ');
  return `${days} ${minuteText(window.fromMinute)}-${minuteText(window.toMinute)}`;
}

/** As the clock of the calendar shows it: "Mon 2026-11-30 09:00". */
export function instantText(calendar: Calendar, unixMs: number): string {
  const readingMs = createLocalClock(calendar.timeZone).reading(unixMs);
  const day = weekdays[new Date(readingMs).getUTCDay()] ?? '';
  return `${day.slice(0, 1).toUpperCase()}${day.slice(1)} ${readingText(readingMs)}`;
}

function readingText(readingMs: number): string {
  return new Date(readingMs).toISOString().slice(0, 16).replace('T', ' ');
}

function minuteText(minute: number): string {
  const padded = (number: number): string => String(number).padStart(2, '0');
  return `${padded(Math.floor(minute / 60))}:${padded(minute % 60)}`;
}

interface Span {
  readonly beginsAtUnixMs: number;
  readonly endsAtUnixMs: number;
  readonly window: Window;
}

/** In order of their begin: all that touch the time looked at. */
function spansOf(
  windows: readonly Window[],
  clock: LocalClock,
  within: { readonly fromUnixMs: number; readonly toUnixMs: number },
  endsAt: 'first' | 'last',
): readonly Span[] {
  const spanOf = (window: Window, fromReadingMs: number, toReadingMs: number): Span => {
    const end = clock.instantsOf(toReadingMs);
    return {
      beginsAtUnixMs: clock.instantsOf(fromReadingMs).firstUnixMs,
      endsAtUnixMs: endsAt === 'first' ? end.firstUnixMs : end.lastUnixMs,
      window,
    };
  };
  const dates = datesIn(clock.reading(within.fromUnixMs), clock.reading(within.toUnixMs));
  return windows
    .flatMap((window) => {
      if (window.kind === 'once') return [spanOf(window, window.fromReadingMs, window.toReadingMs)];
      const { days, fromMinute, toMinute } = window;
      return dates
        .filter((midnightMs) => days.includes(weekdays[new Date(midnightMs).getUTCDay()] as Weekday))
        .map((midnightMs) => {
          const endMidnightMs = toMinute > fromMinute ? midnightMs : midnightMs + dayMs;
          return spanOf(window, midnightMs + fromMinute * minuteMs, endMidnightMs + toMinute * minuteMs);
        });
    })
    .filter((span) => span.endsAtUnixMs > within.fromUnixMs && span.endsAtUnixMs > span.beginsAtUnixMs)
    .sort((one, other) => one.beginsAtUnixMs - other.beginsAtUnixMs);
}

/** The midnights of all dates, from the one before: a window of yesterday may not be over. */
function datesIn(fromReadingMs: number, toReadingMs: number): readonly number[] {
  const dates: number[] = [];
  const firstMs = Math.floor(fromReadingMs / dayMs) * dayMs - dayMs;
  for (let midnightMs = firstMs; midnightMs <= toReadingMs; midnightMs += dayMs) dates.push(midnightMs);
  return dates;
}

/** Windows that overlap, or meet at midnight, are one. Named for the one that ends last. */
function joined(spans: readonly Span[]): readonly Span[] {
  const whole: Span[] = [];
  for (const span of spans) {
    const last = whole.at(-1);
    if (!last || span.beginsAtUnixMs > last.endsAtUnixMs) whole.push(span);
    else if (span.endsAtUnixMs > last.endsAtUnixMs) {
      whole[whole.length - 1] = { ...span, beginsAtUnixMs: last.beginsAtUnixMs };
    }
  }
  return whole;
}

function open(untilUnixMs: number | undefined): CalendarVerdict {
  return { kind: 'open', ...(untilUnixMs === undefined ? {} : { untilUnixMs }) };
}
