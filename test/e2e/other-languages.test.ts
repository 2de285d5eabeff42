import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import { startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { freePort } from '../rig/free-port.ts';
import { projectFolder } from '../rig/project.ts';
import { unless } from '../rig/requirement.ts';

/** The distribution's own Python, whose packages apt installs. */
const python = '/usr/bin/python3';
const hasGrpc = spawnSync(python, ['-c', 'import grpc, grpc_tools'], { stdio: 'ignore' }).status === 0;

describe('a client made from the .proto files alone', () => {
  unless(hasGrpc, 'python3-grpcio and python3-grpc-tools')(
    'injects, renews and restores a pause in Python over mutual TLS',
    async () => {
      const directory = makeTestDirectory();
      const authority = directory.sub('ca');
      await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });
      const issue = (role: 'agent' | 'runner', name: string) =>
        issueCertificate(authority, { role, name, outDirectory: directory.sub(name), nowUnixMs: Date.now() });
      await issue('agent', 'host-a');
      await issue('runner', 'pytest');
      const address = `127.0.0.1:${await freePort()}`;
      const rig = await startAgentRig({ args: ['--listen', address, '--tls', directory.sub('host-a')] });
      const victim = spawn('sleep', ['1000']);
      try {
        const output = execFileSync(
          python,
          [
            join(projectFolder, 'test/e2e/client.py'),
            join(projectFolder, 'proto'),
            directory.sub('stubs'),
            address,
            directory.sub('pytest'),
            'pytest',
            String(victim.pid),
          ],
          { encoding: 'utf8', timeout: 30_000 },
        );
        expect(JSON.parse(output)).toMatchObject({
          whileHeld: 't',
          renewed: true,
          confirmed: true,
          afterwards: 'S',
        });
      } finally {
        victim.kill('SIGKILL');
        await rig.dispose();
        directory.remove();
      }
    },
  );
});
