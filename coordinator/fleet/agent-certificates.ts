/** What agents show, and whether it still holds: asked at each call, for a connection outlives what opened it. */
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { type AcceptedPeer, createTlsCredentials } from '../../shared/tls-client.ts';
import type { TlsFiles } from '../../shared/tls-files.ts';
import type { TlsIdentity } from '../../shared/tls-identity.ts';
import { type InventoryHost, InventoryProblems } from './inventory.ts';

export interface AgentCertificates {
  /** For this host alone: another host's certificate must not do. With the coordinator's own certificate as it is now. */
  credentialsFor(host: InventoryHost): ChannelCredentials;
  /** Why the certificate with which a host was accepted last does not hold any more. */
  problemOf(hostName: string): string | undefined;
  /** Told when the coordinator has another certificate, or trusts other authorities. @returns a function that ends it. */
  watch(listener: () => void): () => void;
}

export function createAgentCertificates(
  identity: TlsIdentity | undefined,
  inventoryPath: string,
  unixMs: () => number,
): AgentCertificates {
  const accepted = new Map<string, AcceptedPeer>();
  return {
    credentialsFor({ name, address }) {
      if (address.kind === 'unix') return credentials.createInsecure();
      if (!identity)
        throw new InventoryProblems([`${inventoryPath}: ${name} is reached by TCP, which needs TLS files`]);
      return createTlsCredentials(identity.files(), { role: 'agent', name }, (peer) => void accepted.set(name, peer));
    },
    problemOf(hostName) {
      const peer = accepted.get(hostName);
      if (!peer || !identity) return undefined;
      if (unixMs() >= peer.notAfterUnixMs) return `the certificate of ${hostName} has expired`;
      const denial = identity.files().denyList.denies(peer.mark);
      return denial && `the certificate of ${hostName} is revoked: ${denial}`;
    },
    watch(listener) {
      if (!identity) return () => undefined;
      let shown = shownBy(identity.files());
      return identity.watch((files) => {
        if (shownBy(files) === shown) return;
        shown = shownBy(files);
        listener();
      });
    },
  };
}

function shownBy({ mark, ca }: TlsFiles): string {
  return `${mark.fingerprint256} ${ca.toString('base64')}`;
}
