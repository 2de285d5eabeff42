import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  findRecords,
  queryOptionsHelp,
  recordText,
  verificationDocument,
  verificationText,
  verifyFiles,
  verifyOptionsHelp,
  type WrittenQuery,
  type WrittenVerify,
} from '../../shared/audit-tool.ts';
import { type CliContext, helpText, withJson } from './context.ts';
import { exitCodes } from './exit-code.ts';

const usualDirectory = '/var/lib/leash-coordinator';

/** Needs no coordinator: it reads files, also those of agents and copies on another machine. */
export function addAuditCommand(program: Command, context: CliContext): void {
  const { terminal } = context;
  const audit = program.command('audit').description('who did what, when and why: check it, search it, take it along');
  const paths = (words: readonly string[]): readonly string[] =>
    (words.length > 0 ? words : [usualDirectory]).map((word) => resolve(word));
  const pathHelp = `audit files or a state directory, of a coordinator or an agent (${usualDirectory})`;

  const verify = withJson(audit.command('verify'))
    .description('find edits, reorders, removals, rollbacks and cuts; say what nothing vouches for')
    .argument('[path...]', pathHelp);
  for (const [flags, help] of verifyOptionsHelp) verify.option(flags, help);
  verify
    .addHelpText(
      'after',
      helpText(
        'A cut or a rollback shows in what the other side keeps: give its audit by --against. Exits with 2 for an audit that is not intact.',
        'JSON: { intact, log, files, records, firstSequence, lastSequence, hash, checkpoints, lastCheckpoint, window, problems, remarks }',
      ),
    )
    .action(async (words: readonly string[], options: WrittenVerify & { json?: boolean }) => {
      const found = await verifyFiles(paths(words), options);
      if (options.json) terminal.document(verificationDocument(found));
      else for (const line of verificationText(found)) terminal.line(line);
      if (!found.isIntact) context.exitWith(exitCodes.usage);
    });

  const search = withJson(audit.command('search'))
    .description('the records that fit all that is asked for')
    .argument('[path...]', pathHelp);
  for (const [flags, help] of queryOptionsHelp) search.option(flags, help);
  search
    .addHelpText(
      'after',
      helpText('JSON: { records: [{ sequence, atUnixMs, phase, by, action, subject, detail, digest, hash, … }] }'),
    )
    .action(async (words: readonly string[], options: WrittenQuery & { json?: boolean }) => {
      const records = [];
      for await (const record of findRecords(paths(words), options)) {
        if (options.json) records.push(record);
        else terminal.line(recordText(record));
      }
      if (options.json) terminal.document({ records });
    });

  const exporting = audit
    .command('export')
    .description('the records that fit, one JSON object a line')
    .argument('[path...]', pathHelp);
  for (const [flags, help] of queryOptionsHelp) exporting.option(flags, help);
  exporting.option('--json', 'what it does anyway').action(async (words: readonly string[], options: WrittenQuery) => {
    for await (const record of findRecords(paths(words), options)) terminal.line(JSON.stringify(record));
  });
}
