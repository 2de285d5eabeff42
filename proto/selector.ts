/** Which processes: the conditions of a selector, checked once at the door. */
import { type Choice, choiceFromWire, choiceToWire } from './choice.ts';
import type { leash } from './codec.ts';
import { type Pid, parsePid } from './identity.ts';
import { InvalidInput, integerIn, numberIn, text } from './invalid-input.ts';

export { type Choice, countMax } from './choice.ts';

/** All conditions that are present must hold. What each one means is told in leash/v1/process.proto. */
export interface Selector {
  readonly name?: string;
  /** RE2 syntax. */
  readonly cmdline?: string;
  readonly pid?: Pid;
  /** A user name, or a uid in digits. */
  readonly user?: string;
  readonly parent?: Selector;
  readonly exe?: string;
  readonly pidfile?: string;
  /** A group name, or a gid in digits. */
  readonly group?: string;
  readonly unit?: string;
  readonly cgroup?: string;
  /** This control group, or any below it. */
  readonly cgroupTree?: string;
  /** At least 12 hexadecimal digits. */
  readonly container?: string;
  readonly port?: number;
  readonly descendantsOf?: Selector;
  readonly memoryAboveBytes?: number;
  /** 100 is one whole processor. */
  readonly cpuAbovePercent?: number;
  readonly exclude?: Selector;
  readonly allOf?: readonly Selector[];
  readonly anyOf?: readonly Selector[];
  readonly not?: Selector;
}

export interface Targeting {
  readonly selector: Selector;
  readonly choice: Choice;
}

export const selectorDepthMax = 4;
/** Selectors in a selector, itself included. */
export const selectorsMax = 32;

export function targetingFromWire(wire: leash.v1.ITargeting, path = 'targeting'): Targeting {
  return {
    selector: selectorFromWire(wire.selector, `${path}.selector`),
    choice: choiceFromWire(wire.choice, `${path}.choice`),
  };
}

/** @throws InvalidInput for an empty selector: "everything" is never what a selector means. */
export function selectorFromWire(wire: leash.v1.ISelector | null | undefined, path: string): Selector {
  let selectors = 0;

  function parse(part: leash.v1.ISelector, at: string, depth: number): Selector {
    selectors += 1;
    if (depth > selectorDepthMax) throw new InvalidInput(at, '…', `must be nested at most ${selectorDepthMax} deep`);
    if (selectors > selectorsMax)
      throw new InvalidInput(path, '…', `must consist of at most ${selectorsMax} selectors`);
    const one = (value: leash.v1.ISelector, key: string) => parse(value, `${at}.${key}`, depth + 1);
    const each = (values: readonly leash.v1.ISelector[], key: string) =>
      values.map((value, index) => one(value, `${key}[${index}]`));
    const selector: Selector = {
      ...conditionsFromWire(part, at),
      ...(part.parent ? { parent: naming(one(part.parent, 'parent'), `${at}.parent`) } : {}),
      ...(part.descendantsOf
        ? { descendantsOf: naming(one(part.descendantsOf, 'descendants_of'), `${at}.descendants_of`) }
        : {}),
      ...(part.exclude ? { exclude: one(part.exclude, 'exclude') } : {}),
      ...(part.allOf?.length ? { allOf: each(part.allOf, 'all_of') } : {}),
      ...(part.anyOf?.length ? { anyOf: each(part.anyOf, 'any_of') } : {}),
      ...(part.not ? { not: one(part.not, 'not') } : {}),
    };
    if (Object.keys(selector).length > 0) return selector;
    throw new InvalidInput(at, undefined, 'must set at least one condition, such as name, unit, user or pid');
  }

  return naming(parse(wire ?? {}, path, 1), path);
}

export function targetingToWire(targeting: Targeting): leash.v1.ITargeting {
  return { selector: selectorToWire(targeting.selector), choice: choiceToWire(targeting.choice) };
}

export function selectorToWire(selector: Selector): leash.v1.ISelector {
  const { parent, descendantsOf, exclude, allOf, anyOf, not, ...conditions } = selector;
  return {
    ...conditions,
    ...(parent ? { parent: selectorToWire(parent) } : {}),
    ...(descendantsOf ? { descendantsOf: selectorToWire(descendantsOf) } : {}),
    ...(exclude ? { exclude: selectorToWire(exclude) } : {}),
    ...(allOf ? { allOf: allOf.map(selectorToWire) } : {}),
    ...(anyOf ? { anyOf: anyOf.map(selectorToWire) } : {}),
    ...(not ? { not: selectorToWire(not) } : {}),
  };
}

/** @throws InvalidInput for a selector that only says what a process must not be. */
function naming(selector: Selector, path: string): Selector {
  if (namesSome(selector)) return selector;
  throw new InvalidInput(path, '…', 'must say what a process is, not only what it is not');
}

function namesSome({ exclude, not, allOf = [], anyOf = [], ...conditions }: Selector): boolean {
  if (Object.keys(conditions).length > 0 || allOf.some(namesSome)) return true;
  return anyOf.length > 0 && anyOf.every(namesSome);
}

function conditionsFromWire(wire: leash.v1.ISelector, path: string): Selector {
  const { name, cmdline, pid, user, exe, pidfile, group, unit, cgroup, cgroupTree, container, port } = wire;
  return {
    ...(name ? { name: words(name, `${path}.name`) } : {}),
    ...(cmdline ? { cmdline: words(cmdline, `${path}.cmdline`, 1024) } : {}),
    ...(pid ? { pid: parsePid(pid, `${path}.pid`) } : {}),
    ...(user ? { user: words(user, `${path}.user`) } : {}),
    ...(exe ? { exe: absolutePath(exe, `${path}.exe`) } : {}),
    ...(pidfile ? { pidfile: absolutePath(pidfile, `${path}.pidfile`) } : {}),
    ...(group ? { group: words(group, `${path}.group`) } : {}),
    ...(unit ? { unit: unitName(unit, `${path}.unit`) } : {}),
    ...(cgroup ? { cgroup: absolutePath(cgroup, `${path}.cgroup`) } : {}),
    ...(cgroupTree ? { cgroupTree: absolutePath(cgroupTree, `${path}.cgroup_tree`) } : {}),
    ...(container ? { container: containerId(container, `${path}.container`) } : {}),
    ...(port ? { port: integerIn(port, `${path}.port`, 1, 65_535) } : {}),
    ...usageFromWire(wire, path),
  };
}

function usageFromWire({ memoryAboveBytes, cpuAbovePercent }: leash.v1.ISelector, path: string): Selector {
  return {
    ...(memoryAboveBytes
      ? {
          memoryAboveBytes: integerIn(memoryAboveBytes, `${path}.memory_above_bytes`, 1, Number.MAX_SAFE_INTEGER),
        }
      : {}),
    // NaN is false, and would otherwise pass for a condition that was not set.
    ...(cpuAbovePercent !== undefined && cpuAbovePercent !== null && cpuAbovePercent !== 0
      ? { cpuAbovePercent: numberIn(cpuAbovePercent, `${path}.cpu_above_percent`, 0, 1_000_000) }
      : {}),
  };
}

function words(value: unknown, path: string, lengthMax = 255): string {
  return text(value, path, { lengthMin: 1, lengthMax });
}

/** As the kernel writes them: nothing that would have to be resolved before it can be compared. */
function absolutePath(value: unknown, path: string): string {
  const written = words(value, path, 4096);
  const parts = written.split('/').slice(1);
  const isPlain = written === '/' || parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (written.startsWith('/') && isPlain) return written;
  throw new InvalidInput(path, written, 'must be an absolute path, without "." or ".." or a slash at its end');
}

function unitName(value: unknown, path: string): string {
  const written = words(value, path);
  if (/^[^/]+\.(service|scope|socket|mount|swap)$/.test(written)) return written;
  throw new InvalidInput(path, written, 'must be the full name of a unit, such as nginx.service');
}

function containerId(value: unknown, path: string): string {
  const written = words(value, path, 64);
  if (/^[0-9a-f]{12,64}$/.test(written)) return written;
  throw new InvalidInput(path, written, 'must be a container id, or at least the first 12 digits of one');
}
