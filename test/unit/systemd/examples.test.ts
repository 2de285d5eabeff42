import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dropIns } from '../../../agent/app/drop-ins.ts';
import { buildProgram } from '../../../agent/app/program.ts';
import { parsePolicy } from '../../../agent/store/policy-file.ts';
import { exitCodeHelp } from '../../../coordinator/cli/exit-code.ts';
import { createProgram } from '../../../coordinator/cli/program.ts';
import { projectFolder } from '../../rig/project.ts';
import { unlessMissing } from '../../rig/requirement.ts';

const folder = join(projectFolder, 'systemd/examples');
const role = join(folder, 'ansible/roles/leash_agent');
/** Both are large programs in Python. */
const startsWithinMs = 120_000;
const yamlOf = (path: string) => parse(readFileSync(path, 'utf8'));

/** Every long option of a command, of whichever program. */
async function optionsOf(words: readonly string[]): Promise<readonly string[]> {
  const nothing = (): never => {
    throw new Error('nothing is run');
  };
  const context = { terminal: undefined as never, environment: {}, exitWith: nothing, renewLogin: nothing };
  const programs = [
    await createProgram(context, { serve: nothing, demo: nothing, login: nothing, renewLogin: nothing }),
    buildProgram(),
  ];
  const command = programs.find((one) => one.name() === words[0])?.commands.find((one) => one.name() === words[1]);
  return command?.options.map(({ long }) => long ?? '') ?? [];
}

/** It names a command that there is, with options that it has. */
async function expectToBeKnown(words: readonly string[]): Promise<void> {
  const options = await optionsOf(words);
  expect(options.length, words.join(' ')).toBeGreaterThan(0);
  for (const word of words.filter((one) => one.startsWith('--'))) expect(options).toContain(word.split('=')[0]);
}

describe('the example for cloud-init', () => {
  const example = yamlOf(join(folder, 'cloud-init.yaml'));

  it('begins as cloud-init demands', () => {
    expect(readFileSync(join(folder, 'cloud-init.yaml'), 'utf8')).toMatch(/^#cloud-config\n/);
  });

  it('keeps the token where only root reads it, and removes it at last', () => {
    expect(example.write_files[0]).toMatchObject({ path: '/run/join.token', permissions: '0600' });
    expect(example.runcmd.at(-1)).toEqual(['rm', '-f', '/run/join.token']);
  });

  it('writes a policy that an agent takes, and types commands that there are', async () => {
    const policy = example.write_files.find(({ path }: { path: string }) => path === '/etc/leash/policy.yaml');
    expect(parsePolicy(policy.content, 'policy.yaml').policy.stage).toBe('staging');
    await expectToBeKnown(example.runcmd.find((words: readonly string[]) => words[0] === 'leash-agent'));
  });

  unlessMissing('cloud-init', 'cloud-init')('is valid by the schema of cloud-init', { timeout: startsWithinMs }, () => {
    const { status, stdout, stderr } = spawnSync(
      'cloud-init',
      ['schema', '--config-file', join(folder, 'cloud-init.yaml')],
      {
        encoding: 'utf8',
      },
    );
    expect([status, `${stdout}${stderr}`]).toEqual([0, expect.stringMatching(/Valid/)]);
  });
});

describe('the example for Ansible', () => {
  const tasks: readonly Record<string, { argv?: readonly string[] | string }>[] = yamlOf(join(role, 'tasks/main.yml'));

  it('has a role with tasks, defaults and meta, and a play that uses it', () => {
    expect(readdirSync(role).sort()).toEqual(['defaults', 'meta', 'tasks']);
    expect(yamlOf(join(folder, 'ansible/site.yml'))[0].roles[0].role).toBe('leash_agent');
    for (const task of tasks) expect(task.name).toBeTypeOf('string');
  });

  it('has a default for every variable that it takes, and says no secret aloud', () => {
    const defaults = Object.keys(yamlOf(join(role, 'defaults/main.yml')));
    const text = readFileSync(join(role, 'tasks/main.yml'), 'utf8');
    const made = [...text.matchAll(/register: (\w+)|^ {4}(leash_agent_\w+):/gm)].map(([, one, other]) => one ?? other);
    const used = [...text.matchAll(/\bleash_agent_\w+/g)].map(([name]) => name);
    for (const name of new Set(used)) expect([...defaults, ...made]).toContain(name);
    for (const task of tasks.filter((one) => JSON.stringify(one).match(/token/))) expect(task.no_log).toBe(true);
    expect(text.match(/drop-ins\/\{\{ item \}\}\.conf/)).not.toBeNull();
    expect(readFileSync(join(role, 'defaults/main.yml'), 'utf8')).toContain(dropIns.map(({ name }) => name)[0]);
  });

  it('types commands that there are', async () => {
    const typed = tasks.flatMap((task) => task['ansible.builtin.command']?.argv ?? []);
    expect(typed.length).toBeGreaterThan(0);
    for (const argv of tasks.flatMap((task) =>
      task['ansible.builtin.command']?.argv ? [task['ansible.builtin.command'].argv] : [],
    )) {
      const words = typeof argv === 'string' ? [...argv.matchAll(/'([^']+)'/g)].map(([, word]) => word ?? '') : argv;
      await expectToBeKnown(words);
    }
  });

  unlessMissing('ansible-playbook', 'ansible-core')('is read by Ansible', { timeout: startsWithinMs }, () => {
    const { status, stderr } = spawnSync('ansible-playbook', ['--syntax-check', '-i', 'shop,', 'site.yml'], {
      cwd: join(folder, 'ansible'),
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});

it('the page of the command line has every exit code', () => {
  const page = readFileSync(join(projectFolder, 'systemd/docs/reference/command-line.md'), 'utf8');
  expect(page).toContain(exitCodeHelp.trim());
});
