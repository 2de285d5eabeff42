/** The peer of a Unix socket, as the kernel recorded it when it connected (SO_PEERCRED, unix(7)). */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { loadLibc, type NativeFunction } from './libc.ts';
import type { Peer } from './peer.ts';

const solSocket = 1;
const soPeerCredentials = 17;
/** What /proc/PID/loginuid holds for a process that no login started. */
const noLogin = 4_294_967_295;

let getsockopt: NativeFunction | undefined;

export function localPeer(socket: Socket): Peer {
  const credentials = peerCredentials(socket);
  if (!credentials)
    return {
      kind: 'local',
      uid: undefined,
      pid: undefined,
      loginUid: undefined,
    };
  return { kind: 'local', ...credentials, loginUid: loginUid(credentials.pid) };
}

function peerCredentials(socket: Socket): { pid: number; uid: number } | undefined {
  const libc = loadLibc();
  // Node has no public way to a socket's descriptor.
  const descriptor = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
  if (libc instanceof Error || descriptor === undefined || descriptor < 0) return undefined;
  getsockopt ??= libc.func(
    'int getsockopt(int socket, int level, int name, _Out_ uint32_t *value, _Inout_ uint32_t *length)',
  );
  const ucred = new Uint32Array(3);
  const length = new Uint32Array([ucred.byteLength]);
  if (getsockopt(descriptor, solSocket, soPeerCredentials, ucred, length) !== 0) return undefined;
  return { pid: ucred[0] as number, uid: ucred[1] as number };
}

function loginUid(pid: number): number | undefined {
  try {
    const uid = Number(readFileSync(`/proc/${pid}/loginuid`, 'latin1'));
    return Number.isInteger(uid) && uid !== noLogin ? uid : undefined;
  } catch {
    return undefined;
  }
}
