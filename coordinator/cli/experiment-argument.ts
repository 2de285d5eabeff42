/** The FILE of plan and run: read and checked here, so that a mistake in it is told without a coordinator. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { leash } from '../../proto/codec.ts';
import { loadExperiment } from '../experiment/load-experiment.ts';
import { fileSizeMaxBytes } from '../experiment/yaml-text.ts';
import { usageFailure } from './exit-code.ts';

/** @throws CliFailure when it cannot be read, FileProblems when it is no experiment. */
export function readExperimentFile(path: string): leash.v1.IExperimentFile {
  const text = decode(readBounded(path), path);
  loadExperiment(path, text);
  return { name: path, text };
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
