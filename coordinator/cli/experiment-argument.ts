/** The FILE of plan and run: read and checked here, so that a mistake in it is told without a coordinator. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { playbooksFor } from '../catalog/playbooks.ts';
import type { Experiment } from '../core/experiment.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import type { PlaybookText } from '../experiment/playbook.ts';
import { fileSizeMaxBytes } from '../experiment/yaml-text.ts';
import type { CliContext } from './context.ts';
import { usageFailure } from './exit-code.ts';

export interface ReadExperiment {
  /** As it is sent. */
  readonly file: { readonly name: string; readonly text: string; readonly playbooks: PlaybookText[] };
  readonly experiment: Experiment;
}

/** @throws CliFailure when it cannot be read, FileProblems when it is no experiment. */
export function readExperimentFile(path: string, { environment }: Pick<CliContext, 'environment'>): ReadExperiment {
  const text = decode(readBounded(path), path);
  const playbooks = [...playbooksFor(path, text, environment.LEASH_CATALOG || 'catalog')];
  return { file: { name: path, text, playbooks }, experiment: loadExperiment(path, text, playbooks) };
}

/** At most one byte more than is allowed, so that a device or a huge file cannot fill the memory. */
function readBounded(path: string): Buffer {
  try {
    const descriptor = openSync(path, 'r');
    try {
      if (fstatSync(descriptor).isDirectory()) throw new Error('is a directory');
      const buffer = Buffer.alloc(fileSizeMaxBytes + 1);
      let length = 0;
      for (;;) {
        const read = readSync(descriptor, buffer, length, buffer.length - length, null);
        length += read;
        if (read === 0 || length === buffer.length) return buffer.subarray(0, length);
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw usageFailure(`${path}: ${code === 'ENOENT' ? 'does not exist' : message}`);
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usageFailure(`${path}: is not text in UTF-8`);
  }
}
