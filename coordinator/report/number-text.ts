/** Numbers as plots and tables show them: short, and never a digit more than is known. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  if (size >= 1e6) return `${trimmed(value / 1e6, 3)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3, 3)}k`;
  return trimmed(value, size >= 1000 ? 4 : 3);
}

/** "12 s", "3 min" after the beginning. */
export function offsetText(ms: number): string {
  const seconds = ms / 1000;
  if (Math.abs(seconds) < 120) return `${trimmed(seconds, 3)} s`;
  if (Math.abs(seconds) < 7200) return `${trimmed(seconds / 60, 3)} min`;
  return `${trimmed(seconds / 3600, 3)} h`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
