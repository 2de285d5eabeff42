/** The windows of the policy file: hours of the week, or one stretch of time from a date to another. */
import { z } from 'zod';
import { type Calendar, type Weekday, type Window, weekdays } from '../core/calendar.ts';
import { createLocalClock } from '../core/local-time.ts';

const windowsMax = 32;
const hoursExpression = /^([01]\d|2[0-3]):([0-5]\d)$|^24:00$/;
const instantExpression = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;
const timeWords = 'must be a time of day such as 09:00, or of one day such as 2026-12-24T18:00';

const time = z.string().refine((text) => hoursExpression.test(text) || isInstant(text), timeWords);

const windows = z
  .array(
    z
      .strictObject({ days: z.array(z.enum(weekdays)).min(1).max(7).optional(), from: time, to: time })
      .transform((written, context): Window => {
        const window = windowOf(written);
        if (typeof window !== 'string') return window;
        context.addIssue({ code: 'custom', message: window });
        return z.NEVER;
      }),
  )
  .max(windowsMax);

/** The time zone is never guessed: hosts are set to UTC as often as not. */
export const windowsSchema = z
  .strictObject({
    timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin or UTC'),
    allow: windows.optional(),
    blackout: windows.optional(),
  })
  .transform(({ timeZone, allow = [], blackout = [] }): Calendar => ({ timeZone, allow, blackout }));

interface WrittenWindow {
  readonly days?: readonly Weekday[] | undefined;
  readonly from: string;
  readonly to: string;
}

/** @returns what it must be, where it is not a window. */
function windowOf({ days, from, to }: WrittenWindow): Window | string {
  const isOfTheWeek = hoursExpression.test(from);
  if (isOfTheWeek !== hoursExpression.test(to)) return 'must have from and to of one kind, hours or dates';
  if (isOfTheWeek) {
    if (from === '24:00') return 'must begin before 24:00';
    if (from === to) return 'must not begin and end at the same hour; the whole day is 00:00 to 24:00';
    return { kind: 'weekly', days: days ?? weekdays, fromMinute: minuteOf(from), toMinute: minuteOf(to) };
  }
  if (days) return 'must have no days beside dates';
  const [fromReadingMs, toReadingMs] = [readingOf(from), readingOf(to)];
  if (toReadingMs <= fromReadingMs) return 'must end after it begins';
  return { kind: 'once', fromReadingMs, toReadingMs };
}

function minuteOf(hours: string): number {
  const [hour = 0, minute = 0] = hours.split(':').map(Number);
  return hour * 60 + minute;
}

function readingOf(instant: string): number {
  return Date.parse(`${instant}:00Z`);
}

/** The calendar has such a day: no 30th of February. */
function isInstant(text: string): boolean {
  if (!instantExpression.test(text)) return false;
  const readingMs = readingOf(text);
  return Number.isFinite(readingMs) && new Date(readingMs).toISOString().startsWith(text);
}

function isTimeZone(name: string): boolean {
  try {
    createLocalClock(name);
    // "+01:00" is one too where Node is new enough, and stands for no place with a clock.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
