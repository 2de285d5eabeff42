/** Quantities as people write them: a number is never without its unit, and a unit is never guessed. */
import { InvalidInput } from './invalid-input.ts';

const durationUnitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** "250ms", "1.5s", "5m", "1h" to whole milliseconds; compounds such as "2m30s" too. @throws InvalidInput */
export function parseDurationMs(value: unknown, path: string, bounds: Bounds): number {
  const parts = typeof value === 'string' ? [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)] : [];
  const isWhole = parts.length > 0 && parts.map((part) => part[0]).join('') === value;
  if (!isWhole) throw new InvalidInput(path, value, 'must be a duration such as 250ms, 10s or 5m');
  const totalMs = parts.reduce(
    (sum, part) => sum + Number(part[1]) * (durationUnitsMs[part[2] as string] as number),
    0,
  );
  return within(Math.round(totalMs), value, path, bounds, formatDurationMs);
}

/** "30%" to 30. @throws InvalidInput */
export function parsePercent(value: unknown, path: string, bounds: Bounds): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(value) : null;
  if (!match) throw new InvalidInput(path, value, 'must be a percentage such as 30%');
  return within(Number(match[1]), value, path, bounds, (percent) => `${percent}%`);
}

/** "512MiB" or "2GB" to bytes. @throws InvalidInput */
export function parseBytes(value: unknown, path: string, bounds: Bounds): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(value) : null;
  const unit = match ? byteUnits[match[2] as string] : undefined;
  if (!match || unit === undefined) throw new InvalidInput(path, value, 'must be a size such as 512MiB or 2GB');
  return within(Math.round(Number(match[1]) * unit), value, path, bounds, formatBytes);
}

export function formatDurationMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000)}s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  return seconds === 0 ? `${minutes}m` : `${minutes}m${seconds}s`;
}

export function formatBytes(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const size = byteUnits[unit] as number;
    if (bytes >= size) return `${trimmed(bytes / size)}${unit}`;
  }
  return `${bytes}B`;
}

function within(
  value: number,
  written: unknown,
  path: string,
  bounds: Bounds,
  format: (value: number) => string,
): number {
  if (value < bounds.minimum || value > bounds.maximum) {
    throw new InvalidInput(path, written, `must be from ${format(bounds.minimum)} to ${format(bounds.maximum)}`);
  }
  return value;
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(2)));
}
