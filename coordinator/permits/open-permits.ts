/** Everything that must say yes before something starts: approvals, tickets, policies and intents, from the coordinator's own file. */

import { sha256Of } from '../../shared/digest.ts';
import { type KnownPerson, personOf } from '../core/bindings.ts';
import type { PermitRules } from '../core/permit-rules.ts';
import type { PermitRecords, Permits } from '../engine/permits-port.ts';
import { scopeText } from '../experiment/scope-digest.ts';
import { type CelRule, compileCelRule, type WrittenCelRule } from './cel-rules.ts';
import { type IntentSettings, openIntentFolder } from './intent-folder.ts';
import { askOpa, type OpaSettings } from './opa.ts';
import { checkTicket, type TicketSettings } from './ticket-check.ts';

export interface PermitSettings {
  readonly approvals: PermitRules['approvals'];
  readonly ticket?: TicketSettings;
  readonly opa?: OpaSettings;
  readonly rules: readonly WrittenCelRule[];
  readonly intents?: IntentSettings;
}

export interface PermitOptions {
  readonly settings: PermitSettings;
  readonly people: readonly KnownPerson[];
  readonly records: PermitRecords;
  readonly unixMs: () => number;
  warn(message: string, error: unknown): void;
}

/** Asks nobody yet: a policy that is down when a coordinator starts is no reason not to start it. */
export function openPermits({ settings, people, records, unixMs, warn }: PermitOptions): Permits {
  const { approvals, ticket, opa, intents } = settings;
  const folder = intents ? openIntentFolder(intents, unixMs) : undefined;
  const rules: readonly CelRule[] = settings.rules.map(compileCelRule);
  return {
    rules: { approvals, ...(ticket ? { ticket } : {}), ...(intents ? { intents } : {}) },
    records,
    personOf: (name) => personOf(name, people),
    checkTicket: async (id) =>
      ticket ? checkTicket(ticket, id) : { isGood: false, detail: 'this coordinator checks no tickets' },
    policies: [
      ...rules.map(({ name, ask }) => ({ name, ask: async (input: Parameters<typeof ask>[0]) => ask(input) })),
      ...(opa ? [{ name: 'OPA', ask: (input: Parameters<typeof askOpa>[1]) => askOpa(opa, input) }] : []),
    ],
    ...(folder ? { intents: folder } : {}),
    async proofFor(experiment, hosts, runId) {
      if (!folder) return undefined;
      const scope = scopeText(experiment, hosts);
      const wanted = { scopeDigest: sha256Of(scope), stage: experiment.stage, isForHosts: true };
      try {
        const { intent } = await folder.find(wanted, (nonce) => records.intentRuns(nonce, runId));
        if (!intent) return undefined;
        const { text, signature = '', commit } = intent;
        if (signature !== '' || !commit) return { intent: text, signature, scope };
        return { intent: text, signature, commit: await folder.commitProof(commit), scope };
      } catch (error) {
        warn('a signed intent could not be made ready for the hosts', error);
        return undefined;
      }
    },
  };
}
