/** Settings that are put back by a program: in a process made for it, for the agent runs none. */
import { spawn } from 'node:child_process';
import type { KeptSetting, SettingSeen } from '../core/setting.ts';
import { settingKey } from '../core/setting.ts';
import { putBackWord } from '../holders/put-back-process.ts';
import { holderLaunch } from './holder-launch.ts';

const doneWithinMs = 15_000;
const answerLengthMax = 65_536;

/** @param programPath of the holder. The function never rejects. */
export function createPutBack(programPath: string): (kept: KeptSetting) => Promise<SettingSeen> {
  return (kept) =>
    new Promise((resolve) => {
      const { command, args, env } = holderLaunch(programPath, capabilitiesOf(kept));
      const child = spawn(command, [...args, putBackWord], {
        stdio: ['pipe', 'pipe', 'inherit'],
        cwd: '/',
        env: env as NodeJS.ProcessEnv,
      });
      let answer = '';
      const timer = setTimeout(() => child.kill('SIGKILL'), doneWithinMs);
      child.on('error', () => {});
      child.stdin?.on('error', () => {});
      child.stdout?.on('error', () => {});
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        if (answer.length < answerLengthMax) answer += chunk;
      });
      child.once('close', () => {
        clearTimeout(timer);
        resolve(seenIn(answer) ?? { state: 'unknown', how: `nobody says whether ${settingKey(kept)} was put back` });
      });
      child.stdin?.end(`${JSON.stringify(kept)}\n`);
    });
}

/** Of the programs there are, only tc(8) takes one; systemd asks for no more than root. */
function capabilitiesOf({ what }: KeptSetting): readonly string[] {
  return what === 'queueing' ? ['CAP_NET_ADMIN'] : [];
}

function seenIn(answer: string): SettingSeen | undefined {
  try {
    return JSON.parse(answer) as SettingSeen;
  } catch {
    return undefined;
  }
}
