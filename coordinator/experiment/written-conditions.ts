/** The conditions of a selector as a file has them, checked together. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Selector } from '../../proto/selector.ts';
import { selectorFromWritten, type WrittenSelector } from '../../proto/written-selector.ts';

/** What conditions say together is checked by the contract's door, at each depth. */
export function compileSelector(
  written: WrittenSelector,
  report: (keys: readonly PropertyKey[], message: string) => void,
): Selector {
  try {
    return selectorFromWritten(written, '');
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    report(writtenKeys(error.path), error.expectation);
    return {};
  }
}

/** ".any_of[1].descendants_of", as the contract names it, to the keys of the file. */
function writtenKeys(wirePath: string): readonly PropertyKey[] {
  return [...wirePath.matchAll(/\[(\d+)\]|[a-z_]+/g)].map(([key, index]) =>
    index === undefined ? key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) : Number(index),
  );
}
