/** Which tests on the real kernel run under the agent's unit, on a booted host, and which do not, and why. */

/** Every test in them, and none of them skipped. */
export const underUnit: readonly string[] = [
  'test/host/fault-matrix.test.ts',
  'test/host/agent-death.test.ts',
  'test/host/pause.test.ts',
  'test/host/slow.test.ts',
  'test/host/kill.test.ts',
  'test/host/halt-latch.test.ts',
  'test/host/former-holder.test.ts',
  'test/host/ptrace-traps.test.ts',
  'test/host/leaderless.test.ts',
  'test/host/observe.test.ts',
  'test/host/targeting.test.ts',
  'test/host/stress.test.ts',
  'test/host/stress-agent.test.ts',
  'test/host/stress-disk.test.ts',
  'test/host/stress-fds.test.ts',
  'test/host/stress-io.test.ts',
  'test/host/stress-load.test.ts',
  'test/host/stress-pids.test.ts',
  'test/e2e/process-faults.test.ts',
];

/** By file: what in it contradicts the unit, or takes what a booted host has not. */
export const notUnderUnit: Readonly<Record<string, string>> = {
  'test/host/audit-killed.test.ts': 'starts no agent: a writer of the audit alone',
  'test/host/custom.test.ts':
    'programs run beside the stand-in in a PID namespace: the drop-in programs, whose row is in the fault matrix',
  'test/host/exhaustion.test.ts':
    'gives the agent limits of its own on files, tasks and disk, in the place of those of the unit',
  'test/host/hanging-disk.test.ts': 'takes strace, which the booted host has not',
  'test/host/network.test.ts': 'cuts the network by the drop-in network, whose rows are in the fault matrix',
  'test/host/pid-reuse.test.ts': 'makes a PID namespace of its own for the agent',
  'test/host/program-runner.test.ts': 'asks the runner of programs by itself, without an agent',
  'test/host/ptrace-hold.test.ts': 'holds by itself, without an agent',
  'test/host/real-victims.test.ts': 'takes compilers, gdb and PostgreSQL, which the booted host has not',
  'test/host/settings.test.ts': 'writes settings by itself, without an agent',
  'test/host/stop-hold.test.ts': 'holds by itself, without an agent',
  'test/host/stress-apart.test.ts': 'makes the delegated cgroup that the unit gives',
};
