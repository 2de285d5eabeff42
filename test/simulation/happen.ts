/** Makes the happenings of a scenario happen to a world. */
import type { Experiment, FaultStep } from '../../coordinator/core/experiment.ts';
import type { Engine } from '../../coordinator/engine/engine-api.ts';
import { leash } from '../../proto/codec.ts';
import { agentService } from '../../proto/services.ts';
import { canary, experiment } from '../unit/coordinator/world.ts';
import { haltFiles } from './programs/agent-program.ts';
import { stateDirectory } from './programs/readiness.ts';
import type { ExperimentDrawn, Happening } from './scenario.ts';
import { choiceOf, injectByHand, parametersOf, runTool } from './tooling.ts';
import type { Process } from './world/process.ts';
import { type AgentHost, type CoordinatorHost, losePower, readAudit, type World } from './world.ts';

export function happen(world: World, happening: Happening, number: number): void {
  const { timeline } = world;
  const after = (ms: number, undo: () => void): void => {
    const once = (): void => {
      if (world.lasting.delete(once)) undo();
    };
    world.lasting.add(once);
    timeline.at(timeline.nowMs() + ms, once);
  };
  const agent = 'agent' in happening ? (world.agents[happening.agent % world.agents.length] as AgentHost) : undefined;
  const coordinator =
    'coordinator' in happening
      ? (world.coordinators[happening.coordinator % world.coordinators.length] as CoordinatorHost)
      : undefined;

  switch (happening.type) {
    case 'submit':
      operate(coordinator as CoordinatorHost, (engine) => submit(world, engine, happening, number));
      return;
    case 'abort':
      operate(coordinator as CoordinatorHost, async (engine) => {
        const [run] = await engine.runs(1);
        if (run) await engine.abort(run.facts.runId, 'a test', 'alice');
      });
      return;
    case 'halt-fleet':
      operate(coordinator as CoordinatorHost, (engine) =>
        engine.halt({ requestId: `halt-fleet-${number}`, reason: 'a test', by: 'alice' }),
      );
      return;
    case 'rearm-fleet':
      operate(coordinator as CoordinatorHost, (engine) => engine.rearm({ hosts: [], reason: 'a test', by: 'bob' }));
      return;
    case 'inject':
      runTool(world, 'runner', agent as AgentHost, (client, process) =>
        injectByHand(client, process, `by-hand-key-${number}`, happening),
      );
      return;
    case 'halt':
      after(happening.delayMs, () =>
        haltByHand(world, agent as AgentHost, happening.isSameId ? 'halt-again' : `halt-${number}`),
      );
      return;
    case 'rearm':
      rearmByHand(world, agent as AgentHost, happening.delayMs);
      return;
    case 'restore-all':
      runTool(world, 'runner', agent as AgentHost, (client) =>
        client.call(agentService.restore, new leash.v1.RestoreRequest({ everything: true, reason: 'a test' }), 6000),
      );
      return;
    case 'halt-by-force':
      if (agent?.host.isRunning) agent.service.haltByForce();
      return;
    case 'halt-file': {
      const path = haltFiles[0] as string;
      agent?.host.disk.plant(path, Buffer.from('halt\n'));
      after(happening.forMs, () => agent?.host.disk.unlink(path));
      return;
    }
    case 'kill':
      for (const process of partsOf(agent as AgentHost, happening.who)) process.signal('SIGKILL');
      return;
    case 'kill-at-step':
      for (const process of partsOf(agent as AgentHost, happening.who)) process.stepsLeft = happening.steps;
      return;
    case 'stop': {
      const stopped = partsOf(agent as AgentHost, happening.who);
      for (const process of stopped) process.signal('SIGSTOP');
      after(happening.forMs, () => {
        for (const process of stopped) process.signal('SIGCONT');
      });
      return;
    }
    case 'kill-coordinator':
      if (coordinator?.process) coordinator.process.stepsLeft = happening.steps;
      return;
    case 'stop-coordinator': {
      const process = coordinator?.process;
      process?.signal('SIGSTOP');
      after(happening.forMs, () => process?.signal('SIGCONT'));
      return;
    }
    case 'break-store': {
      const { kept } = coordinator as CoordinatorHost;
      kept.isBroken = true;
      after(happening.forMs, () => {
        kept.isBroken = false;
      });
      return;
    }
    case 'cut':
      cut(world, agent as AgentHost, happening.way, (mend) => after(happening.forMs, mend));
      return;
    case 'weather': {
      const { weather } = world.network;
      const before = { ...weather };
      world.network.wasDisturbed = true;
      Object.assign(weather, {
        delayMaxMs: happening.delayMaxMs,
        lossChance: happening.loss,
        doubleChance: happening.double,
      });
      after(happening.forMs, () => void Object.assign(weather, before));
      return;
    }
    case 'disk': {
      const { host } = agent as AgentHost;
      const { faults } = host.disk;
      const set = (isOn: boolean): void => {
        if (happening.fault === 'full') faults.isFull = isOn;
        else if (happening.fault === 'broken') faults.isBroken = isOn;
        else faults.slownessMs = isOn ? 700 : 0;
        // On a full one, what is overwritten in place has its room already.
        if (happening.fault === 'full') return;
        if (isOn) world.observer.standsStill(host.name, 'disk');
        else world.observer.goesOn(host.name, 'disk');
      };
      set(true);
      after(happening.forMs, () => set(false));
      return;
    }
    case 'suspend':
      agent?.host.suspend();
      after(happening.forMs, () => agent?.host.resume());
      return;
    case 'jump-clock':
      agent?.host.jumpWallClock(happening.byMs);
      return;
    case 'lose-power':
      if (!agent?.host.isUp) return;
      readAudit(world, agent.host);
      losePower(agent.host);
      after(happening.forMs, () => world.boot(agent));
      return;
    case 'end-victim':
      victimOf(agent as AgentHost, happening.victim)?.signal('SIGKILL');
      return;
    case 'reuse-pid':
      reusePid(world, agent as AgentHost, happening.victim);
      return;
    case 'stop-victim': {
      const victim = victimOf(agent as AgentHost, happening.victim);
      // Who is stopped by us already is another story: nobody can tell the two stops apart.
      if (!victim || victim.isStopped) return;
      victim.signal('SIGSTOP');
      after(happening.forMs, () => victim.signal('SIGCONT'));
      return;
    }
    case 'renice-victim':
      victimOf(agent as AgentHost, happening.victim)?.renice(happening.nice);
      return;
    case 'no-fork': {
      const { host } = agent as AgentHost;
      host.isOutOfProcesses = true;
      after(happening.forMs, () => {
        host.isOutOfProcesses = false;
      });
      return;
    }
    case 'damage-journal':
      damageJournal(world, agent as AgentHost, (mend) => after(happening.forMs, mend));
      return;
    case 'service':
      serviceBecomes(world, happening.state);
      after(happening.forMs, () => serviceBecomes(world, 'well'));
      return;
  }
}

export function serviceBecomes(world: World, state: World['service']): void {
  world.service = state;
  world.serviceHistory.push({ fromMs: world.timeline.nowMs(), state });
}

/** Whatever was broken works again, and what people and tools began is given up. */
export function calmDown(world: World): void {
  world.observer.calmFromMs = world.timeline.nowMs();
  for (const undo of [...world.lasting]) undo();
  for (const process of [...world.desk.processes()]) if (process !== world.desk.init) process.signal('SIGKILL');
  abortAll(world);
  // A coordinator that is only starting now takes up its runs again, and is told too.
  world.timeline.at(world.timeline.nowMs() + startedWithinMs, () => abortAll(world));
}

const startedWithinMs = 9000;

function abortAll(world: World): void {
  for (const coordinator of world.coordinators) {
    operate(coordinator, async (engine) => {
      for (const run of await engine.runs(100)) {
        if (run.life.phase !== 'ended') await engine.abort(run.facts.runId, 'the calm', 'alice');
      }
    });
  }
}

/** As if an operator had asked by the API; a coordinator that is away is not asked. */
function operate(coordinator: CoordinatorHost, ask: (engine: Engine) => Promise<unknown>): void {
  const { process, engine } = coordinator;
  if (!process?.canRun || !engine) return;
  process.run(() => {
    // Refusals are answers, and somebody reads them.
    ask(engine).catch(() => undefined);
  });
}

async function submit(world: World, engine: Engine, drawn: ExperimentDrawn, number: number): Promise<void> {
  const submitted = experimentOf(drawn, number);
  const { run } = await engine.submit({ name: 'test.yaml', text: JSON.stringify(submitted) }, 'alice');
  world.submitted.push({ runId: run.facts.runId, experiment: submitted });
  await engine.start(run.facts.runId, 'alice');
}

function experimentOf(drawn: ExperimentDrawn, number: number): Experiment {
  const processes = { selector: { name: 'worker' }, choice: choiceOf(drawn.choice, drawn.percent) };
  const targets = {
    hosts: { labels: { app: 'shop' }, names: [], choice: { mode: drawn.hosts } },
    ...(drawn.kind === 'stress.cpu' ? {} : { processes }),
  };
  const step = (index: number): FaultStep => ({
    kind: 'fault',
    number: index + 1,
    fault: drawn.kind,
    parameters: parametersOf(drawn.kind),
    durationMs: drawn.durationMs,
    reselect: true,
    consentIrreversible: true,
    targets,
    line: 1,
  });
  return experiment(
    Array.from({ length: drawn.groups }, (_, index) => [step(index)]),
    {
      name: `experiment-${number}`,
      blastRadius: { hosts: drawn.hostsMax },
      targets,
      probes: drawn.hasRule ? [canary] : [],
      abort: drawn.hasRule ? [{ text: 'canary.latencyMs > 500.0', line: 1, forMs: 2000 }] : [],
      leaseTtlMs: drawn.leaseMs,
    },
  );
}

function haltByHand(world: World, agent: AgentHost, requestId: string): void {
  runTool(world, 'halter', agent, (client) =>
    client.call(agentService.halt, new leash.v1.HaltRequest({ requestId, reason: 'a test' }), 6000),
  );
}

function rearmByHand(world: World, agent: AgentHost, delayMs: number): void {
  runTool(world, 'rearmer', agent, async (client, process) => {
    const { halt } = await client.call(agentService.describe, new leash.v1.DescribeRequest(), 2000);
    await new Promise<void>((resolve) => void process.after(delayMs, resolve));
    const expectedEpoch = Number(halt?.epoch ?? 0);
    await client.call(agentService.rearm, new leash.v1.RearmRequest({ expectedEpoch, reason: 'a test' }), 5000);
  });
}

function partsOf({ service }: AgentHost, who: 'agent' | 'holder' | 'both'): readonly Process[] {
  const agent = service.agent();
  const holders = service.holders();
  switch (who) {
    case 'agent':
      return agent ? [agent] : [];
    case 'holder':
      return holders;
    case 'both':
      return agent ? [...holders, agent] : holders;
  }
}

function victimOf({ host }: AgentHost, number: number): Process | undefined {
  const victims = [...host.processes()].filter(
    (process) => process.plan.program === 'worker' && !process.plan.isProtected,
  );
  return victims[number % Math.max(1, victims.length)];
}

/** Its number comes to mean another process, at once; in the same tick where only a descriptor can tell the two apart. */
function reusePid(world: World, agent: AgentHost, number: number): void {
  const victim = victimOf(agent, number);
  if (!victim) return;
  const { pid, startTicks, tracer } = victim;
  victim.signal('SIGKILL');
  const isOpen = agent.service.holders().length > 0 && !tracer;
  world.spawnVictim(agent.host, isOpen ? { pid, startTicks } : { pid });
}

function cut(world: World, { host }: AgentHost, way: 'to' | 'from' | 'both', later: (mend: () => void) => void): void {
  for (const { host: other } of world.coordinators) {
    const ways = [
      ...(way === 'from' ? [] : [[other.name, host.name] as const]),
      ...(way === 'to' ? [] : [[host.name, other.name] as const]),
    ];
    for (const [from, to] of ways) {
      world.network.cut(from, to);
      later(() => world.network.mend(from, to));
    }
  }
}

/** As a newer version would leave it: a whole record, of a kind that this one does not know. */
function damageJournal(world: World, { host, service }: AgentHost, later: (mend: () => void) => void): void {
  const node = host.disk.find(`${stateDirectory}/journal`);
  if (!host.isUp || !node || node.bytes.length < slotAt + copyBytes) return;
  service.agent()?.signal('SIGKILL');
  const note = (what: 'journal-damaged' | 'journal-mended'): void => {
    world.observer.accidents.push({ host: host.name, atMs: world.timeline.nowMs(), what, detail: '' });
  };
  const scratch = Buffer.alloc(2 * copyBytes, 0x55);
  node.write(scratch, slotAt);
  node.sync();
  note('journal-damaged');
  later(() => {
    note('journal-mended');
    node.write(Buffer.alloc(2 * copyBytes), slotAt);
    node.sync();
    service.agent()?.signal('SIGKILL');
  });
}

const copyBytes = 4096;
/** The last of 64 slots, which is never taken here. */
const slotAt = 63 * 2 * copyBytes;
