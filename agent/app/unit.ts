/**
 * The agent's systemd unit, made from the needs of the faults. `systemd/leash-agent.service` is its output, and a test
 * keeps it so. systemd.exec(5), systemd.service(5), systemd.resource-control(5).
 */
import type { FaultKind } from '../faults/fault-kind.ts';

/** What the default unit grants; a fault that needs more is refused by name until a drop-in grants it. */
export const defaultCapabilities: readonly string[] = ['CAP_KILL', 'CAP_SYS_PTRACE'];

/** It is silent where a host has not joined, and follows nothing out of the directory. */
export function keysBelongTo(user: string): string {
  return `/bin/chown --silent --recursive --no-dereference ${user}: /etc/leash/tls`;
}

export function agentUnit(kinds: readonly FaultKind[]): string {
  const asked = new Set(
    kinds.flatMap((kind) => kind.needs.filter((need) => need.kind === 'capability')).map((need) => need.name),
  );
  const granted = defaultCapabilities.filter((name) => asked.has(name)).join(' ');
  const why = kinds
    .flatMap((kind) => kind.needs.filter((need) => need.kind === 'capability').map((need) => ({ kind, need })))
    .filter(({ need }) => defaultCapabilities.includes(need.name))
    .map(({ kind, need }) => `#   ${kind.kind} (${need.bindings.join(', ')}): ${need.name}`);
  return `# Made by \`leash-agent unit\` from the needs of the faults; edit a drop-in, not this file.
[Unit]
Description=Leash agent: fault injection that always lets go
Documentation=file:/usr/share/doc/leash-agent/operations.md
After=network.target
# Five crashes must not be the end of the one that lets go.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
User=leash
Group=leash

# The way home needs no healthy agent: what the journal still holds is undone before each start and after each end.
# Where it listens and by which certificate, as \`leash-agent join\` wrote it: LEASH_LISTEN=, LEASH_TLS=, LEASH_HOST_NAME=
EnvironmentFile=-/etc/leash/agent.env
ExecStartPre=-/usr/bin/leash-agent restore
# A key is read by its owner alone, which is whoever the agent is: the drop-in service says root.
ExecStartPre=+-${keysBelongTo('leash')}
ExecStart=/usr/bin/leash-agent serve
# Reads the policy again. One that is not right is refused, and nothing is injected until it is.
ExecReload=/bin/kill -HUP $MAINPID
ExecStopPost=-/usr/bin/leash-agent restore
Restart=always
RestartSec=500ms
# systemd 252 now and then misses that its control group is empty, and begins ExecStopPost= only when this is over.
TimeoutStopSec=8s

# SIGABRT would stay pending on an agent that is stopped; SIGKILL ends it, and the kernel ends its holders.
WatchdogSec=10s
WatchdogSignal=SIGKILL
KillMode=control-group

StateDirectory=leash
StateDirectoryMode=0700
RuntimeDirectory=leash
RuntimeDirectoryMode=0770
# /run/leash/HALT must outlive a restart.
RuntimeDirectoryPreserve=yes
ConfigurationDirectory=leash

# Stressors run in a sub-cgroup of this one. The agent goes on when one of them is killed for memory.
Delegate=yes
OOMPolicy=continue
OOMScoreAdjust=-900
CPUWeight=1000

# CAP_SYS_PTRACE is as good as root on this host: what follows is hygiene, not containment. Needed by:
${why.join('\n')}
AmbientCapabilities=${granted}
CapabilityBoundingSet=${granted}
NoNewPrivileges=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey ptrace
SystemCallFilter=~process_vm_readv process_vm_writev @mount @swap @reboot @module @raw-io @obsolete @cpu-emulation
SystemCallErrorNumber=EPERM
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
# Nobody reaches the agent over the network until \`leash-agent join\`, or a drop-in, allows the coordinator (IPAddressAllow=).
IPAddressDeny=any
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
UMask=0077
LimitNOFILE=8192

[Install]
WantedBy=multi-user.target
`;
}
