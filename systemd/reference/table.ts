/** Tables of Markdown. */

export function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
}

export function table(heads: readonly string[], rows: readonly string[]): string {
  return `${[row(...heads), `|${heads.map(() => '---|').join('')}`, ...rows].join('\n')}\n`;
}
