/** The holder's door: lines of its stdin become typed orders, or nothing is done. */
import type { Binding } from '../../proto/fault.ts';
import { parsePid } from '../../proto/identity.ts';
import { InvalidInput, integerIn, numberIn, text } from '../../proto/invalid-input.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { AllowedProgram, Briefing, Floors, Guard } from '../core/briefing.ts';
import type { ListedChange } from '../core/change.ts';
import type { Deadlines, HolderCommand, HoldOrder } from './hold-order.ts';
import { parseIdentity } from './identity-door.ts';
import { parseKeptSettings } from './setting-door.ts';

const bootMsMax = Number.MAX_SAFE_INTEGER / 1e6;
const targetsMax = 10_000;
const portsMax = 1024;
const programsMax = 1000;
const wordsMax = 100;
const protectedMax = 1000;
const bindings: readonly string[] = ['kernel', 'journal', 'one-shot'] satisfies Binding[];

/** @throws InvalidInput, SyntaxError */
export function parseHoldOrder(line: string): HoldOrder {
  const order = objectIn(JSON.parse(line), 'order');
  if (!bindings.includes(order.binding as string)) {
    throw new InvalidInput('order.binding', order.binding, `must be one of ${bindings.join(', ')}`);
  }
  const targets = order.targets;
  if (!Array.isArray(targets) || targets.length > targetsMax) {
    throw new InvalidInput('order.targets', targets, `must be a list of at most ${targetsMax}`);
  }
  return {
    faultId: text(order.faultId, 'order.faultId', { lengthMin: 1, lengthMax: 256 }),
    kind: text(order.kind, 'order.kind', { lengthMin: 1, lengthMax: 64 }),
    parameters: objectIn(order.parameters, 'order.parameters') as JsonObject,
    binding: order.binding as Binding,
    agentPid: parsePid(order.agentPid, 'order.agentPid'),
    targets: targets.map((target, index) => parseIdentity(target, `order.targets[${index}]`)),
    ...(order.wasStopped === undefined ? {} : { wasStopped: parseFlags(order.wasStopped, 'order.wasStopped') }),
    deadlines: parseDeadlines(order.deadlines, 'order.deadlines'),
    ...(order.stressCgroup === undefined
      ? {}
      : { stressCgroup: text(order.stressCgroup, 'order.stressCgroup', { lengthMin: 1, lengthMax: 4096 }) }),
    ...(order.briefing === undefined ? {} : { briefing: parseBriefing(order.briefing) }),
    ...(order.kept === undefined ? {} : { kept: parseKeptSettings(order.kept, 'order.kept') }),
  };
}

function parseFlags(value: unknown, name: string): readonly boolean[] {
  return listIn(value, name, targetsMax).map((flag, index) => {
    if (typeof flag !== 'boolean') throw new InvalidInput(`${name}[${index}]`, flag, 'must be true or false');
    return flag;
  });
}

/** @throws InvalidInput, SyntaxError */
export function parseHolderCommand(line: string): HolderCommand {
  const command = objectIn(JSON.parse(line), 'command');
  switch (command.type) {
    case 'touch':
      return { type: 'touch' };
    case 'renew':
      return { type: 'renew', deadlines: parseDeadlines(command.deadlines, 'command.deadlines') };
    case 'release':
      return command.target === undefined
        ? { type: 'release' }
        : { type: 'release', target: parseIdentity(command.target, 'command.target') };
    default:
      throw new InvalidInput('command.type', command.type, 'must be touch, renew or release');
  }
}

function parseBriefing(value: unknown): Briefing {
  const { controlPath, programs, changes, floors, guard } = objectIn(value, 'order.briefing');
  const ports = controlPath === undefined ? [] : objectIn(controlPath, 'order.briefing.controlPath').localPorts;
  return {
    ...(controlPath === undefined
      ? {}
      : {
          controlPath: {
            localPorts: listIn(ports, 'order.briefing.controlPath.localPorts', portsMax).map((port, index) =>
              integerIn(port, `order.briefing.controlPath.localPorts[${index}]`, 1, 65_535),
            ),
          },
        }),
    ...(programs === undefined
      ? {}
      : { programs: listIn(programs, 'order.briefing.programs', programsMax).map(parseProgram) }),
    ...(changes === undefined
      ? {}
      : { changes: listIn(changes, 'order.briefing.changes', programsMax).map(parseChange) }),
    ...(floors === undefined ? {} : { floors: parseFloors(floors) }),
    ...(guard === undefined ? {} : { guard: parseGuard(guard) }),
  };
}

function parseGuard(value: unknown): Guard {
  const guard = objectIn(value, 'order.briefing.guard');
  const protect = objectIn(guard.protect, 'order.briefing.guard.protect');
  const list = (name: keyof Guard['protect']) => listIn(protect[name], `order.briefing.guard.${name}`, protectedMax);
  const words = (name: 'names' | 'users' | 'units') =>
    list(name).map((each) => text(each, `order.briefing.guard.${name}`, { lengthMin: 1, lengthMax: 255 }));
  return {
    agentPid: parsePid(guard.agentPid, 'order.briefing.guard.agentPid'),
    protect: {
      names: words('names'),
      users: words('users'),
      units: words('units'),
      ports: list('ports').map((port) => integerIn(port, 'order.briefing.guard.ports', 1, 65_535)),
    },
  };
}

function parseFloors(value: unknown): Floors {
  const floors = objectIn(value, 'order.briefing.floors');
  const floor = (name: keyof Floors): number =>
    numberIn(floors[name], `order.briefing.floors.${name}`, 0, Number.MAX_SAFE_INTEGER);
  return {
    memoryBytes: floor('memoryBytes'),
    diskBytes: floor('diskBytes'),
    openFiles: floor('openFiles'),
    tasks: floor('tasks'),
  };
}

function parseProgram(value: unknown, index: number): AllowedProgram {
  const { name, executable } = objectIn(value, `order.briefing.programs[${index}]`);
  return {
    name: text(name, `order.briefing.programs[${index}].name`, { lengthMin: 1, lengthMax: 64 }),
    executable: text(executable, `order.briefing.programs[${index}].executable`, { lengthMin: 1, lengthMax: 4096 }),
  };
}

function parseChange(value: unknown, index: number): ListedChange {
  const path = `order.briefing.changes[${index}]`;
  const change = objectIn(value, path);
  const command = (key: 'make' | 'undo' | 'check'): readonly string[] =>
    listIn(change[key], `${path}.${key}`, wordsMax).map((word, place) =>
      text(word, `${path}.${key}[${place}]`, { lengthMin: 1, lengthMax: 4096 }),
    );
  return {
    name: text(change.name, `${path}.name`, { lengthMin: 1, lengthMax: 64 }),
    make: command('make'),
    undo: command('undo'),
    check: command('check'),
  };
}

function parseDeadlines(value: unknown, path: string): Deadlines {
  const { endsAtBootMs } = objectIn(value, path);
  return { endsAtBootMs: numberIn(endsAtBootMs, `${path}.endsAtBootMs`, 0, bootMsMax) };
}

function listIn(value: unknown, path: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max)
    throw new InvalidInput(path, value, `must be a list of at most ${max}`);
  return value;
}

function objectIn(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput(path, value, 'must be an object');
  }
  return value as Record<string, unknown>;
}
