/** A pattern over a process's arguments: RE2, whose time is linear in the text, so that no pattern hangs the agent. */
import { RE2JS } from 're2js';
import { InvalidInput } from '../../proto/invalid-input.ts';

export interface ArgumentPattern {
  /** Whether the pattern is found anywhere in the text. */
  isIn(text: string): boolean;
}

export type CompilePattern = (pattern: string, path: string) => ArgumentPattern;

/** Linear time still has a factor: at 500 instructions, 4 KiB of arguments take up to about 30 ms. */
const instructionsMax = 500;

/** @throws InvalidInput for what is not RE2, or too large a pattern. */
export const compilePattern: CompilePattern = (pattern, path) => {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInput(path, pattern, `must be an RE2 expression (${why})`);
  }
  if (compiled.programSize() > instructionsMax) {
    throw new InvalidInput(path, pattern, 'must be a simpler expression, with fewer or smaller repetitions');
  }
  return { isIn: (text) => compiled.matcher(text).find() };
};
