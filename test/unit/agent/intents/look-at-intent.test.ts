import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IntentUse } from '../../../../agent/core/intent.ts';
import { defaultPolicy, type HostPolicy } from '../../../../agent/core/policy.ts';
import { actionText, parametersText, targetingText } from '../../../../agent/core/signed-scope.ts';
import { lookAtIntent } from '../../../../agent/intents/look-at-intent.ts';
import type { LimitFacts, Proposal, ProposedIntent } from '../../../../agent/limits/limit.ts';
import { signedIntentLimit } from '../../../../agent/limits/signed-intent.ts';
import { loadExperiment } from '../../../../coordinator/experiment/load-experiment.ts';
import { scopeText } from '../../../../coordinator/experiment/scope-digest.ts';
import { intentText } from '../../../../proto/intent.ts';
import { sha256Of } from '../../../../shared/digest.ts';
import { parsePublicKey } from '../../../../shared/sshsig.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { makeKey, type SigningKey } from '../../../rig/signing.ts';

const experiment = loadExperiment(
  'signed.yaml',
  `apiVersion: leash/v1
kind: Experiment
metadata: { name: signed, owner: test@example.com }
stage: production-lite
targets: { hosts: { mode: one }, processes: { name: worker, mode: one } }
method: [ { fault: process.pause, for: 1m }, { fault: process.slow, for: 1m, share: 50% } ]
rollback: [ { systemd: { restart: worker.service } } ]
`,
);
const steps = experiment.method.flatMap((group) => group.steps);
const now = Date.parse('2026-11-27T12:00:00Z');

describe('a signed intent at a host', () => {
  let directory: TestDirectory;
  let signer: SigningKey;
  let stranger: SigningKey;
  let policy: HostPolicy;

  beforeAll(() => {
    directory = makeTestDirectory();
    [signer, stranger] = [makeKey(directory.path, 'sam'), makeKey(directory.path, 'eve')];
    const intents = { fleet: 'shop', keys: [parsePublicKey(signer.publicKey)] };
    policy = { ...defaultPolicy, stage: 'production-lite', intents };
  });
  afterAll(() => directory.remove());

  interface Case {
    readonly hosts?: readonly string[];
    readonly fleet?: string;
    readonly stage?: 'production-lite' | 'staging';
    readonly notBefore?: string;
    readonly notAfter?: string;
    readonly runs?: number;
    readonly key?: SigningKey;
    readonly used?: IntentUse;
    readonly step?: 0 | 1;
    readonly proposal?: Partial<Proposal>;
    readonly intent?: Partial<ProposedIntent>;
    readonly edit?: (proof: { intent: string; signature: string; scope: string }) => object;
    readonly without?: true;
  }

  function refusals(given: Case = {}): readonly string[] {
    const { hosts = ['host-a'], fleet = 'shop', stage = 'production-lite', runs = 1, key = signer, used = {} } = given;
    const scope = scopeText(experiment, hosts);
    const intent = intentText({
      fleet,
      experiment: 'signed',
      scopeDigest: sha256Of(scope),
      stage,
      notBefore: given.notBefore ?? '2026-11-27T11:00:00Z',
      notAfter: given.notAfter ?? '2026-11-27T13:00:00Z',
      runs,
      nonce: '0123456789abcdef0123456789abcdef',
    });
    const file = join(directory.path, 'intent.json');
    writeFileSync(file, intent);
    const proof = { intent, signature: key.sign(file), scope };
    const shown = given.without ? undefined : { ...proof, ...given.edit?.(proof) };
    const seen = lookAtIntent(shown, policy.intents as NonNullable<HostPolicy['intents']>, () => used);
    const step = steps[given.step ?? 0];
    if (step?.kind !== 'fault') throw new Error('no step');
    const proposal = {
      fault: { kind: step.fault, aim: 'processes', stopsTargets: true, binding: 'kernel' },
      targets: [{}],
      durationMs: step.durationMs,
      ...given.proposal,
      intent: {
        seen,
        hostName: 'host-a',
        runId: 'run-1',
        key: 'run-1/1/host-a',
        parameters: parametersText(step.parameters),
        targeting: targetingText(step.targets.processes),
        rollback: (experiment.rollback ?? []).map(actionText),
        targetsMax: 1,
        isConsentGiven: false,
        ...given.intent,
      },
    } as unknown as Proposal;
    const facts = { policy, host: { unixMs: now } } as unknown as LimitFacts;
    return signedIntentLimit.refusals(proposal, facts).map(({ reason, message }) => `${reason}: ${message}`);
  }

  it('lets what it says be done, each of its steps', () => {
    expect(refusals()).toEqual([]);
    expect(refusals({ step: 1 })).toEqual([]);
    expect(refusals({ intent: { rollback: [] } })).toEqual([]);
    expect(refusals({ proposal: { durationMs: 1000 } })).toEqual([]);
  });

  it.each<[string, Case, RegExp]>([
    ['none', { without: true }, /^intent-missing: production-lite on this host takes signed intents only/],
    ['for another host', { hosts: ['host-b'] }, /^intent-mismatch: .* it is for host-b, and this is host-a/],
    ['for another fleet', { fleet: 'mail' }, /^intent-mismatch: .* the fleet mail, and this is shop/],
    [
      'for another stage',
      { stage: 'staging' },
      /^intent-mismatch: .* for staging, and this host is in production-lite/,
    ],
    ['past its date', { notAfter: '2026-11-27T12:00:00Z' }, /^intent-expired: .* it held until/],
    ['before its date', { notBefore: '2026-11-27T12:00:01Z' }, /^intent-expired: .* it holds from/],
    ['replayed', { used: { 'run-0': { 1: 'k' } } }, /^intent-spent: .* it is for 1 run, and run-0 had it/],
    ['replayed in its run', { used: { 'run-1': { 1: 'k' } } }, /^intent-spent: .* step 1 of run run-1 was injected/],
    ['of no run', { intent: { runId: '' } }, /^intent-spent: .* goes with the id of a run/],
    ['of a run that is no name', { intent: { runId: '__proto__' } }, /^intent-spent: .* goes with the id of a run/],
    ['of another duration', { proposal: { durationMs: 60_001 } }, /^intent-mismatch: .* step 1 has another duration/],
    ['of another parameter', { step: 1, intent: { parameters: '{"share":"1%"}' } }, /another parameter/],
    [
      'of another selector',
      { intent: { targeting: targetingText({ selector: { user: 'root' }, choice: { mode: 'all' } }) } },
      /another selector/,
    ],
    ['of more targets', { proposal: { targets: [{}, {}] as never } }, /another number of targets/],
    ['with consent', { intent: { isConsentGiven: true } }, /another consent/],
    ['with another rollback', { intent: { rollback: ['{}'] } }, /another rollback/],
    [
      'of an edited word',
      { edit: ({ intent }) => ({ intent: intent.replace('"runs": 1', '"runs": 9') }) },
      /^intent-invalid: .* does not fit/,
    ],
    [
      'of an edited scope',
      { edit: ({ scope }) => ({ scope: scope.replace('60000', '90000') }) },
      /^intent-invalid: .* the scope that came with it is/,
    ],
    ['with no signature', { edit: () => ({ signature: '' }) }, /^intent-invalid: .* its signature: it must be between/],
    ['that is huge', { edit: () => ({ scope: 'x'.repeat(200_000) }) }, /^intent-invalid: .* at most 131072 are read/],
  ])('is refused %s', (_what, given, expected) => {
    const found = refusals(given);
    // A scope for another stage than its intent is wrong in two ways.
    expect(found).toHaveLength('stage' in given ? 2 : 1);
    expect(found[0]).toMatch(expected);
  });

  it('of a key that is not pinned is refused, whatever it says', () => {
    expect(refusals({ key: stranger })).toEqual([
      'intent-invalid: the signed intent: it is signed by a key that is not among intents.keys',
    ]);
  });

  it('is not asked for where no key is pinned', () => {
    const facts = { policy: defaultPolicy, host: { unixMs: now } } as unknown as LimitFacts;
    expect(signedIntentLimit.refusals({} as Proposal, facts)).toEqual([]);
  });
});
