/** Who somebody is here, and what they may. */
import type { leash } from '../../proto/codec.ts';
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import { coordinatorMethodRoles, lettingGo } from '../../proto/method-roles.ts';
import { type CoordinatorMethod, coordinatorService } from '../../proto/services.ts';
import { isStage, type Stage, stages } from '../../proto/stage.ts';
import { type Asker, accessRefusals, type Deed } from '../core/access.ts';
import { deedsOf } from '../core/deeds.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { CoordinatorDoor } from './call.ts';
import { fileOf } from './run-calls.ts';

const namesMax = 10_000;

export function accessHandlers(engine: Engine, { unary }: CoordinatorDoor) {
  return {
    whoAmI: unary<leash.v1.WhoAmIRequest, leash.v1.IWhoAmIReply>('whoAmI', (_request, _by, asker, methods) => ({
      name: asker.name,
      person: asker.person,
      groups: [...asker.groups],
      grants: asker.grants.map(({ role, labels, stages, faults, source }) => ({
        role,
        labels: { ...labels },
        stages: [...stages],
        faults: [...faults],
        source,
      })),
      methods: methods.map(wireName),
      expiresAtUnixMs: asker.expiresAtUnixMs ?? 0,
    })),

    can: unary<leash.v1.CanRequest, leash.v1.ICanReply>('can', async (request, _by, asker, methods) => {
      const method = methodOf(request.method);
      // What lets go is never narrowed by a binding.
      const deeds = lettingGo.includes(method) ? [] : await deedsAsked(engine, request, asker);
      const allowed = coordinatorMethodRoles[method];
      const isCallable = methods.includes(method);
      const reasons =
        isCallable && (deeds.length === 0 || lettingGo.includes(method))
          ? []
          : accessRefusals(asker, { allowed, verb: wireName(method), deeds });
      return { allowed: isCallable && reasons.length === 0, reasons: [...reasons] };
    }),
  };
}

/** "start" to "Start", as the contract writes it. */
function wireName(method: CoordinatorMethod): string {
  return coordinatorService[method].path.split('/').at(-1) as string;
}

function methodOf(written: string): CoordinatorMethod {
  const methods = Object.keys(coordinatorService) as CoordinatorMethod[];
  const method = methods.find((each) => wireName(each).toLowerCase() === written.toLowerCase());
  if (method) return method;
  throw new InvalidInput('method', written, `must be one of ${methods.map(wireName).join(', ')}`);
}

/** The hosts that are named or that the file would choose, each with every fault that is asked about. */
async function deedsAsked(engine: Engine, request: leash.v1.CanRequest, asker: Asker): Promise<readonly Deed[]> {
  const known = engine.hosts();
  if (request.file) {
    const { experiment, plan } = await engine.plan(fileOf(request.file), asker);
    return deedsOf(experiment.stage, plan.plans, known);
  }
  const names = list(request.hosts, 'hosts');
  for (const [index, host] of names.entries()) {
    if (!known.some(({ name }) => name === host))
      throw new InvalidInput(`hosts[${index}]`, host, 'must be in the inventory');
  }
  const stage = stageOf(request.stage);
  const faults = list(request.faults, 'faults');
  if (names.length === 0 && stage === undefined && faults.length === 0) return [];
  const hosts = names.length > 0 ? known.filter(({ name }) => names.includes(name)) : known;
  return hosts.flatMap(({ name, labels }) =>
    (faults.length > 0 ? faults : [undefined]).map((fault) => ({
      host: name,
      labels,
      ...(stage ? { stage } : {}),
      ...(fault === undefined ? {} : { fault }),
    })),
  );
}

function stageOf(written: string): Stage | undefined {
  if (written === '') return undefined;
  if (isStage(written)) return written;
  throw new InvalidInput('stage', written, `must be one of ${stages.join(', ')}`);
}

function list(values: readonly string[], path: string): readonly string[] {
  if (values.length > namesMax) throw new InvalidInput(path, values.length, `must be at most ${namesMax}`);
  return values.map((value, index) => text(value, `${path}[${index}]`, { lengthMin: 1, lengthMax: 128 }));
}
