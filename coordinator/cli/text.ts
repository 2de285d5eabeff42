/** Text for a terminal: styled by us, or from anywhere and therefore cleaned before it is printed. */
import type { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

export interface Styled {
  readonly text: string;
  readonly style: Style;
}

export type Text = string | Styled;

/**
 * The text as it is printed. A process may be named with escape sequences, line breaks or marks that turn the direction
 * of writing; none of them may reach a terminal.
 */
export function plainText(text: Text): string {
  const raw = typeof text === 'string' ? text : text.text;
  return raw.replace(/[\p{Cc}\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu, (character) =>
    character === '\t' ? ' ' : `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

export const strong = (text: string): Styled => ({ text, style: 'bold' });
export const good = (text: string): Styled => ({ text, style: 'green' });
export const bad = (text: string): Styled => ({ text, style: 'red' });
export const doubtful = (text: string): Styled => ({ text, style: 'yellow' });
export const quiet = (text: string): Styled => ({ text, style: 'dim' });
