/** The metadata service of a cloud, over real HTTP: what each demands of its callers, and what it answers them. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Cloud = 'aws' | 'gce' | 'azure' | 'other' | 'silent';

export interface MetadataServer {
  readonly url: string;
  /** How often it was asked. */
  asked(): number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const token = 'AQAEAtoken==';
const notFound: Answer = { status: 404, text: '<html>not here</html>' };

const awsTexts: Readonly<Record<string, string>> = {
  '/latest/dynamic/instance-identity/document': JSON.stringify({
    accountId: '123456789012',
    region: 'eu-central-1',
    availabilityZone: 'eu-central-1b',
    instanceId: 'i-0abcdef1234567890',
    instanceType: 'm7g.large',
    architecture: 'arm64',
  }),
  '/latest/meta-data/tags/instance/': 'app\nteam name\nempty',
  '/latest/meta-data/tags/instance/app': 'shop',
  '/latest/meta-data/tags/instance/team%20name': 'checkout',
  '/latest/meta-data/tags/instance/empty': '',
};

const gceTexts: Readonly<Record<string, string>> = {
  '/computeMetadata/v1/instance/zone': 'projects/81234567890/zones/us-central1-a',
  // Larger than a double holds.
  '/computeMetadata/v1/instance/id': '5190871234567890123',
  '/computeMetadata/v1/instance/machine-type': 'projects/81234567890/machineTypes/e2-medium',
};

const answers: Readonly<Record<Cloud, (request: IncomingMessage) => Answer | undefined>> = {
  aws({ method, url = '', headers }) {
    if (url === '/latest/api/token') {
      return method === 'PUT' && headers['x-aws-ec2-metadata-token-ttl-seconds']
        ? { status: 200, text: token }
        : { status: 405 };
    }
    // Version 1, which asks for no token, is switched off.
    if (headers['x-aws-ec2-metadata-token'] !== token) return { status: 401 };
    return awsTexts[url] === undefined ? notFound : { status: 200, text: awsTexts[url] };
  },
  gce({ url = '', headers }) {
    if (headers['metadata-flavor'] !== 'Google') return { status: 403 };
    const text = gceTexts[url];
    return text === undefined ? notFound : { status: 200, text, headers: { 'Metadata-Flavor': 'Google' } };
  },
  azure({ url = '', headers }) {
    if (headers.metadata !== 'true') return { status: 400 };
    if (!url.startsWith('/metadata/instance/compute?api-version=')) return notFound;
    const compute = {
      location: 'westeurope',
      zone: '2',
      vmId: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
      vmSize: 'Standard_D2s_v5',
    };
    return {
      status: 200,
      text: JSON.stringify({ ...compute, tagsList: [{ name: 'app', value: 'shop' }], osType: 'Linux' }),
    };
  },
  // A captive portal: yes to everything, and none of the three.
  other: () => ({ status: 200, text: '<html>welcome</html>' }),
  silent: () => undefined,
};

export async function startMetadataServer(cloud: Cloud): Promise<MetadataServer> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const answer = answers[cloud](request);
    if (!answer) return;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.text ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
