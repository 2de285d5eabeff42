/** What this host still lacks to run a coordinator that hosts can join: one line each, with the command that mends it. */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { check, type ReadinessCheck } from './readiness.ts';

/** As the unit of the coordinator reads them. */
export const coordinatorConfigDirectory = '/etc/leash-coordinator';
const httpPortDefault = 7444;

/** In the order in which they are mended: each command may need what the one before has made. */
export function coordinatorReadiness(directory: string, whyUnreachable: string): readonly ReadinessCheck[] {
  const settingsPath = join(directory, 'coordinator.env');
  const settings = readSettings(settingsPath);
  const [authority, certificates] = [
    settings.get('LEASH_CA') ?? join(directory, 'ca'),
    settings.get('LEASH_TLS') ?? join(directory, 'tls'),
  ];
  const isListOfItsOwn = settings.has('LEASH_INVENTORY') && !settings.has('LEASH_CA');
  const isToldHosts = settings.has('LEASH_INVENTORY') || settings.has('LEASH_CA');
  return [
    check(
      'authority',
      isListOfItsOwn || existsSync(authority),
      isListOfItsOwn ? 'elsewhere' : existsSync(authority) ? authority : `${authority} is missing: no host can join`,
      `leash ca init --dir ${authority}`,
    ),
    check(
      'certificate of the coordinator',
      existsSync(certificates),
      existsSync(certificates) ? certificates : `${certificates} is missing: no agent will believe it`,
      `leash ca issue --dir ${authority} --role coordinator --name ${hostname()} --out ${certificates} && chown -R leash-coordinator: ${authority} ${certificates}`,
    ),
    check(
      'settings',
      isToldHosts,
      isToldHosts ? settingsPath : `${settingsPath} does not say which hosts there are`,
      `printf '%s\\n' LEASH_TLS=${certificates} LEASH_CA=${authority} LEASH_HTTP=0.0.0.0:${httpPortDefault} >> ${settingsPath}`,
    ),
    check('coordinator', false, whyUnreachable, 'systemctl enable --now leash-coordinator'),
  ];
}

/** What a host is told to join this coordinator by; "HOST:PORT". */
export function joinAddress(directory: string): string {
  const port = /:(\d+)$/.exec(readSettings(join(directory, 'coordinator.env')).get('LEASH_HTTP') ?? '')?.[1];
  return `${hostname()}:${port ?? httpPortDefault}`;
}

/** systemd.exec(5), EnvironmentFile=: the last line of a name holds. None where it may not be read. */
function readSettings(path: string): ReadonlyMap<string, string> {
  try {
    const rows = readFileSync(path, 'utf8').matchAll(/^(LEASH_\w+)=(\S+)/gm);
    return new Map([...rows].map(([, name = '', value = '']) => [name, value]));
  } catch {
    return new Map();
  }
}
