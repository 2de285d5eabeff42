/** Exit codes, shared with `leash`. */
export const exitCodes = { done: 0, usage: 2, refused: 3, unresolved: 5, unreachable: 6, notAllowed: 7 } as const;
