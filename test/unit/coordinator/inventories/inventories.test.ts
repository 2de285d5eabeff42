import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InventoryHost } from '../../../../coordinator/fleet/inventory.ts';
import { followInventory } from '../../../../coordinator/inventories/follow-inventory.ts';
import { openInventory } from '../../../../coordinator/inventories/index.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { type NameServer, startNameServer } from '../../../rig/name-server.ts';
import { until } from '../../../rig/until.ts';

const service = '_leash-agent._tcp.example.com';
const [one, two] = [
  { target: 'web-1.example.com', port: 7443 },
  { target: 'web-2.example.com', port: 7444 },
];

let directory: TestDirectory;
let server: NameServer;
beforeEach(async () => {
  directory = makeTestDirectory();
  server = await startNameServer();
});
afterEach(async () => {
  directory.remove();
  await server.close();
});

const inDns = () => openInventory(`srv:${service}@${server.address}`);

describe('an inventory in DNS', () => {
  it('has a host for each service record, by its name and port', async () => {
    server.serve(service, [one, two]);
    expect(await inDns().read()).toEqual([
      { name: 'web-1.example.com', address: { kind: 'tcp', host: 'web-1.example.com', port: 7443 }, labels: {} },
      { name: 'web-2.example.com', address: { kind: 'tcp', host: 'web-2.example.com', port: 7444 }, labels: {} },
    ]);
  });

  it('says of two records of one name that they are two', async () => {
    server.serve(service, [one, { ...one, port: 1 }]);
    await expect(inDns().read()).rejects.toThrow(`srv:${service}: there are two records of web-1.example.com`);
  });

  it.each(['srv:', 'srv:example.com', 'srv:_leash-agent._tcp', 'srv:_a._tcp.example.com@host'])(
    'is not asked for as %s',
    (written) => {
      expect(() => openInventory(written)).toThrow(/must be srv:_SERVICE\._tcp\.DOMAIN/);
    },
  );
});

describe('an inventory that is followed', () => {
  /** As often as the test says. */
  async function follow(source = inDns()) {
    const added: string[] = [];
    const warned: string[] = [];
    let look = (): void => undefined;
    const followed = await followInventory({
      source,
      keptPath: join(directory.path, 'seen.json'),
      after(_ms, call) {
        look = call;
        return () => undefined;
      },
      warn: (message) => void warned.push(message),
    });
    followed.follow(({ name }: InventoryHost) => void added.push(name));
    return {
      names: () => followed.hosts().map(({ name }) => name),
      added,
      warned,
      async look() {
        const former = look;
        former();
        await until('it has looked', () => look !== former);
      },
    };
  }

  it('takes up a host that is new, and keeps one that is gone from the list', async () => {
    server.serve(service, [one]);
    const followed = await follow();
    expect(followed.names()).toEqual(['web-1.example.com']);
    server.serve(service, [two]);
    await followed.look();
    expect(followed.added).toEqual(['web-2.example.com']);
    expect(followed.names()).toEqual(['web-1.example.com', 'web-2.example.com']);
  });

  it('starts with what was there last while the name servers are away, and says so', { timeout: 30_000 }, async () => {
    server.serve(service, [one, two]);
    await follow();
    server.serve(service, []);
    server.fallSilent();
    const followed = await follow();
    expect(followed.names()).toEqual(['web-1.example.com', 'web-2.example.com']);
    expect(followed.warned).toEqual(['the inventory cannot be read: it starts with the 2 hosts that were on it last']);
  });

  it('says once that a file is not right any more, and the hosts stay', async () => {
    const path = join(directory.path, 'hosts.yaml');
    writeFileSync(path, 'hosts: [ { name: web-1, address: "10.0.0.1:7443" } ]\n');
    const followed = await follow(openInventory(path));
    writeFileSync(path, 'hosts: 7\n');
    await followed.look();
    await followed.look();
    expect(followed.warned).toEqual(['the inventory cannot be read: the hosts stay as they are']);
    writeFileSync(
      path,
      'hosts: [ { name: web-1, address: "10.0.0.1:7443" }, { name: web-2, address: "10.0.0.2:7443" } ]\n',
    );
    await followed.look();
    expect(followed.added).toEqual(['web-2']);
  });

  it('does not begin with a file that is not right', async () => {
    const path = join(directory.path, 'hosts.yaml');
    writeFileSync(path, 'hosts: 7\n');
    await expect(follow(openInventory(path))).rejects.toThrow('hosts must be a list');
  });
});
