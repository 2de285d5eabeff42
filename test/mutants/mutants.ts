/** The defects, in the order of the life of a fault: one entry each. */
import type { Mutant } from './mutant.ts';
import { haltAt, injectAt, stopping, submitAt, tracing } from './provocations.ts';

/** The second line against a record that is wrong about who stopped what. */
const holderLooksNoMore = {
  file: 'agent/holders/as-journalled.ts',
  find: 'if (isStopped === wasStopped) return !wasStopped;',
  replace: 'if (isStopped !== undefined) return true;',
};

export const mutants: readonly Mutant[] = [
  {
    name: 'record after acting',
    peer: 'chaosd: acts, then records',
    changes: [
      {
        file: 'agent/app/store.ts',
        find: 'await audit.append(intentOf(fault, unixMs()));',
        replace: 'audit.append(intentOf(fault, unixMs())).catch(() => undefined);',
      },
    ],
    provocation: {
      host: tracing,
      // The journal is written in its place; the audit grows.
      happenings: [{ atMs: 4000, type: 'disk', agent: 0, fault: 'full', forMs: 8000 }, injectAt(5000)],
    },
  },
  {
    name: 'undo stops at the first error',
    peer: 'chaosd: a recovery returns at its first failure',
    changes: [
      {
        file: 'agent/store/replay.ts',
        find: 'const targets = undos.map((undo) => undoTarget(undo, bootId, continueProcess));',
        replace: `const targets: ReplayedTarget[] = [];
    for (const undo of undos) {
      targets.push(undoTarget(undo, bootId, continueProcess));
      if (targets.at(-1)?.outcome === 'gone') break;
    }`,
      },
      {
        file: 'agent/engine/engine.ts',
        find: 'if (!hold.subject.wasStopped[index]) ports.continueProcess(target);',
        replace: `if (ports.host.threads(target).kind === 'gone') break;
      if (!hold.subject.wasStopped[index]) ports.continueProcess(target);`,
      },
    ],
    provocation: {
      host: stopping,
      happenings: [
        injectAt(5000, { choice: 'all', durationMs: 8000 }),
        { atMs: 6000, type: 'end-victim', agent: 0, victim: 0 },
        { atMs: 6500, type: 'kill', agent: 0, who: 'both' },
      ],
    },
  },
  {
    name: 'what failed half-way cannot be undone',
    peer: 'chaosd: an attack in state error has no recovery',
    changes: [
      {
        file: 'agent/faults/hold-each.ts',
        find: 'for (const thing of held.values()) thing.release();\n    throw error;',
        replace: 'throw error;',
      },
      {
        file: 'agent/core/decide.ts',
        find: "end(state, [fault], life.phase === 'binding' ? 'inject-failed' : 'limit-crossed', command.detail, nowBootMs),",
        replace: `life.phase === 'binding'
          ? { state: { ...state, faults: new Map([...state.faults].filter(([id]) => id !== command.faultId)) }, effects: [{ type: 'forget', faultId: command.faultId }], reply: { type: 'none' } }
          : end(state, [fault], 'limit-crossed', command.detail, nowBootMs),`,
      },
    ],
    provocation: {
      host: stopping,
      happenings: [
        injectAt(5000, { choice: 'all', durationMs: 8000 }),
        // While the holder starts: its last target is gone when it comes to it.
        { atMs: 5030, type: 'end-victim', agent: 0, victim: 3 },
        { atMs: 7000, type: 'restore-all', agent: 0 },
      ],
    },
  },
  {
    name: 'the timer is in memory',
    peer: 'chaosd, pumba: nothing ends a fault when its program is gone',
    changes: [
      {
        file: 'agent/holders/bind.ts',
        find: 'own.kernelTimer.arm(order.deadlines.endsAtBootMs + kernelGraceMs(order.binding));',
        replace: '',
      },
    ],
    provocation: { host: tracing, happenings: [injectAt(5000)] },
  },
  {
    name: 'the holder is not bound to its agent',
    peer: 'stress-ng under chaosd: stressors outlive the daemon',
    changes: [
      { file: 'agent/holders/bind.ts', find: 'own.armParentDeathSignal(parentDeathSignal(order));', replace: '' },
    ],
    provocation: { host: tracing, happenings: [injectAt(5000)] },
  },
  {
    name: 'a restore matches again',
    peer: 'kube-monkey style: the selector is evaluated again when it is time to undo',
    changes: [
      {
        file: 'agent/engine/engine.ts',
        find: 'if (!hold.subject.wasStopped[index]) ports.continueProcess(target);',
        replace:
          'const again = hold.subject.targets[index] && ports.host.successorOf(hold.subject.targets[index], 0);\n      if (!hold.subject.wasStopped[index]) ports.continueProcess(again ?? target);',
      },
      {
        file: 'agent/faults/process-pause.ts',
        find: 'const hold = kernel.holdByStop(target);\n  let isReleased = false;',
        replace: 'const hold = kernel.holdByStop(target);\n  let isReleased = true;',
      },
    ],
    provocation: {
      host: stopping,
      happenings: [injectAt(5000, { durationMs: 8000 }), { atMs: 6500, type: 'kill', agent: 0, who: 'holder' }],
    },
  },
  {
    name: 'a restore goes by name',
    peer: 'pumba: whatever is called so is restored',
    changes: [
      {
        file: 'agent/rpc/acting.ts',
        find: 'if (request.faultId) return faults.filter((fault) => fault.facts.faultId === request.faultId);',
        replace:
          'if (request.faultId) return faults.filter((fault) => fault.facts.kind === faults.find((each) => each.facts.faultId === request.faultId)?.facts.kind);',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { kind: 'stress.cpu' }),
        injectAt(7000, { kind: 'stress.cpu', ending: 'restore', endAfterMs: 1000 }),
      ],
    },
  },
  {
    name: 'not found means recovered',
    peer: 'chaos-mesh: a daemon that cannot be asked counts as recovered',
    changes: [
      {
        file: 'coordinator/engine/host-orders.ts',
        find: "(error: unknown): RunInput => ({ type: 'let-go-failed', host, detail: messageOf(error) }),",
        replace: "(): RunInput => ({ type: 'receipts', host, receipts: [] }),",
      },
      {
        file: 'coordinator/core/placement.ts',
        find: "const isPast = life.phase === 'unknown' && nowMs >= arrivesUntilMs(life.orderedAtMs, run);",
        replace: 'const isPast = nowMs >= 0;',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        submitAt(8000),
        { atMs: 12_000, type: 'cut', agent: 0, way: 'both', forMs: 25_000 },
        { atMs: 13_000, type: 'abort', coordinator: 0 },
      ],
    },
  },
  {
    name: 'a new fault extends a lease',
    peer: 'nomad: a new allocation resets the timer',
    changes: [
      {
        file: 'agent/core/decide.ts',
        find: "state: { ...withFaults(state, [fault]), injectedAtBootMs },\n    effects: [{ type: 'record', fault }],",
        replace: `state: {
      ...withFaults(state, [fault, ...[...state.faults.values()].filter(isHeld).map((each) => ({ ...each, life: { ...each.life, lease } }) as Fault)]),
      injectedAtBootMs,
    },
    effects: [
      { type: 'record', fault },
      ...[...state.faults.values()].filter(isHeld).map((each): Effect => ({ type: 'renew-holder', faultId: each.facts.faultId, endsAtBootMs: endsAtBootMs(lease) })),
    ],`,
      },
    ],
    provocation: {
      host: tracing,
      happenings: [injectAt(5000, { leaseMs: 3000 }), injectAt(7000, { kind: 'stress.cpu' })],
    },
  },
  {
    name: 'a late renewal is accepted',
    peer: 'etcd: a lease that was renewed after its end came back',
    changes: [{ file: 'agent/core/lease.ts', find: 'if (isOver(lease, nowBootMs)) return undefined;', replace: '' }],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { leaseMs: 1000, renewals: 3, renewEveryMs: 990 }),
        // A timer does not count suspend: right after it a lease may be over, and nobody has noticed.
        { atMs: 5900, type: 'suspend', agent: 0, forMs: 1500 },
      ],
    },
  },
  {
    name: 'the epoch is not kept',
    peer: 'gremlin style: a halt that a restart forgets',
    changes: [{ file: 'agent/core/decide.ts', find: "[{ type: 'write-latch', latch }]", replace: '[]' }],
    provocation: {
      host: tracing,
      happenings: [haltAt(5000), { atMs: 7000, type: 'kill', agent: 0, who: 'agent' }, injectAt(60_000)],
    },
  },
  {
    name: 'a halt that no disk took is called volatile',
    peer: 'ours, found by a seed: a slow disk, an answer in time, and a SIGKILL that forgot the halt',
    changes: [
      {
        file: 'agent/store/latch.ts',
        find: "return inRun.content()?.latch === of ? 'volatile' : 'memory-only';",
        replace: "return 'volatile';",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        { atMs: 4000, type: 'disk', agent: 0, fault: 'slow', forMs: 8000 },
        haltAt(5000),
        { atMs: 6500, type: 'kill', agent: 0, who: 'agent' },
        injectAt(40_000),
      ],
    },
  },
  {
    name: 'a latch is written once',
    peer: 'gives up at the first error: a halt that a disk refused for a moment is never written',
    changes: [
      {
        file: 'agent/store/kept-copy.ts',
        find: 'else if (!isClosed) again = setTimeout(follow, againAfterMs).unref();',
        replace: '',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        { atMs: 4000, type: 'disk', agent: 0, fault: 'broken', forMs: 3000 },
        haltAt(5000),
        { atMs: 30_000, type: 'kill', agent: 0, who: 'agent' },
        injectAt(60_000),
      ],
    },
  },
  {
    name: 'the wall clock is in the lease',
    peer: 'connect, and many more: deadlines by Date.now()',
    changes: [
      {
        file: 'agent/engine/engine.ts',
        find: 'decide(state, command, ports.clock.bootMs())',
        replace: 'decide(state, command, ports.clock.unixMs())',
      },
    ],
    provocation: { host: tracing, happenings: [injectAt(5000, { leaseMs: 3000 })] },
  },
  {
    name: 'a share that is less than one is one',
    peer: 'litmus: a percentage is never less than one pod',
    changes: [
      {
        file: 'agent/core/choice.ts',
        find: 'const share = Math.min(Math.floor(exact), matched);',
        replace: 'const share = Math.min(Math.max(1, Math.floor(exact)), matched);',
      },
    ],
    provocation: { host: tracing, happenings: [injectAt(5000, { choice: 'percent', percent: 10 })] },
  },
  {
    name: 'a receipt is assumed',
    peer: 'most: "recovered" is that no error came back',
    changes: [
      {
        file: 'agent/core/decide.ts',
        find: 'const confirmed = look.isHolderGone && look.targets.every((target) => isConfirmed(target.outcome));',
        replace: 'const confirmed = true;',
      },
      {
        file: 'agent/engine/look.ts',
        find: 'const isDone = isHolderGone && targets.every((target) => isConfirmed(target.outcome));',
        replace: 'const isDone = true;',
      },
    ],
    provocation: { host: tracing, happenings: [injectAt(5000, { ending: 'restore' })] },
  },
  {
    name: 'a halt is known by its epoch',
    peer: 'a fencing token of the sender instead of the host',
    changes: [
      {
        file: 'agent/core/halt.ts',
        find: 'if (latch.seenRequestIds.includes(order.requestId)) return latch;',
        replace: 'if (latch.isHalted) return latch;',
      },
    ],
    provocation: { host: tracing, happenings: [haltAt(5000), haltAt(6000)] },
  },
  {
    name: 'NaN does not abort',
    peer: 'toxiproxy, litmus probes: a comparison with nothing is false, and goes on',
    changes: [
      {
        file: 'coordinator/experiment/rule-evaluation.ts',
        find: "if (typeof found.value === 'number' && !Number.isFinite(found.value)) {",
        replace: "if (typeof found.value === 'string') {",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [submitAt(8000, { hasRule: true }), { atMs: 15_000, type: 'service', state: 'nan', forMs: 60_000 }],
    },
  },
  {
    name: 'a budget is taken only once the fault is active',
    peer: 'counters that are raised after the act: two at once both find room',
    changes: [
      {
        file: 'agent/engine/examiner.ts',
        find: '.filter(isLive)',
        replace: ".filter((each) => isLive(each) && each.life.phase === 'active')",
      },
    ],
    provocation: {
      host: { ...tracing, faultsMax: 1 },
      happenings: [injectAt(5000, { kind: 'stress.cpu' }), injectAt(5020, { kind: 'stress.cpu' })],
    },
  },
  {
    name: 'one key, two faults',
    peer: 'retries of what is not idempotent',
    changes: [
      { file: 'agent/core/decide.ts', find: 'if (known) {', replace: 'if (known && nowBootMs < 0) {' },
      {
        file: 'agent/rpc/acting.ts',
        find: 'known?.facts.requestDigest === requestDigest',
        replace: 'known?.facts.requestDigest === undefined && known',
      },
    ],
    provocation: { host: tracing, happenings: [injectAt(5000, { durationMs: 500, retryAfterMs: 3000 })] },
  },
  {
    name: 'a restart forgets which keys were used',
    peer: 'ours, found by a seed: a retry after a restart of the agent began a second fault',
    changes: [
      {
        file: 'agent/core/decide.ts',
        find: 'if (state.keysUsedBefore?.has(facts.idempotencyKey)) {',
        replace: 'if (nowBootMs < 0) {',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { durationMs: 500, retryAfterMs: 30_000 }),
        { atMs: 8000, type: 'kill', agent: 0, who: 'agent' },
      ],
    },
  },
  {
    name: 'a restore passes by an inject that is being looked at',
    peer: 'ours, found by a seed: the run was closed, and its fault began after that',
    changes: [
      {
        file: 'agent/rpc/acting.ts',
        find: 'if (beginning.isCalledOff) throw new Refused([calledOff]);',
        replace: '',
      },
    ],
    provocation: {
      host: { ...tracing, hasSupervisor: false },
      happenings: [
        submitAt(5000, { kind: 'stress.cpu', durationMs: 20_000, leaseMs: 2000 }),
        { atMs: 5027, type: 'suspend', agent: 0, forMs: 25_000 },
      ],
    },
  },
  {
    name: 'the journal knows what the audit does not',
    peer: 'ours, found by a seed: a retry was answered with a fault of which the audit had no intent',
    changes: [
      {
        file: 'agent/app/store.ts',
        find: 'await audit.append(intentOf(fault, unixMs()));',
        replace: 'await Promise.all([audit.append(intentOf(fault, unixMs())), journal.put(record)]);',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        { atMs: 4500, type: 'disk', agent: 0, fault: 'full', forMs: 20_000 },
        injectAt(5000, { kind: 'process.kill', hasConsent: true, retryAfterMs: 30_000 }),
        { atMs: 5001, type: 'kill-at-step', agent: 0, who: 'agent', steps: 8 },
      ],
    },
  },
  {
    name: 'what was over before it was recorded is acknowledged',
    peer: 'ours, found by a seed: the time of an inject ran out on a slow disk, and no audit has it',
    changes: [
      {
        file: 'agent/rpc/acting.ts',
        find: "if (known?.isRecorded && receipt && receipt.cause !== 'inject-failed') return known;",
        replace: "if (known && receipt && receipt.cause !== 'inject-failed') return known;",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        { atMs: 4000, type: 'disk', agent: 0, fault: 'slow', forMs: 8000 },
        { atMs: 5200, type: 'disk', agent: 0, fault: 'broken', forMs: 8000 },
        injectAt(5000, { durationMs: 500 }),
      ],
    },
  },
  {
    name: 'what we have stopped passes for stopped by others',
    peer: 'ours, found by a seed: a second pause was confirmed while its target was stopped',
    changes: [
      {
        file: 'agent/limits/target-held.ts',
        find: 'if (!fault.stopsTargets) return [];',
        replace: "if (!fault.stopsTargets || fault.binding !== 'kernel') return [];",
      },
      holderLooksNoMore,
    ],
    provocation: {
      host: stopping,
      happenings: [
        injectAt(5000, { choice: 'all', durationMs: 8000 }),
        injectAt(12_800, { choice: 'all' }),
        // It has looked while the first one still held, and is recorded when that has let go.
        { atMs: 12_810, type: 'disk', agent: 0, fault: 'slow', forMs: 800 },
        { atMs: 17_000, type: 'kill', agent: 0, who: 'holder' },
      ],
    },
  },
  {
    name: 'what its holder let go of is undone again',
    peer: 'ours, found by a seed: a process that others stopped while the holder started was set going',
    changes: [
      { file: 'agent/engine/engine.ts', find: 'if (hold.hasLetGo) return;', replace: '' },
      {
        file: 'agent/engine/hold.ts',
        find: 'hold.hasLetGo ? hold.subject.targets.map(() => true) : hold.subject.wasStopped',
        replace: 'hold.subject.wasStopped',
      },
    ],
    provocation: {
      host: stopping,
      happenings: [
        injectAt(5000, { choice: 'all', durationMs: 5000 }),
        { atMs: 5030, type: 'stop-victim', agent: 0, victim: 1, forMs: 25_000 },
      ],
    },
  },
  {
    name: 'a restore waits for the disk',
    peer: 'writes down that it will restore, and cannot',
    changes: [
      {
        file: 'agent/engine/engine.ts',
        find: 'holds.get(effect.faultId)?.holder?.release(effect.target);',
        replace:
          "ports.store.audit({ action: 'release', by: '', detail: '' }).then(() => holds.get(effect.faultId)?.holder?.release(effect.target), () => undefined);",
      },
      {
        file: 'agent/engine/engine.ts',
        find: 'holds.get(effect.faultId)?.holder?.kill();',
        replace:
          "ports.store.audit({ action: 'kill', by: '', detail: '' }).then(() => holds.get(effect.faultId)?.holder?.kill(), () => undefined);",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000),
        { atMs: 6000, type: 'disk', agent: 0, fault: 'broken', forMs: 20_000 },
        { atMs: 6500, type: 'restore-all', agent: 0 },
      ],
    },
  },
  {
    name: 'what others had stopped is set going',
    peer: 'pumba: unpause, whoever paused',
    changes: [
      {
        file: 'agent/engine/examiner.ts',
        find: "wasStopped: processes.map((process) => process.state === 'T'),",
        replace: 'wasStopped: processes.map(() => false),',
      },
      holderLooksNoMore,
    ],
    provocation: {
      host: stopping,
      happenings: [
        { atMs: 3000, type: 'stop-victim', agent: 0, victim: 0, forMs: 60_000 },
        { atMs: 3000, type: 'stop-victim', agent: 0, victim: 1, forMs: 60_000 },
        { atMs: 3000, type: 'stop-victim', agent: 0, victim: 2, forMs: 60_000 },
        { atMs: 3000, type: 'stop-victim', agent: 0, victim: 3, forMs: 60_000 },
        injectAt(9000, { durationMs: 8000 }),
        { atMs: 11_000, type: 'kill', agent: 0, who: 'holder' },
      ],
    },
  },
  {
    name: 'protected by its name only',
    peer: 'chaoskube style: an exclude list of names',
    changes: [
      {
        file: 'agent/engine/pick.ts',
        find: 'const free = matches.filter((match) => match.protectedBy.length === 0);',
        replace: 'const free = [...matches];',
      },
      {
        file: 'agent/limits/index.ts',
        find: '  protectedTargetsLimit,\n  watchdogLimit,',
        replace: '  watchdogLimit,',
      },
    ],
    provocation: { host: { ...tracing, processesMax: 8 }, happenings: [injectAt(5000, { choice: 'all' })] },
  },
  {
    name: 'a record that cannot be read is passed over',
    peer: 'upgrades that drop what they do not know',
    changes: [
      {
        file: 'agent/engine/examiner.ts',
        find: 'if (problem === undefined) return [];',
        replace: 'if (problem === undefined || problem.length > 0) return [];',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [{ atMs: 4000, type: 'damage-journal', agent: 0, forMs: 60_000 }, injectAt(40_000)],
    },
  },
  {
    name: 'a value is put back without a look',
    peer: 'pumba, comcast: the end of a fault writes, whatever somebody has set meanwhile',
    changes: [
      { file: 'agent/host/settings/index.ts', find: "if (before.state !== 'ours') return before;", replace: '' },
      {
        file: 'agent/host/settings/thread-setting.ts',
        find: '(value === kept.ours && original !== value ? original : undefined)',
        replace: '(original !== value ? original : undefined)',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { kind: 'process.renice', choice: 'all', durationMs: 8000 }),
        { atMs: 7000, type: 'renice-victim', agent: 0, victim: 1, nice: 4 },
      ],
    },
  },
  {
    name: 'a default is put back',
    peer: 'comcast, toxiproxy: what was there before is not asked for, and the default comes back',
    changes: [
      {
        file: 'agent/host/settings/thread-setting.ts',
        find: '(value === kept.ours && original !== value ? original : undefined)',
        replace: "(value === kept.ours && original !== value ? '0' : undefined)",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        { atMs: 4000, type: 'renice-victim', agent: 0, victim: 1, nice: 4 },
        injectAt(5000, { kind: 'process.renice', choice: 'all', durationMs: 8000 }),
      ],
    },
  },
  {
    name: 'the original is in memory',
    peer: 'blockade, pumba: what to put back is known to nobody once the program is gone',
    changes: [
      {
        file: 'agent/app/store.ts',
        find: "if (kind.undo === 'settings') return (subject.kept ?? []).map((kept) => ({ type: 'put-back', kept }));",
        replace: "if (kind.undo === 'settings') return [{ type: 'none' }];",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { kind: 'process.renice', choice: 'all', durationMs: 8000 }),
        { atMs: 6500, type: 'kill', agent: 0, who: 'both' },
      ],
    },
  },
  {
    name: 'what was set half-way stays',
    peer: 'chaosd: an attack that failed is not recovered',
    changes: [
      {
        file: 'agent/faults/hold-settings.ts',
        find: 'await putBackAll(held, kernel);\n    throw error;',
        replace: 'throw error;',
      },
      {
        file: 'agent/engine/engine.ts',
        find: "case 'settings':\n        putBack(hold);\n        return;",
        replace: "case 'settings':\n        return;",
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { kind: 'process.renice', choice: 'all', durationMs: 8000 }),
        // While the holder starts: its last target is gone when it comes to it.
        { atMs: 5030, type: 'end-victim', agent: 0, victim: 3 },
      ],
    },
  },
  {
    name: 'a number is set, whoever has it now',
    peer: 'chaosd, pumba: a bare pid is the target',
    changes: [
      {
        file: 'agent/faults/hold-settings.ts',
        find: 'if (target && !kernel.isAlive(target)) {',
        replace: 'if (target && !target) {',
      },
    ],
    provocation: {
      host: tracing,
      happenings: [
        injectAt(5000, { kind: 'process.renice', choice: 'all', durationMs: 8000 }),
        // While the holder starts, and in the same tick of the clock by which identities are told apart.
        { atMs: 5060, type: 'reuse-pid', agent: 0, victim: 3 },
      ],
    },
  },
  {
    name: 'a host that is gone ends the coordinator',
    peer: 'ours, found by CI on a slow machine: a call failed before its failure was waited for',
    changes: [
      {
        file: 'coordinator/engine/host-orders.ts',
        find: `const restored = fleet.restore(host, { runId }, reason.slice(0, 1000)).then(
    (receipts)`,
        replace: `const restoring = fleet.restore(host, { runId }, reason.slice(0, 1000));
  if (hasNameless) await learnIds(context, runId, host);
  const restored = restoring.then(
    (receipts)`,
      },
    ],
    provocation: {
      host: { ...tracing, hasSupervisor: false },
      happenings: [
        // In the middle of the inject.
        { atMs: 5000, type: 'kill-at-step', agent: 0, who: 'agent', steps: 9 },
        submitAt(8000, { kind: 'process.pause' }),
      ],
    },
  },
];
