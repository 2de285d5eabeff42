/** What a service tells systemd: sd_notify(3) by a datagram of our own, since Node has no Unix datagram socket. */
import { requireLibc } from './libc.ts';

export interface ServiceManager {
  /** "READY=1", "STATUS=…", "STOPPING=1"; does nothing where no service manager listens. */
  notify(state: string): void;
  /** How often the watchdog is fed: a quarter of WATCHDOG_USEC, so that an overloaded host may be late by most of it. Undefined where there is none. */
  readonly watchdogEveryMs: number | undefined;
}

const afUnix = 1;
const sockDgram = 2;
const sockCloexec = 0o2000000;
const msgDontwait = 0x40;

/** @param environment NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd sets them. */
export function createServiceManager(environment: NodeJS.ProcessEnv = process.env): ServiceManager {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: watchdogUs, WATCHDOG_PID: watchdogPid } = environment;
  if (!path) return { notify: () => undefined, watchdogEveryMs: undefined };
  const libc = requireLibc();
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'intptr_t sendto(int fd, void *data, size_t length, int flags, void *address, uint32_t size)',
  );
  const descriptor = socket(afUnix, sockDgram | sockCloexec, 0) as number;
  const address = socketAddress(path);
  const isOurs = watchdogPid === undefined || Number(watchdogPid) === process.pid;
  return {
    notify(state) {
      const bytes = Buffer.from(state);
      sendto(descriptor, bytes, bytes.length, msgDontwait, address, address.length);
    },
    watchdogEveryMs: watchdogUs && isOurs ? Number(watchdogUs) / 4000 : undefined,
  };
}

/** sockaddr_un (unix(7)); a leading @ stands for the NUL of an abstract name. */
function socketAddress(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : path);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(afUnix);
  return Buffer.concat([family, name]);
}
