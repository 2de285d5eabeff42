/** How many of the processes that match, and which: checked once at the door. */
import { leash } from './codec.ts';
import { InvalidInput, integerIn, numberIn, text } from './invalid-input.ts';

/** Which matches come first. Left out: drawn by the seed, which also decides between processes of one instant. */
export type ChoiceOrder = 'oldest' | 'newest';

interface Drawn {
  readonly seed: string;
  readonly order?: ChoiceOrder;
}

export type Choice =
  | ({ readonly mode: 'one' } & Drawn)
  | { readonly mode: 'all' }
  | ({ readonly mode: 'fixed'; readonly count: number } & Drawn)
  /** Rounded down. */
  | ({ readonly mode: 'percent'; readonly percent: number } & Drawn)
  /** From one process to `percent` of them, rounded down; the seed says how many. */
  | ({ readonly mode: 'random-max-percent'; readonly percent: number } & Drawn);

export const countMax = 10_000;

export function choiceFromWire(wire: leash.v1.IChoice | null | undefined, path: string): Choice {
  const drawn: Drawn = {
    seed: text(wire?.seed ?? '', `${path}.seed`, { lengthMin: 0, lengthMax: 128 }),
    ...orderFromWire(wire?.order, `${path}.order`),
  };
  switch (wire?.mode) {
    case leash.v1.Mode.MODE_ONE:
      return { mode: 'one', ...drawn };
    case leash.v1.Mode.MODE_ALL:
      return { mode: 'all' };
    case leash.v1.Mode.MODE_FIXED:
      return { mode: 'fixed', count: integerIn(wire.count ?? 0, `${path}.count`, 1, countMax), ...drawn };
    case leash.v1.Mode.MODE_PERCENT:
      return { mode: 'percent', percent: percentFromWire(wire.percent, `${path}.percent`), ...drawn };
    case leash.v1.Mode.MODE_RANDOM_MAX_PERCENT:
      return { mode: 'random-max-percent', percent: percentFromWire(wire.percent, `${path}.percent`), ...drawn };
    default:
      throw new InvalidInput(`${path}.mode`, wire?.mode, 'must be one, all, fixed, percent or random-max-percent');
  }
}

export function choiceToWire(choice: Choice): leash.v1.IChoice {
  switch (choice.mode) {
    case 'one':
      return { mode: leash.v1.Mode.MODE_ONE, ...drawnToWire(choice) };
    case 'all':
      return { mode: leash.v1.Mode.MODE_ALL };
    case 'fixed':
      return { mode: leash.v1.Mode.MODE_FIXED, count: choice.count, ...drawnToWire(choice) };
    case 'percent':
      return { mode: leash.v1.Mode.MODE_PERCENT, percent: choice.percent, ...drawnToWire(choice) };
    case 'random-max-percent':
      return { mode: leash.v1.Mode.MODE_RANDOM_MAX_PERCENT, percent: choice.percent, ...drawnToWire(choice) };
  }
}

function percentFromWire(value: number | null | undefined, path: string): number {
  const percent = numberIn(value ?? 0, path, 0, 100);
  if (percent === 0) throw new InvalidInput(path, percent, 'must be above 0');
  return percent;
}

function orderFromWire(value: leash.v1.Order | null | undefined, path: string): { order?: ChoiceOrder } {
  switch (value ?? leash.v1.Order.ORDER_SEEDED) {
    case leash.v1.Order.ORDER_SEEDED:
      return {};
    case leash.v1.Order.ORDER_OLDEST:
      return { order: 'oldest' };
    case leash.v1.Order.ORDER_NEWEST:
      return { order: 'newest' };
    default:
      throw new InvalidInput(path, value, 'must be seeded, oldest or newest');
  }
}

function drawnToWire({ seed, order }: Drawn): leash.v1.IChoice {
  if (order === undefined) return { seed };
  return { seed, order: order === 'oldest' ? leash.v1.Order.ORDER_OLDEST : leash.v1.Order.ORDER_NEWEST };
}
