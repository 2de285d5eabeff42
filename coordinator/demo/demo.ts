/** `leash demo`: a coordinator, three agents and a small service on this machine, told as it happens. */
import { exitCodes } from '../cli/exit-code.ts';
import type { Programs } from '../cli/programs.ts';
import { createTerminal, type Terminal } from '../cli/terminal.ts';
import { bad, good, quiet, strong } from '../cli/text.ts';
import {
  type Act,
  halt,
  kill,
  killAgent,
  killCoordinator,
  type Observation,
  pause,
  plan,
  receipts,
  tellBinding,
} from './acts.ts';
import { type Scene, setScene } from './scene.ts';

const acts: readonly (readonly [title: string, act: Act])[] = [
  ['How this host binds a fault', tellBinding],
  ['What would be hurt, exactly', plan],
  ['Kill a worker, and see its successor', kill],
  ['Pause a worker, and see what customers see', pause],
  ['Kill the agent in the middle of a pause', killAgent],
  ['Kill the coordinator in the middle of a pause', killCoordinator],
  ['Halt everything, everywhere', halt],
  ['What is left', receipts],
];

/** Exits with 0 only if every act was seen to happen. With `json`, the story goes to standard error. */
export const demoProgram: Programs['demo'] = async ({ terminal: standardOutput, json, reportFile }) => {
  const { stderr, env } = process;
  const terminal = json ? createTerminal({ out: stderr, error: stderr, environment: env }) : standardOutput;
  const beganAtMs = performance.now();
  const observations: Observation[] = [];
  let scene: Scene | undefined;
  let isInterrupted = false;
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        isInterrupted = true;
        reject(new Error(`interrupted by ${signal}: letting go of everything`));
      });
    }
  });
  interrupted.catch(() => undefined);
  const setting = setScene(json, reportFile);
  setting.catch(() => undefined);
  try {
    terminal.line(quiet('starting a shop with six workers, three agents and a coordinator, all on this machine…'));
    scene = await Promise.race([setting, interrupted]);
    for (const [index, [title, act]] of acts.entries()) {
      terminal.line('');
      terminal.line(strong(`${index + 1}. ${title}`));
      observations.push(await Promise.race([act(scene, terminal), interrupted]));
    }
    return exitCodes.done;
  } catch (error) {
    terminal.line(bad(error instanceof Error ? error.message : String(error)));
    return isInterrupted ? exitCodes.aborted : exitCodes.deviated;
  } finally {
    await (scene ?? (await setting.catch(() => undefined)))?.leave();
    const seconds = Math.round((performance.now() - beganAtMs) / 1000);
    summarize(terminal, observations, seconds);
    if (json) standardOutput.document({ complete: observations.length === acts.length, seconds, observations });
  }
};

function summarize(terminal: Terminal, observations: readonly Observation[], seconds: number): void {
  terminal.line('');
  terminal.table(
    [{ title: 'SHOWN' }, { title: 'SEEN' }],
    observations.map(({ act, seen }) => [act, seen]),
  );
  const isComplete = observations.length === acts.length;
  const verdict = isComplete
    ? good('every one of them was observed')
    : bad(`${observations.length} of ${acts.length} were observed`);
  terminal.line(verdict, `, in ${seconds} s; nothing was left behind`);
}
