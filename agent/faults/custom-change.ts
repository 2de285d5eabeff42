/** Changes something by programs of the host's own list, which also say how it is undone and how it is looked at. */
import { type ChangeSeen, outcomeOf } from '../core/change.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { FaultKind, SeenTarget, Sight } from './fault-kind.ts';
import { listName } from './list-name-parameter.ts';
import { nativeCalls } from './needs.ts';

const parameters = {
  change: listName(
    'Its name in the list `changes` of the host policy, which has the programs that make, undo and check it.',
  ),
};

export const customChange: FaultKind<typeof parameters> = {
  kind: 'custom.change',
  summary:
    'Makes a change that the host policy lists, without capabilities, and undoes it by the policy’s own program.',
  aim: 'host',
  bindings: ['journal'],
  holdsByPtrace: false,
  undo: 'change',
  needs: [nativeCalls],
  asksHost: 'changes',
  parameters,
  magnitude: () => ({}),
  change: ({ change }) => change,

  async hold({ kernel, briefing, parameters: { change } }) {
    const listed = briefing.changes?.find(({ name }) => name === change);
    if (!listed) throw new HoldFailure('fault-not-allowed', `${change} is not among the changes of this host`);
    const held = await kernel.holdChange(listed);
    const finished = held.ended.then((how): never => {
      throw new HoldFailure('holder-failed', `the process that keeps ${change} ended: ${how}`);
    });
    return {
      touched: [`${listed.make[0]} made ${change}; process ${held.pid} keeps it`],
      release: () => held.release(),
      finished,
    };
  },

  async seeEffect(sight) {
    const seen = await look(sight);
    return { isSeen: seen.state === 'in-place', seen: seen.how };
  },

  async seeRestored(sight): Promise<readonly SeenTarget[]> {
    const seen = await look(sight);
    return [{ outcome: outcomeOf(seen), seen: seen.how, threads: 0, threadsRunning: 0 }];
  },
};

async function look({ briefing, changes, parameters: { change } }: Sight<typeof parameters>): Promise<ChangeSeen> {
  const listed = briefing?.changes?.find(({ name }) => name === change);
  if (listed && changes) return changes.check(listed);
  const how = `the host policy no longer lists ${change}: list it again, or undo it by hand`;
  return { state: 'unknown', how };
}
