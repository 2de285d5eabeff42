/**
 * When faults may happen. A fault must fit: from now to its hard end, no blackout begins and no allowed window closes. So
 * nothing has to be ended early, and nobody finds a fault in a blackout that a lease would have kept there.
 */

import { formatDurationMs } from '../../proto/quantity.ts';
import { type Calendar, instantText, judge, windowText } from '../core/calendar.ts';
import { type Limit, no } from './limit.ts';

export const windowsLimit: Limit = {
  name: 'windows',
  summary: 'when faults may happen, from their begin to their hard end',
  shown: ({ windows }) =>
    windows.allow.length + windows.blackout.length === 0
      ? 'always'
      : `${[
          windows.allow.length === 0 ? 'always' : windows.allow.map(windowText).join('; '),
          ...windows.blackout.map((window) => `not ${windowText(window)}`),
        ].join('; ')} (${windows.timeZone})`,
  seen({ windows }, { unixMs }) {
    const verdict = judge(windows, unixMs, unixMs + 1);
    const at = (instant: number): string => instantText(windows, instant);
    switch (verdict.kind) {
      case 'open':
        return verdict.untilUnixMs === undefined ? 'open' : `open until ${at(verdict.untilUnixMs)}`;
      case 'blackout':
        return `closed by a blackout until ${at(verdict.endsAtUnixMs)}`;
      case 'closed':
        return `closed${opening(windows, verdict)}`;
      case 'closes':
        return `open until ${at(verdict.closesAtUnixMs)}`;
    }
  },
  refusals({ durationMs }, { policy: { windows }, host: { unixMs } }) {
    const verdict = judge(windows, unixMs, unixMs + durationMs);
    const at = (instant: number): string => instantText(windows, instant);
    const zone = windows.timeZone;
    switch (verdict.kind) {
      case 'open':
        return [];
      case 'closed': {
        const message = `it is ${at(unixMs)} in ${zone}, outside windows.allow (${windows.allow.map(windowText).join('; ')})${opening(windows, verdict)}`;
        return no('windows.allow', 'outside-window', message, { value: at(unixMs) });
      }
      case 'closes': {
        const left = formatDurationMs(verdict.closesAtUnixMs - unixMs);
        const message = `${formatDurationMs(durationMs)} would last past the end of windows.allow (${windowText(verdict.window)}) at ${at(verdict.closesAtUnixMs)} in ${zone}: at most ${left} from now`;
        return no('windows.allow', 'outside-window', message, { value: formatDurationMs(durationMs), bound: left });
      }
      case 'blackout': {
        const isNow = verdict.beginsAtUnixMs <= unixMs;
        const ends = at(verdict.endsAtUnixMs);
        const when = isNow
          ? `holds until ${ends}`
          : `begins at ${at(verdict.beginsAtUnixMs)}, before the end of the fault`;
        const message = `the blackout ${windowText(verdict.window)} ${when} in ${zone}`;
        return no('windows.blackout', 'outside-window', message, {
          value: at(unixMs),
          bound: isNow ? ends : at(verdict.beginsAtUnixMs),
        });
      }
    }
  },
};

function opening(windows: Calendar, verdict: { readonly opensAtUnixMs?: number }): string {
  return verdict.opensAtUnixMs === undefined ? '' : `; it opens ${instantText(windows, verdict.opensAtUnixMs)}`;
}
