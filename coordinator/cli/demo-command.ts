import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type CliContext, withJson } from './context.ts';
import type { Programs } from './programs.ts';

export function addDemoCommand(program: Command, context: CliContext, programs: Programs): void {
  withJson(program.command('demo'))
    .description('a coordinator, three agents and a small service on this machine; one experiment, told as it happens')
    .option('--report <file>', 'keep the report of the paused worker there, as HTML')
    .action(async ({ json = false, report }: { json?: boolean; report?: string }) => {
      const reportFile = report === undefined ? {} : { reportFile: resolve(report) };
      context.exitWith(await programs.demo({ terminal: context.terminal, json, ...reportFile }));
    });
}
