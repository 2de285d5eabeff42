/** Alertmanager's webhook (version 4 of its payload): only what decides is read, and what it adds later is let be. */
import { z } from 'zod';

export interface Alert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const alertsMax = 1000;
const labels = z.record(z.string().max(256), z.string().max(4096));

const payload = z.object({
  version: z.literal('4'),
  alerts: z.array(z.object({ status: z.enum(['firing', 'resolved']), labels })).max(alertsMax),
});

/** @returns those that are firing, or undefined for what is no such payload. */
export function firingAlerts(document: unknown): readonly Alert[] | undefined {
  const parsed = payload.safeParse(document);
  if (!parsed.success) return undefined;
  return parsed.data.alerts
    .filter((alert) => alert.status === 'firing')
    .map((alert) => ({ name: alert.labels.alertname ?? 'an alert', labels: alert.labels }));
}
