/** Questions to the kernel over a netlink socket of its own, answered within the call (netlink(7)). */
import { closeSync } from 'node:fs';
import { checked, lazily } from './system-call.ts';

const familyNetlink = 16;
const socketRaw = 3;
const closeOnExec = 0x8_0000;
const protocolNetfilter = 12;
const levelSocket = 1;
const receiveTimeout = 20;
const waitAtMostMicroseconds = 200_000n;

const flagRequest = 0x1;
const flagDump = 0x300;
const flagDumpInterrupted = 0x10;
const typeError = 2;
const typeDone = 3;
const headerBytes = 16;
const answerBytesMax = 65_536;
const triesMax = 5;

const socket = lazily('int socket(int family, int type, int protocol)');
const setsockopt = lazily('int setsockopt(int fd, int level, int option, const int64_t *value, unsigned int length)');
const send = lazily('long send(int fd, const uint8_t *bytes, size_t length, int flags)');
const recv = lazily('long recv(int fd, _Out_ uint8_t *bytes, size_t length, int flags)');

export interface NetlinkMessage {
  readonly type: number;
  /** What follows the header of netlink. */
  readonly body: Buffer;
}

/** @returns what there is, message by message. @throws SystemCallError EPERM, EAFNOSUPPORT, EPROTONOSUPPORT; Error. */
export function dumpNetfilter(type: number, body: Buffer): readonly NetlinkMessage[] {
  const fd = openNetfilterSocket();
  try {
    for (let tries = 1; ; tries++) {
      const answer = dump(fd, type, body, tries);
      // Something changed while the kernel listed it.
      if (!answer.wasInterrupted) return answer.messages;
      if (tries === triesMax) throw new Error('the list changed each time it was read');
    }
  } finally {
    closeSync(fd);
  }
}

/** Undefined where such sockets can be had, or else why not. */
export function netfilterSocketMissing(): string | undefined {
  try {
    closeSync(openNetfilterSocket());
    return undefined;
  } catch (error) {
    return `netlink sockets for the packet filter are not to be had (${(error as Error).message})`;
  }
}

function openNetfilterSocket(): number {
  const fd = checked('socket(AF_NETLINK)', socket(familyNetlink, socketRaw | closeOnExec, protocolNetfilter));
  // The kernel answers before `send` returns. This is for the case that it does not.
  const timeout = BigInt64Array.of(0n, waitAtMostMicroseconds);
  checked('setsockopt', setsockopt(fd, levelSocket, receiveTimeout, timeout, 16));
  return fd;
}

function dump(
  fd: number,
  type: number,
  body: Buffer,
  sequence: number,
): { readonly messages: readonly NetlinkMessage[]; readonly wasInterrupted: boolean } {
  const request = Buffer.alloc(headerBytes + body.length);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(type, 4);
  request.writeUInt16LE(flagRequest | flagDump, 6);
  request.writeUInt32LE(sequence, 8);
  body.copy(request, headerBytes);
  checked('send', send(fd, request, request.length, 0));

  const messages: NetlinkMessage[] = [];
  let wasInterrupted = false;
  const answer = Buffer.alloc(answerBytesMax);
  for (;;) {
    const length = checked('recv', recv(fd, answer, answer.length, 0));
    for (let offset = 0; offset + headerBytes <= length; ) {
      const size = answer.readUInt32LE(offset);
      if (size < headerBytes || offset + size > length)
        throw new Error('a message of netlink has an impossible length');
      const kind = answer.readUInt16LE(offset + 4);
      wasInterrupted ||= (answer.readUInt16LE(offset + 6) & flagDumpInterrupted) !== 0;
      const content = Buffer.from(answer.subarray(offset + headerBytes, offset + size));
      if (kind === typeDone) return { messages, wasInterrupted };
      if (kind === typeError) throw new Error(`the kernel refuses the question: errno ${-content.readInt32LE(0)}`);
      messages.push({ type: kind, body: content });
      offset += (size + 3) & ~3;
    }
  }
}
