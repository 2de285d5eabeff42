/** Exit codes, shared with `leash`. */
export const exitCodes = {
  done: 0,
  deviated: 1,
  usage: 2,
  refused: 3,
  aborted: 4,
  unresolved: 5,
  unreachable: 6,
  notAllowed: 7,
} as const;
