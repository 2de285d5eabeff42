/** What cannot be undone takes a word for it in the request. */
import { type Limit, no } from './limit.ts';

export const consentLimit: Limit = {
  name: 'consent',
  isFixed: true,
  summary: 'what cannot be undone needs consent',
  shown: () => 'irreversible, for one-shot faults',
  refusals({ fault, consentIrreversible }) {
    if (fault.binding !== 'one-shot' || consentIrreversible) return [];
    const message = `${fault.kind} cannot be undone: it needs consent: irreversible`;
    return no('consent', 'consent-missing', message, { value: 'none', bound: 'irreversible' });
  },
};
