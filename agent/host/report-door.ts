/** The agent's door for what holders say. */
import { type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import { InvalidInput, integerIn, numberIn, text } from '../../proto/invalid-input.ts';
import type { HolderReport } from '../holders/hold-order.ts';

const textLengthMax = 65_536;
const linesMax = 10_000;

/** @throws InvalidInput, SyntaxError */
export function parseHolderReport(line: string): HolderReport {
  const report = JSON.parse(line) as Readonly<Record<string, unknown>> | null;
  switch (report?.type) {
    case 'bound':
      return { type: 'bound' };
    case 'touched':
      return { type: 'touched', touched: parseLines(report.touched) };
    case 'failed':
      return {
        type: 'failed',
        reason: parseText(report.reason, 'reason'),
        message: parseText(report.message, 'message'),
        ...(report.hasLetGo === true ? { hasLetGo: true } : {}),
      };
    case 'renewed':
      return {
        type: 'renewed',
        endsAtBootMs: numberIn(report.endsAtBootMs, 'report.endsAtBootMs', 0, Number.MAX_SAFE_INTEGER),
      };
    case 'released':
      return report.target === undefined
        ? { type: 'released' }
        : { type: 'released', target: parseTarget(report.target as Readonly<Record<string, unknown>>) };
    case 'finished':
      return { type: 'finished', text: parseText(report.text, 'text') };
    default:
      throw new InvalidInput('report.type', report?.type, 'must be a report of a holder');
  }
}

function parseLines(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > linesMax) {
    throw new InvalidInput('report.touched', typeof value, `must be a list of at most ${linesMax}`);
  }
  return value.map((line, index) => parseText(line, `touched[${index}]`));
}

function parseText(value: unknown, name: string): string {
  return text(value, `report.${name}`, { lengthMin: 0, lengthMax: textLengthMax });
}

function parseTarget(target: Readonly<Record<string, unknown>>): ProcessIdentity {
  return {
    bootId: text(target.bootId, 'report.target.bootId', { lengthMin: 1, lengthMax: 64 }),
    pid: parsePid(target.pid, 'report.target.pid'),
    startTimeTicks: integerIn(target.startTimeTicks, 'report.target.startTimeTicks', 0, Number.MAX_SAFE_INTEGER),
  };
}
