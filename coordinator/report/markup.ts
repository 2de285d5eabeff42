/** Markup that text from hosts and files cannot become part of. */

/** Text that is markup already; made by `html` only. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

/** A template whose values are escaped, unless they are markup themselves. Right for HTML, SVG and XML alike. */
export function html(texts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return { markup: texts.map((text, index) => text + partText(values[index])).join('') };
}

export const nothing: Markup = { markup: '' };

function partText(part: Part | undefined): string {
  if (part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return 'markup' in part ? part.markup : part.map((each) => each.markup).join('');
}

/** Control characters have no place in XML 1.0 (production 2, Char), not even escaped. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
