/** The parser of YAML recurses, and text that nests deeply enough ends the whole process: it is counted beforehand. */
import { Lexer, Parser } from 'yaml';

/** No file of ours nests a third as deep. */
export const nestingMax = 64;

/** @returns the offset at which the text nests too deep, or undefined. Lexer and parser do not recurse; what follows does. */
export function offsetOfDeepNesting(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _token of parser.next(lexeme));
    if (parser.stack.length > nestingMax) return parser.offset;
  }
  return undefined;
}
