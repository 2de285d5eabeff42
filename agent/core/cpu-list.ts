/** Lists of CPUs as the kernel writes them: "0-3,8" (cpuset(7), "Formats"). */

export const cpusMax = 4096;

/** In order, each once; undefined for what is no such list. */
export function parseCpuList(text: string): readonly number[] | undefined {
  if (text.length > 4096 || !/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(text)) return undefined;
  const cpus = new Set<number>();
  for (const part of text.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (last < first || last >= cpusMax) return undefined;
    for (let cpu = first; cpu <= last; cpu += 1) cpus.add(cpu);
  }
  return [...cpus].sort((one, other) => one - other);
}

/** The one way in which the kernel writes them. @param cpus in order, each once. */
export function formatCpuList(cpus: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < cpus.length; ) {
    let end = at;
    while (cpus[end + 1] === (cpus[end] as number) + 1) end += 1;
    parts.push(end === at ? `${cpus[at]}` : `${cpus[at]}-${cpus[end]}`);
    at = end + 1;
  }
  return parts.join(',');
}
