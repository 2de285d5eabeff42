/** What Debian, Node and npm each call a processor, and the Node that a package brings along. */

export interface Architecture {
  /** As dpkg says it. */
  readonly debian: 'amd64' | 'arm64';
  /** As Node says it, and the packages on npm. */
  readonly node: 'x64' | 'arm64';
  /** Of the package node-linux-… on npm, which carries Node's own binary (RFC of Subresource Integrity). */
  readonly nodeIntegrity: string;
}

export const nodeVersion = '24.21.0';

export const architectures: readonly Architecture[] = [
  {
    debian: 'amd64',
    node: 'x64',
    nodeIntegrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  {
    debian: 'arm64',
    node: 'arm64',
    nodeIntegrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
];
