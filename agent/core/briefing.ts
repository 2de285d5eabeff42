/** What a fault must know of its host, and no caller may say: the agent finds it out and passes it to the holder. */

import type { ListedChange } from './change.ts';
import type { ProtectedLists } from './protected-lists.ts';

/** How people and programs reach this host to end a fault. No rule of ours may stand in its way. */
export interface ControlPath {
  /** Local TCP ports: the agent's own, and those of sshd. */
  readonly localPorts: readonly number[];
}

/** A program that the host's policy allows to be run as a fault. */
export interface AllowedProgram {
  readonly name: string;
  /** Absolute. */
  readonly executable: string;
}

/** What stays free on the host, whoever takes the rest: a stress ends when one of them is crossed. */
export interface Floors {
  readonly memoryBytes: number;
  /** Of the file system that is written to. */
  readonly diskBytes: number;
  readonly openFiles: number;
  readonly tasks: number;
}

/** By what a process is protected, for a fault that chooses processes while it lasts. */
export interface Guard {
  readonly agentPid: number;
  readonly protect: ProtectedLists;
}

export interface Briefing {
  readonly controlPath?: ControlPath;
  readonly programs?: readonly AllowedProgram[];
  readonly changes?: readonly ListedChange[];
  readonly floors?: Floors;
  readonly guard?: Guard;
}

export type Question = keyof Briefing;
