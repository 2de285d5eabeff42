import type { Command } from 'commander';
import { type CliContext, withJson } from './context.ts';
import type { Programs } from './programs.ts';

export function addDemoCommand(program: Command, context: CliContext, programs: Programs): void {
  withJson(program.command('demo'))
    .description('a coordinator, three agents and a small service on this machine; one experiment, told as it happens')
    .action(async ({ json = false }: { json?: boolean }) => {
      context.exitWith(await programs.demo({ terminal: context.terminal, json }));
    });
}
