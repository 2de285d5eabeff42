/** What a run came to, in words for a heading. */
import { isUnresolved, type RunDocument } from '../client/run-document.ts';

export interface Verdict {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'doubtful' | 'neutral';
}

export function verdictOf(run: RunDocument): Verdict {
  if (run.phase !== 'ended') return { text: `going on: ${run.phase}`, tone: 'neutral' };
  if (isUnresolved(run)) return { text: 'Unresolved: a host has not confirmed', tone: 'bad' };
  switch (run.result) {
    case 'held':
      return { text: 'The hypothesis held', tone: 'good' };
    case 'deviated':
      return { text: 'The hypothesis deviated', tone: 'bad' };
    case 'unknown':
      return { text: 'Not known whether the hypothesis held', tone: 'doubtful' };
    case 'aborted':
      return { text: 'Aborted', tone: 'doubtful' };
    case 'refused':
      return { text: 'Refused: nothing was touched', tone: 'doubtful' };
    default:
      return { text: 'Done, and not judged', tone: 'neutral' };
  }
}
