/** For faults that are nothing but their holder: they are over when it is gone. */
import type { SeenTarget, Sight } from './fault-kind.ts';
import type { ParameterTable } from './parameter.ts';

/** One entry, for the host. */
export function seeHolderGone<Table extends ParameterTable>({ host, holders }: Sight<Table>): readonly SeenTarget[] {
  const left = holders.filter((holder) => host.threads(holder).kind !== 'gone');
  return [
    {
      outcome: left.length === 0 ? 'restored' : 'still-held',
      seen: left.length === 0 ? 'the stressor is gone' : `process ${left.map(({ pid }) => pid).join(', ')} still runs`,
      threads: 0,
      threadsRunning: 0,
    },
  ];
}
