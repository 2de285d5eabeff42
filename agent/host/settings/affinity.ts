/** The CPUs that each thread of a process may run on (sched_setaffinity(2)). */
import { formatCpuList, parseCpuList } from '../../core/cpu-list.ts';
import { setCpus } from '../native/thread-scheduling.ts';
import { readUnlessGone } from '../read-stat.ts';
import { threadSetting } from './thread-setting.ts';

export const affinity = threadSetting({
  what: 'affinity',
  isValue(text) {
    const cpus = parseCpuList(text);
    return cpus !== undefined && formatCpuList(cpus) === text;
  },
  read(folder) {
    const text = readUnlessGone(`${folder}/status`);
    return text === undefined ? undefined : /^Cpus_allowed_list:\s*(\S+)$/m.exec(text)?.[1];
  },
  /** Of others the kernel would leave some out, and the value would then not be the one that was set. */
  objection(ours, values) {
    const allowed = new Set(values.flatMap((value) => parseCpuList(value) ?? []));
    const strange = (parseCpuList(ours) ?? []).filter((cpu) => !allowed.has(cpu));
    if (strange.length === 0) return undefined;
    return `it may not run on CPU ${formatCpuList(strange)}, only on ${formatCpuList([...allowed].sort((a, b) => a - b))}`;
  },
  write: (tid, value) => setCpus(tid, parseCpuList(value) ?? []),
});
