/** Where a server of ours listens, as people write it. */

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly hostAndPort: string };

/** "unix:/absolute/path" or "host:port" ("[::1]:7443" for IPv6). @returns undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  const path = /^unix:(?:\/\/)?(\/[^\0]+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const port = /^(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)?.[1];
  const isPort = port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  return isPort ? { kind: 'tcp', hostAndPort: text } : undefined;
}

export function formatAddress(address: Address): string {
  return address.kind === 'unix' ? `unix:${address.path}` : address.hostAndPort;
}
