/** How long a command waits for an answer. A call that is not answered by then has an unknown outcome, and says so. */
export const deadlinesMs = {
  /** Answered from what the coordinator knows. */
  ask: 10_000,
  /** The coordinator asks every host first. */
  askFleet: 30_000,
  /** Gates, plans and intents before the first inject. */
  start: 60_000,
  /** Until every host has been told to let go and was looked at, or was given up for now. */
  abort: 30_000,
  /** Rollback actions on every host; each has a minute. */
  rehearse: 120_000,
  halt: 15_000,
  /** One agent, directly. */
  agent: 5_000,
} as const;
