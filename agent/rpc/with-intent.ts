/** An inject takes its step of the signed intent durably before anything is begun, and gives it back where it is refused. */
import { Refused } from '../../proto/refused.ts';
import type { Examination } from '../engine/examine.ts';
import type { AgentContext } from './context.ts';

/** @throws Refused where it was taken meanwhile, or where that cannot be remembered: what cannot be counted is not begun. */
export async function withIntent(
  { intents }: Pick<AgentContext, 'intents'>,
  examination: Examination,
  begin: () => Promise<string>,
): Promise<string> {
  const claim = examination.intentClaim();
  if (!claim) return begin();
  try {
    await intents.take(claim);
  } catch (error) {
    const message = `the signed intent: ${error instanceof Error ? error.message : String(error)}`;
    throw new Refused([{ reason: 'intent-spent', message, limit: 'intents' }]);
  }
  try {
    return await begin();
  } catch (error) {
    // One that stays taken is one that is not used: that errs on the safe side.
    await intents.giveBack(claim).catch(() => undefined);
    throw error;
  }
}
