/** Asks where changes are kept on record whether a ticket is approved. Whatever is not a clear yes is a no. */
import { readFile } from 'node:fs/promises';
import type { TicketRules } from '../core/permit-rules.ts';
import type { TicketAnswer } from '../gates/permits.ts';
import { askJson } from './ask-json.ts';
import { readSecret } from './secret-file.ts';

export interface TicketSettings extends TicketRules {
  /** With {ticket} in it, which is replaced. */
  readonly url: string;
  /** Where in the answer its state is: "status", "fields.status.name". */
  readonly field: string;
  /** A file with what goes behind "Authorization: Bearer". */
  readonly tokenFile?: string;
  /** PEM of the authority that the server's certificate is from. */
  readonly caFile?: string;
}

const deadlineMs = 2000;

/** Never rejects. */
export async function checkTicket(settings: TicketSettings, ticket: string): Promise<TicketAnswer> {
  try {
    const { status, document } = await askJson({
      url: settings.url.replaceAll('{ticket}', encodeURIComponent(ticket)),
      method: 'GET',
      ...(settings.tokenFile ? { headers: { authorization: `Bearer ${await readSecret(settings.tokenFile)}` } } : {}),
      ca: settings.caFile === undefined ? undefined : await readFile(settings.caFile),
      deadlineMs,
    });
    if (status !== 200) return no(`could not be checked: answered ${status}, 200 needed`);
    const state = memberAt(document, settings.field);
    if (typeof state !== 'string') return no(`could not be checked: the answer has no ${settings.field}`);
    const isGood = settings.values.includes(state);
    return { isGood, detail: isGood ? `is ${state}` : `is ${state}, must be ${settings.values.join(' or ')}` };
  } catch (error) {
    return no(`could not be checked: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function no(detail: string): TicketAnswer {
  return { isGood: false, detail };
}

function memberAt(document: unknown, path: string): unknown {
  let value = document;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
