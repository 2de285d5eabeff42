/** "30 days", "1.5 days": how old something may be, or is. */
export function inDays(ms: number): string {
  const days = Math.round(ms / 8_640_000) / 10;
  return `${days} ${days === 1 ? 'day' : 'days'}`;
}
