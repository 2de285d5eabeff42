/** The limits and the policy that sets them, as a page of documentation. `agent/limits/README.md` is its output. */
import { defaultPolicy } from '../core/policy.ts';
import type { Limit } from '../limits/limit.ts';

/** Every key of the policy once; a test keeps it so. */
export const examplePolicy = `stage: staging
labels: { app: user-service, zone: a }

# Who, what, when.
callers:
  - { who: coordinator, faults: ["process.*", "stress.cpu"] }
  - { who: spiffe://example.com/runner/alice, faults: [process.pause] }
  - { who: uid:0, faults: ["*"] }
faults: { allow: ["process.*", "stress.*"] }
bindings: { allow: [kernel, journal, one-shot] }
journalWithoutSupervisor: false
windows:
  timeZone: Europe/Berlin
  allow:
    - { days: [mon, tue, wed, thu], from: 09:00, to: 16:00 }
    - { days: [sun], from: 22:00, to: 04:00 }        # until Monday, four o'clock
  blackout:
    - { from: 2026-12-20T00:00, to: 2027-01-04T09:00 }
    - { days: [fri], from: 12:00, to: 24:00 }

# How long, how often, how much at once.
durationMax: 5m
durationDefault: 1m
leaseMax: 10s
faultsMax: 2
injectsPerMinute: 5
coolDown: { host: 30s, target: 5m }
loadMax: 2.0
pressureMax: { cpu: 80%, memory: 10%, io: 40% }

# Which processes.
processesMax: 4
processesPercentMax: 50%
survivorsMin: 1
protect:
  names: [postgres]
  users: [backup]
  units: [payments.service]
  ports: [5432]
commandLines: hidden

# What of the host.
cpuPercentMax: 80%
niceMin: 0
memoryPercentMax: 50%
memoryFloor: 1GiB
ioBytesPerSecondMax: 64MiB
paths: { allow: [/var/lib/leash] }
diskPercentMax: 90%
diskFloor: 2GiB
openFilesFloor: 8192
tasksFloor: 1024
custom:
  - { name: flush-cache, executable: /usr/local/bin/flush-cache, args: ["--shard=*"] }
changes:
  - { name: maintenance, make: [/usr/local/bin/maintenance, on], undo: [/usr/local/bin/maintenance, off], check: [/usr/local/bin/maintenance, is-on] }
# Whose signature an inject must come with.
intents: { fleet: shop, keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFXXMMpwZr6l1MZinM8OqjQ4Murk4I3+lxIFe4sFux7 sam@example.com"], commitFolder: leash/intents }
cgroups: { allow: [shop.service, /kubepods.slice/kubepods-pod1.slice] }
services: { allow: [shop.service] }
interfaces: { allow: [eth1] }
reboots: false
observe: { paths: [/var/log/shop] }

# What an ended fault may be rolled back by.
rollback:
  restart: [shop.service]
  call: ["http://127.0.0.1:8080/caches/refill"]
  run:
    - { name: refill-cache, executable: /usr/local/bin/refill-cache, args: ["--shard=*"] }
`;

export function limitTable(limits: readonly Limit[]): string {
  return [
    '# The limits of a host',
    '',
    'Made by `leash-agent limits` from the limits themselves; do not edit. They are set in `/etc/leash/policy.yaml`, which only',
    'root may write: no caller loosens them. Every key may be left out, and none may be added; a limit of 0 allows none, and',
    'none means "without limit". `leash-agent check` explains the file as it is: each limit with its value, the line that it is',
    'from, and what the host has of it now. An inject must pass every limit, and is told every "no" at once.',
    '',
    '| limit | by default | what it bounds |',
    '|---|---|---|',
    ...limits.map(
      (limit) =>
        `| \`${limit.name}\`${limit.isFixed ? ' (always)' : ''} | ${cell(limit.shown(defaultPolicy))} | ${cell(limit.summary)} |`,
    ),
    '',
    'In `stage: staging`, `durationMax` is 15m where the file names none. Eight more keys are no limits: `labels`, by which experiments choose hosts; `durationDefault`, for an inject that asks for',
    'no duration; `commandLines`, which hides the arguments of processes from callers (`hidden`), while selectors go on',
    'matching the real ones; `cgroups`, whose limits faults may set and which they may freeze; `services`, which they may stop,',
    'restart and mask; `interfaces`, whose packets they may hold up; `observe`, in whose directories host probes may look at files; and `rollback`, what the host may restart,',
    'call and run when a fault ends badly.',
    '',
    '## A policy with every key',
    '',
    '```yaml',
    `${examplePolicy}\`\`\``,
    '',
    '## Callers',
    '',
    'A row is for a role, a full certificate name, `uid:NUMBER` or `login:NUMBER` (who logged in, whatever he became since) on',
    'the local socket, `local` for all of that socket, or `"*"`. A caller may inject what any of his rows lists, and nothing',
    'where he has none. The rows say more than the table of roles does, and never less.',
    '',
    '## Signed intents',
    '',
    'Without `intents` this host believes its coordinator. With it, nothing is injected, by whomever, over TCP or on the local',
    'socket, that does not come with an intent (`leash intent`) signed by one of `keys` (`ssh-keygen -Y sign -n leash-intent`): for',
    'this `fleet`, this host and its stage, now, and for these very faults, selectors, parameters, durations and rollback. The host',
    'remembers in its state directory which runs and steps an intent was used for, also after it has run out, and takes each step',
    'once in each run. It runs no program for any of this. Restores and halts need no intent.',
    '',
    'Keys are of the kinds ssh-ed25519, ecdsa-sha2-nistp256 to 521, ssh-rsa from 2048 bits, and the two sk- kinds of security keys,',
    'whose every signature must have been touched for. With `commitFolder` a git commit that one of `keys` signed',
    '(`git commit -S` with `gpg.format=ssh`) does as well as a detached signature, for the intents that the commit itself brought into',
    'that folder of its repository: the host hashes commit and trees anew. A detached signature is for an intent and nothing else; that of',
    'a commit is for all that its author had in it, and so is only taken where the policy says so. OpenPGP signatures are not taken by hosts:',
    'they would bring a large parser with key expiry and revocation into a program that may touch every process. The coordinator takes them.',
    '',
    '## Windows',
    '',
    'A fault must fit: from now to its hard end, no allowed window closes and no blackout begins. Hours are those of the clock',
    'in `timeZone`. An end that is not after its begin is of the next day, and a window belongs to the day on which it begins.',
    'An hour that the clock skips is the instant of the skip; of one that it shows twice, an allowed window ends at the first',
    'and a blackout at the second. Without `allow` it is always allowed, but for the blackouts.',
    '',
    '## Cool-down',
    '',
    '`host` counts from the end of any fault, `target` from that of the last one that was aimed at the same service: the unit,',
    'or else the container, the program, the name. What ended before the agent started is not known, so its start counts as an end.',
    '',
    '## A busy host',
    '',
    '`loadMax` is the load average of the last minute for each processor; 2 to 4 is sensible. `pressureMax` is the share of the',
    'last ten seconds in which somebody waited (PSI, "some"). A ceiling that is set and cannot be read refuses; 100% does',
    'without.',
    '',
    '## Protected ports',
    '',
    'Who listens on a port of `protect.ports`, in the network namespace of the agent, is protected. While somebody does, so is',
    'every process whose sockets the agent may not look at: that takes `CAP_DAC_READ_SEARCH` and `CAP_SYS_PTRACE`.',
    '',
    '## Watchdogs',
    '',
    'systemd ends a unit with `WatchdogSec=` that is silent for too long, which is another fault than the one asked. Such a unit',
    'is held still (`process.pause`, `process.slow`) only with `despiteWatchdog: true`, and so is one of which it cannot be told.',
    'It is read from the environment that systemd gave the process, and from the files of the unit.',
    '',
    '## Another policy while the agent runs',
    '',
    'The file is looked at every second, before each inject, and at SIGHUP (`systemctl reload leash-agent`). One that is not',
    'right, or was removed, is refused in the log and in the audit: the former policy stays in force, nothing is injected until',
    'the file is right again, and restores and halts go on. Replace it whole (`mv`), so that nobody reads half of it.',
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
