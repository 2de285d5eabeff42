/** Which processes: the selector and the choice among its matches, checked once at the door. */
import { leash } from './codec.ts';
import { type Pid, parsePid } from './identity.ts';
import { InvalidInput, integerIn, numberIn, text } from './invalid-input.ts';

/** All conditions that are present must hold; at least one is present. */
export interface Selector {
  readonly name?: string;
  /** RE2 syntax. */
  readonly cmdline?: string;
  readonly pid?: Pid;
  /** A user name, or a uid in digits. */
  readonly user?: string;
  readonly parent?: Selector;
}

export type Choice =
  | { readonly mode: 'one'; readonly seed: string }
  | { readonly mode: 'all' }
  | { readonly mode: 'fixed'; readonly count: number; readonly seed: string }
  | {
      readonly mode: 'percent';
      readonly percent: number;
      readonly seed: string;
    };

export interface Targeting {
  readonly selector: Selector;
  readonly choice: Choice;
}

export const selectorDepthMax = 4;
export const countMax = 10_000;

export function targetingFromWire(wire: leash.v1.ITargeting, path = 'targeting'): Targeting {
  return {
    selector: selectorFromWire(wire.selector, `${path}.selector`),
    choice: choiceFromWire(wire.choice, `${path}.choice`),
  };
}

/** @throws InvalidInput for an empty selector: "everything" is never what a selector means. */
export function selectorFromWire(wire: leash.v1.ISelector | null | undefined, path: string, depth = 1): Selector {
  if (depth > selectorDepthMax) throw new InvalidInput(path, '…', `must be nested at most ${selectorDepthMax} deep`);
  const selector: Selector = {
    ...(wire?.name
      ? {
          name: text(wire.name, `${path}.name`, {
            lengthMin: 1,
            lengthMax: 255,
          }),
        }
      : {}),
    ...(wire?.cmdline
      ? {
          cmdline: text(wire.cmdline, `${path}.cmdline`, {
            lengthMin: 1,
            lengthMax: 1024,
          }),
        }
      : {}),
    ...(wire?.pid ? { pid: parsePid(wire.pid, `${path}.pid`) } : {}),
    ...(wire?.user
      ? {
          user: text(wire.user, `${path}.user`, {
            lengthMin: 1,
            lengthMax: 255,
          }),
        }
      : {}),
    ...(wire?.parent ? { parent: selectorFromWire(wire.parent, `${path}.parent`, depth + 1) } : {}),
  };
  if (Object.keys(selector).length === 0) {
    throw new InvalidInput(path, undefined, 'must set at least one of name, cmdline, pid, user, parent');
  }
  return selector;
}

function choiceFromWire(wire: leash.v1.IChoice | null | undefined, path: string): Choice {
  const seed = text(wire?.seed ?? '', `${path}.seed`, {
    lengthMin: 0,
    lengthMax: 128,
  });
  switch (wire?.mode) {
    case leash.v1.Mode.MODE_ONE:
      return { mode: 'one', seed };
    case leash.v1.Mode.MODE_ALL:
      return { mode: 'all' };
    case leash.v1.Mode.MODE_FIXED:
      return {
        mode: 'fixed',
        count: integerIn(wire.count ?? 0, `${path}.count`, 1, countMax),
        seed,
      };
    case leash.v1.Mode.MODE_PERCENT: {
      const percent = numberIn(wire.percent ?? 0, `${path}.percent`, 0, 100);
      if (percent === 0) throw new InvalidInput(`${path}.percent`, percent, 'must be above 0');
      return { mode: 'percent', percent, seed };
    }
    default:
      throw new InvalidInput(`${path}.mode`, wire?.mode, 'must be one, all, fixed or percent');
  }
}

export function targetingToWire(targeting: Targeting): leash.v1.ITargeting {
  return {
    selector: selectorToWire(targeting.selector),
    choice: choiceToWire(targeting.choice),
  };
}

export function selectorToWire(selector: Selector): leash.v1.ISelector {
  const { parent, ...conditions } = selector;
  return parent ? { ...conditions, parent: selectorToWire(parent) } : conditions;
}

function choiceToWire(choice: Choice): leash.v1.IChoice {
  switch (choice.mode) {
    case 'one':
      return { mode: leash.v1.Mode.MODE_ONE, seed: choice.seed };
    case 'all':
      return { mode: leash.v1.Mode.MODE_ALL };
    case 'fixed':
      return {
        mode: leash.v1.Mode.MODE_FIXED,
        count: choice.count,
        seed: choice.seed,
      };
    case 'percent':
      return {
        mode: leash.v1.Mode.MODE_PERCENT,
        percent: choice.percent,
        seed: choice.seed,
      };
  }
}
