/** One attempt of the selftest to make a promise break, and what came of it. */
import type { SecondAgent } from './second-agent.ts';
import type { ThrowAwayVictim } from './throw-away-victim.ts';

/** The promises of the design, in its order. */
export type PromiseName =
  | 'Bounded'
  | 'Unkillable switch'
  | 'Exactly these processes'
  | 'Never those'
  | 'The host has the last word'
  | 'What you saw is what you get'
  | 'Seen, not assumed'
  | 'Halt stays'
  | 'No silence';

export interface Attempt {
  readonly promise: PromiseName;
  /** What is tried, at most 44 characters. */
  readonly name: string;
  /** What the measured time may be at most; left out where there is no time to measure. */
  readonly boundMs?: number;
  /** @returns milliseconds, or nothing. @throws NotTried, or an Error that says what broke. */
  try(bench: Bench): Promise<number | undefined>;
}

/** What an attempt is given. Whatever it leaves behind is ended after it, and the agent is there again for the next one. */
export interface Bench {
  readonly agent: SecondAgent;
  readonly victim: ThrowAwayVictim;
  /** Another agent beside it, which ends with the attempt. @throws NotTried where that user cannot be had. */
  agentAs(uid: number): Promise<SecondAgent>;
  /** Takes this many processors, until the attempt is over. */
  burn(processors: number): Promise<void>;
}

/** This host does not allow the attempt: no word about the promise. */
export class NotTried extends Error {}

/**
 * To the end of a holder, and so of what it held: on a host with processors to spare, and on one that is asked for twice
 * what it has. More than that, and no bound is promised.
 */
export const boundMs = 250;
export const overloadedBoundMs = 500;
/** To the end of what a journal binds: `leash-agent restore` is a program that has to start first. */
export const replayBoundMs = 2000;
