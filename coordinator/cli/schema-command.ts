import type { Command } from 'commander';
import { experimentJsonSchema } from '../experiment/experiment-schema.ts';
import type { CliContext } from './context.ts';

export function addSchemaCommand(program: Command, context: CliContext): void {
  program
    .command('schema')
    .description('the JSON Schema (2020-12) of experiment files, for editors')
    .option('--json', 'it is JSON in any case')
    .action(() => context.terminal.document(experimentJsonSchema()));
}
