/** The file of `leash run --junit`: written whatever comes of the run, since a pipeline reads it in any case. */
import { writeFileSync } from 'node:fs';
import { CallFailure } from '../client/call-failure.ts';
import type { RunDocument } from '../client/run-document.ts';
import { junitRefusal, junitReport } from '../report/junit-report.ts';

export interface JunitFile {
  write(run: RunDocument): void;
  /** The result of the work; a refusal is written, with the run where there is one by then, and thrown on. */
  alsoWhenRefused<Result>(work: Promise<Result>, runOf?: () => Promise<RunDocument>): Promise<Result>;
}

/** @param path absent: nothing is written. */
export function junitFile(path: string | undefined, experiment: string): JunitFile {
  const save = (text: string): void => {
    if (path !== undefined) writeFileSync(path, text);
  };
  return {
    write: (run) => save(junitReport(run)),
    async alsoWhenRefused(work, runOf) {
      try {
        return await work;
      } catch (error) {
        if (path !== undefined && error instanceof CallFailure && error.kind === 'refused') {
          const run = await runOf?.().catch(() => undefined);
          save(run ? junitReport(run) : junitRefusal(experiment, [error.message]));
        }
        throw error;
      }
    },
  };
}
