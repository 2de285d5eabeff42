/** The machine itself, by systeminformation, which starts programs to find out: so the daemon never asks this. */
import { osInfo, system } from 'systeminformation';
import type { LabelSource, Labels } from './label-source.ts';

export const machine: LabelSource = {
  name: 'machine',
  isCloud: false,
  summary: 'what systeminformation finds: os, os-version, arch, virtual, maker, model',
  async read() {
    const [{ distro, release, arch }, { virtual, virtualHost, manufacturer, model }] = await Promise.all([
      osInfo(),
      system(),
    ]);
    return known({
      os: distro,
      'os-version': release,
      arch,
      virtual: virtual ? virtualHost || 'yes' : 'no',
      maker: manufacturer,
      model,
    });
  },
};

function known(found: Labels): Labels {
  const rows = Object.entries(found).map(([key, value]) => [key, value.trim().slice(0, 256)] as const);
  return Object.fromEntries(rows.filter(([, value]) => value !== '' && value !== 'unknown'));
}
