/** Whether one host hears another: by real connections, and by datagrams that are counted. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

export type Answer = 'answered' | 'refused' | 'silent';

/** One connection, one word there and back. */
export function askTcp(host: string, port: number, withinMs = 400): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle('silent'), withinMs);
    socket.on('connect', () => socket.write('word'));
    socket.on('data', () => settle('answered'));
    socket.on('error', () => settle('refused'));
  });
}

/** One datagram, such as a DNS query. */
export async function askUdp(host: string, port: number, datagram: Buffer, withinMs = 400): Promise<Answer> {
  return (await sendUdp(host, port, [datagram], withinMs)) > 0 ? 'answered' : 'silent';
}

/** @returns how many came back, at the latest `quietMs` after the last one did, or was sent. */
export function sendUdp(host: string, port: number, datagrams: readonly Buffer[], quietMs = 400): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 * 2 ** 20 });
    let received = 0;
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(timer);
      socket.close();
      resolve(received);
    };
    socket.on('error', () => {});
    socket.on('message', () => {
      received += 1;
      timer?.refresh();
      if (timer && received === datagrams.length) settle();
    });
    let next = 0;
    // A few at a time, since a receiver that sleeps loses what its buffer cannot hold.
    const sendSome = (): void => {
      for (const until = Math.min(next + 16, datagrams.length); next < until; next++) {
        socket.send(datagrams[next] as Buffer, port, host, () => {});
      }
      if (next < datagrams.length) setImmediate(sendSome);
      else if (received === datagrams.length) settle();
      else timer = setTimeout(settle, quietMs);
    };
    socket.bind(0, sendSome);
  });
}
