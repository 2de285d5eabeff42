import { afterEach, describe, expect, it } from 'vitest';
import { labelSourceNames } from '../../../../agent/app/program.ts';
import { openMetadataService } from '../../../../agent/labels/metadata-service.ts';
import { readLabels, sourceNames } from '../../../../agent/labels/read-labels.ts';
import { hostLabels } from '../../../../coordinator/enrolment/join-tokens.ts';
import { type Cloud, type MetadataServer, startMetadataServer } from '../../../rig/metadata-server.ts';

const servers: MetadataServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function read(names: readonly string[], cloud: Cloud) {
  const server = await startMetadataServer(cloud);
  servers.push(server);
  return readLabels(names, openMetadataService(server.url));
}

const expected = {
  aws: {
    cloud: 'aws',
    region: 'eu-central-1',
    zone: 'eu-central-1b',
    instance: 'i-0abcdef1234567890',
    'instance-type': 'm7g.large',
    'tag/app': 'shop',
  },
  gce: {
    cloud: 'gce',
    region: 'us-central1',
    zone: 'us-central1-a',
    instance: '5190871234567890123',
    'instance-type': 'e2-medium',
  },
  azure: {
    cloud: 'azure',
    region: 'westeurope',
    zone: 'westeurope-2',
    instance: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
    'instance-type': 'Standard_D2s_v5',
    'tag/app': 'shop',
  },
} as const;

describe.each(Object.entries(expected))('a host on %s', (cloud, labels) => {
  it('has the labels of its cloud, asked by name or for whichever it is', async () => {
    expect(await read([cloud], cloud as Cloud)).toEqual(labels);
    expect(await read(['cloud'], cloud as Cloud)).toEqual(labels);
    expect(hostLabels.safeParse(labels).success).toBe(true);
  });

  it('says of another cloud that it is not there', async () => {
    const other = cloud === 'aws' ? 'gce' : 'aws';
    await expect(read([other], cloud as Cloud)).rejects.toThrow(
      `labels from ${other}: this host is not there; leave it out of --labels-from`,
    );
  });
});

describe('a host on no cloud', () => {
  it.each(['other', 'silent'] as const)(
    'has no labels of one where the answer is %s, within its deadline',
    async (cloud) => {
      const from = performance.now();
      expect(await read(['cloud'], cloud)).toEqual({});
      expect(performance.now() - from).toBeLessThan(3000);
    },
  );

  it('hears why, where it asks for one by name', async () => {
    await expect(read(['azure'], 'silent')).rejects.toThrow('labels from azure: no answer in time');
    const server = await startMetadataServer('gce');
    await server.close();
    await expect(readLabels(['gce'], openMetadataService(server.url))).rejects.toThrow(
      /^labels from gce: .*ECONNREFUSED/,
    );
  });

  it('asks nobody unless it is told to', async () => {
    const server = await startMetadataServer('aws');
    servers.push(server);
    await readLabels([], openMetadataService(server.url));
    expect(server.asked()).toBe(0);
  });
});

describe('the machine', () => {
  it('says what it is, in labels that a fleet takes', { timeout: 30_000 }, async () => {
    const labels = await read(['machine'], 'silent');
    expect(labels).toMatchObject({ os: expect.any(String), arch: process.arch === 'x64' ? 'x64' : expect.any(String) });
    expect(hostLabels.safeParse(labels).success).toBe(true);
  });
});

it('the command line offers every source', () => {
  expect(labelSourceNames).toEqual(sourceNames);
});
