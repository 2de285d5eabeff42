/** What kind of machine this is, for `leash-agent check`. It starts programs to find out, which the daemon never does. */
import { osInfo, system } from 'systeminformation';

const withinMs = 3000;

/** "Debian GNU/Linux 12, virtual (kvm)"; empty where nothing could be found out in time. */
export async function machineText(): Promise<string> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, withinMs, undefined).unref());
  const facts = await Promise.race([Promise.all([osInfo(), system()]), late]).catch(() => undefined);
  if (!facts) return '';
  const [{ distro, release, arch }, { virtual, virtualHost }] = facts;
  return `${distro} ${release}, ${arch}${virtual ? `, virtual${virtualHost ? ` (${virtualHost})` : ''}` : ''}`;
}
