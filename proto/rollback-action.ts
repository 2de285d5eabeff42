/** What a host can be asked to do when a fault has ended badly: a closed list of typed actions, never a command. */
import type { leash } from './codec.ts';
import { InvalidInput, text } from './invalid-input.ts';

/** Each is idempotent: an agent that died in the middle of one runs it again. */
export type RollbackAction =
  /** systemctl(1) restart of one unit. */
  | { readonly kind: 'systemd-restart'; readonly unit: string }
  /** Without a body; an answer of 200 to 299 counts as done. */
  | { readonly kind: 'http-call'; readonly method: HttpMethod; readonly url: string }
  /** A program of the host policy's list, by its name there. */
  | { readonly kind: 'program-run'; readonly program: string; readonly args: readonly string[] };

export const httpMethods = ['POST', 'PUT', 'DELETE'] as const;
export type HttpMethod = (typeof httpMethods)[number];

export interface ActionOutcome {
  readonly action: RollbackAction;
  readonly isDone: boolean;
  /** In words: "exit code 0", "answered 503". */
  readonly seen: string;
  readonly tookMs: number;
}

export const actionsMax = 16;
const argsMax = 64;

export function isUnitName(name: string): boolean {
  return /^[A-Za-z0-9@:_.\\-]{1,246}\.(service|socket|target|timer)$/.test(name) && !name.startsWith('-');
}

/** "systemctl restart user-worker.service" */
export function actionText(action: RollbackAction): string {
  switch (action.kind) {
    case 'systemd-restart':
      return `systemctl restart ${action.unit}`;
    case 'http-call':
      return `${action.method} ${action.url}`;
    case 'program-run':
      return [`run ${action.program}`, ...action.args].join(' ');
  }
}

export function actionToWire(action: RollbackAction): leash.v1.IRollbackAction {
  switch (action.kind) {
    case 'systemd-restart':
      return { systemdRestart: { unit: action.unit } };
    case 'http-call':
      return { httpCall: { method: action.method, url: action.url } };
    case 'program-run':
      return { programRun: { program: action.program, args: [...action.args] } };
  }
}

/** @throws InvalidInput for an action of another kind: it is not guessed at. */
export function actionsFromWire(
  wire: readonly leash.v1.IRollbackAction[] | null | undefined,
  path: string,
): readonly RollbackAction[] {
  const actions = wire ?? [];
  if (actions.length > actionsMax)
    throw new InvalidInput(path, actions.length, `must be at most ${actionsMax} actions`);
  return actions.map((action, index) => actionFromWire(action, `${path}[${index}]`));
}

function actionFromWire(wire: leash.v1.IRollbackAction, path: string): RollbackAction {
  if (wire.systemdRestart) {
    const { unit } = wire.systemdRestart;
    if (!isUnitName(unit ?? ''))
      throw new InvalidInput(`${path}.unit`, unit, 'must be the full name of a systemd unit');
    return { kind: 'systemd-restart', unit: unit as string };
  }
  if (wire.httpCall) {
    const method = httpMethods.find((each) => each === wire.httpCall?.method);
    if (!method) throw new InvalidInput(`${path}.method`, wire.httpCall.method, `must be ${httpMethods.join(', ')}`);
    return {
      kind: 'http-call',
      method,
      url: text(wire.httpCall.url, `${path}.url`, { lengthMin: 8, lengthMax: 2000 }),
    };
  }
  if (wire.programRun) {
    const { program, args = [] } = wire.programRun;
    if ((args ?? []).length > argsMax)
      throw new InvalidInput(`${path}.args`, args?.length, `must be at most ${argsMax}`);
    return {
      kind: 'program-run',
      program: text(program, `${path}.program`, { lengthMin: 1, lengthMax: 63 }),
      args: (args ?? []).map((arg, index) => text(arg, `${path}.args[${index}]`, { lengthMin: 0, lengthMax: 1024 })),
    };
  }
  throw new InvalidInput(path, undefined, 'must be one of systemd_restart, http_call, program_run');
}

export function outcomeToWire({ action, isDone, seen, tookMs }: ActionOutcome): leash.v1.IActionOutcome {
  return { action: actionToWire(action), done: isDone, seen, tookMs };
}

/** @throws InvalidInput */
export function outcomeFromWire(wire: leash.v1.IActionOutcome, path: string): ActionOutcome {
  const [action] = actionsFromWire(wire.action ? [wire.action] : [], path);
  if (!action) throw new InvalidInput(path, undefined, 'must name its action');
  return { action, isDone: wire.done ?? false, seen: wire.seen ?? '', tookMs: wire.tookMs ?? 0 };
}
