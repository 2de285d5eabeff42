import { describe, expect, it } from 'vitest';
import { createAccess } from '../../../coordinator/api/access.ts';
import { createDoor } from '../../../coordinator/api/call.ts';
import { accessRefusals, type Deed } from '../../../coordinator/core/access.ts';
import { type AccessRules, type Binding, noAccessRules } from '../../../coordinator/core/bindings.ts';
import { agentMethodRoles, coordinatorMethodRoles, lettingGo } from '../../../proto/method-roles.ts';
import { type Role, roles } from '../../../proto/role.ts';
import { agentService, type CoordinatorMethod, coordinatorService } from '../../../proto/services.ts';
import { type Stage, stages } from '../../../proto/stage.ts';
import { admitPeer } from '../../../shared/call-door.ts';
import type { Peer } from '../../../shared/peer.ts';
import { agentMatrix, columns, coordinatorMatrix } from './matrix.ts';

const certificate = (role: Role): Peer => ({
  kind: 'certificate',
  principal: { trustDomain: 'acme', role, name: 'alice' },
  notAfterUnixMs: 2000,
});
const token = (name: string, ...groups: string[]): Peer => ({ kind: 'bearer', name, groups, notAfterUnixMs: 2000 });
const noTokens = async (): Promise<never> => {
  throw new Error('no tokens here');
};
const doorOf = (rules: AccessRules, nowUnixMs = 1000) => createDoor(createAccess(rules), noTokens, () => nowUnixMs);
const isRefused = (act: () => unknown): boolean => {
  try {
    act();
    return false;
  } catch {
    return true;
  }
};
const bind = (who: string, role: Role, more: Partial<Binding> = {}): Binding => ({
  who: [who],
  role,
  labels: {},
  stages: [],
  faults: ['*'],
  ...more,
});
const methods = Object.keys(coordinatorService) as CoordinatorMethod[];

describe('the matrix of roles and methods', () => {
  it('has a cell for every role and every method of both services, and no other', () => {
    expect(columns).toEqual(roles);
    expect(Object.keys(agentMatrix)).toEqual(Object.keys(agentService));
    expect(Object.keys(coordinatorMatrix)).toEqual(methods);
    expect(Object.keys(agentMethodRoles)).toEqual(Object.keys(agentService));
    expect(Object.keys(coordinatorMethodRoles)).toEqual(methods);
  });

  const agentCells = Object.entries(agentMatrix).flatMap(([method, cells]) =>
    Object.entries(cells).map(([role, cell]) => ({ role, method, cell })),
  );
  it.each(agentCells)('an agent answers $role for $method: $cell', ({ role, method, cell }) => {
    const door = { program: 'agent', rolesAllowed: agentMethodRoles, localMethods: [] };
    const isNo = isRefused(() => admitPeer(door, certificate(role as Role), method as never, 1000));
    expect(isNo ? 'no' : 'yes').toBe(cell);
  });

  /** Where a role counts, and one host inside of it and one outside, in each respect by itself. */
  const scope = { labels: { app: 'shop' }, stages: ['staging'] as Stage[], faults: ['process.*'] };
  const inside: Deed = { host: 'a', labels: { app: 'shop', zone: 'z' }, stage: 'staging', fault: 'process.pause' };
  const deeds: readonly (readonly [string, Deed, boolean])[] = [
    ['inside', inside, true],
    ['another label', { ...inside, labels: { app: 'mail' } }, false],
    ['no label', { ...inside, labels: {} }, false],
    ...stages.map((stage) => [`stage ${stage}`, { ...inside, stage }, stage === 'staging'] as const),
    ['another fault', { ...inside, fault: 'stress.cpu' }, false],
  ];
  const cells = Object.entries(coordinatorMatrix).flatMap(([method, row]) =>
    Object.entries(row).flatMap(([role, cell]) =>
      deeds.map(([where, deed, isIn]) => ({ role, method, where, deed, cell: cell === 'yes' && isIn ? 'yes' : 'no' })),
    ),
  );
  it(`is the same for certificates, and for bindings that are narrowed (${cells.length} cells)`, () => {
    for (const { role, method, where, deed, cell } of cells) {
      const cellName = `${role} × ${method} × ${where}`;
      const own = doorOf(noAccessRules);
      const called = isRefused(() => own.admitPeer(certificate(role as Role), method as CoordinatorMethod));
      expect(called ? 'no' : 'yes', cellName).toBe(coordinatorMatrix[method as CoordinatorMethod][role as Role]);
      if (role === 'agent' || role === 'coordinator') continue;
      const bound = createAccess({ people: [], bindings: [bind('oidc:bob@acme', role as Role, scope)] });
      const asker = bound.askerOf(token('oidc:bob@acme'));
      const allowed = coordinatorMethodRoles[method as CoordinatorMethod];
      const refusals = accessRefusals(asker, { allowed, verb: method, deeds: [deed] });
      expect(refusals.length > 0 ? 'no' : 'yes', cellName).toBe(cell);
    }
  });
});

describe('bindings', () => {
  it('deny by default: a certificate that none of them names may only let go', () => {
    const { admitPeer: admit } = doorOf({ people: [], bindings: [bind('spiffe://acme/runner/bob', 'runner')] });
    for (const method of methods) {
      const isNo = isRefused(() => admit(certificate('runner'), method));
      expect(isNo, method).toBe(!lettingGo.includes(method) && method !== 'whoAmI');
    }
    expect(lettingGo).toEqual(['abort', 'haltFleet']);
  });

  it('give a role to a group, to a token, to a whole name, or to everybody with a role in their certificate', () => {
    const bindings = [bind('group:sre', 'halter'), bind('token:ci', 'runner'), bind('runner', 'viewer')];
    const { admitPeer: admit } = doorOf({ people: [], bindings });
    expect(admit(token('oidc:eve', 'sre'), 'haltFleet').asker.grants).toMatchObject([{ source: 'binding 1' }]);
    expect(isRefused(() => admit(token('oidc:eve', 'dev'), 'haltFleet'))).toBe(true);
    expect(admit(token('token:ci'), 'start').asker.name).toBe('token:ci');
    expect(admit(certificate('runner'), 'listHosts').asker.grants).toMatchObject([{ role: 'viewer' }]);
    expect(isRefused(() => admit(certificate('runner'), 'start'))).toBe(true);
  });

  it('say in a refusal what was asked and what is allowed', () => {
    const rules = {
      people: [],
      bindings: [bind('oidc:bob', 'runner', { labels: { app: 'shop' }, stages: ['staging'] })],
    };
    const asker = createAccess(rules).askerOf(token('oidc:bob'));
    const deed: Deed = { host: 'b', labels: { app: 'mail' }, stage: 'staging', fault: 'process.kill' };
    expect(accessRefusals(asker, { allowed: ['runner'], verb: 'start', deeds: [deed, deed] })).toEqual([
      'oidc:bob may not start process.kill on b (app=mail) in staging: runner for app=shop in staging (binding 1)',
    ]);
    expect(accessRefusals(asker, { allowed: ['rearmer'], verb: 'rearm', deeds: [] })).toEqual([
      'oidc:bob may not rearm: rearmer may, and it is runner',
    ]);
  });

  it('know several names of one person, and a person by the certificates of several roles', () => {
    const rules = { people: [{ name: 'Alice', is: ['oidc:alice@acme.com', 'login:1000'] }] };
    const { askerOf } = createAccess(rules);
    const local = { kind: 'local', uid: 0, pid: 1, loginUid: 1000 } as const;
    expect([token('oidc:alice@acme.com'), local].map((peer) => askerOf(peer).person)).toEqual(['Alice', 'Alice']);
    expect(askerOf(certificate('runner')).person).toBe(askerOf(certificate('approver')).person);
  });
});

describe('a caller', () => {
  it('is asked for at each call: what ran out is refused in the middle of a connection', () => {
    const admitted = doorOf(noAccessRules).admitPeer(certificate('runner'), 'start');
    expect(() => admitted.again()).not.toThrow();
    expect(() => doorOf(noAccessRules, 2000).admitPeer(certificate('runner'), 'start')).toThrow('has expired');
    expect(() => doorOf(noAccessRules, 2000).admitPeer(token('oidc:bob'), 'whoAmI')).toThrow('the token of oidc:bob');
  });

  it('without a name may do nothing at all', () => {
    for (const method of methods) {
      expect(() => doorOf(noAccessRules).admitPeer({ kind: 'unnamed' }, method)).toThrow('a certificate or a token');
    }
  });

  it('on the local socket who is a stranger may see the hosts, halt, and ask who it is', () => {
    const stranger = { kind: 'local', uid: 54_321, pid: 1, loginUid: undefined } as const;
    const { admitPeer: admit } = doorOf(noAccessRules);
    const allowed = methods.filter((method) => !isRefused(() => admit(stranger, method)));
    expect(allowed).toEqual(['listHosts', 'haltFleet', 'whoAmI']);
  });
});
