/** What a queue of ours does to packets, in the words of tc-netem(8), and which ports it spares. */

/** Of an interface (include/uapi/linux/if.h, IFNAMSIZ), and never an option. */
export function isInterfaceName(name: string): boolean {
  return /^(?![-.])[\w.@-]{1,15}$/.test(name);
}

const netem = '(delay \\d{1,8}us \\d{1,8}us|corrupt \\d{1,3}(\\.\\d{1,4})?%|duplicate \\d{1,3}(\\.\\d{1,4})?%)';

/** "delay 100000us 10000us spare 22,7443" */
export const netemText = new RegExp(`^${netem} spare \\d{1,5}(,\\d{1,5})*$`);

export function sparing(words: string, ports: readonly number[]): string {
  return `${words} spare ${ports.join(',')}`;
}
