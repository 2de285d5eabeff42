/** A chat tool whose command is the emergency stop: one file for each, and one line in the list of `index.ts`. */
import type { z } from 'zod';

export interface ChatTool<Settings> {
  /** Its key below `chat` in the coordinator's own file, and the end of its address: /chat/NAME. */
  readonly name: string;
  readonly settings: z.ZodType<Settings>;
  open(settings: Settings, surroundings: ChatSurroundings): ChatDoor;
}

export interface ChatSurroundings {
  unixMs(): number;
}

export interface ChatDoor {
  readonly name: string;
  /** Whether these headers are worth reading a body for. Undefined where they are; otherwise why not. */
  headerProblem(headers: Headers): string | undefined;
  /** Who asks, by what only the tool can have signed. @throws Error where that cannot be told now; nothing is halted then. */
  read(headers: Headers, body: Buffer): Promise<ChatOrder>;
  /** The body that makes the tool show this text to whoever asked, or to everybody in the channel. */
  answer(text: string, to: 'asker' | 'channel'): object;
}

export type ChatOrder =
  /** Not from the tool, too old, or seen before. */
  | { readonly kind: 'not-authentic'; readonly detail: string }
  /** From the tool, by somebody who may not halt. */
  | { readonly kind: 'not-allowed'; readonly by: string; readonly detail: string }
  | { readonly kind: 'halt'; readonly by: string; readonly reason: string };

/** A tool with its settings, which are its own business. */
export interface ChatSetup {
  open(surroundings: ChatSurroundings): ChatDoor;
}

export interface KnownChatTool {
  readonly name: string;
  readonly settings: z.ZodType;
  /** @param settings as `settings` has read them. */
  setUp(settings: unknown): ChatSetup;
}

export function chatTool<Settings>(tool: ChatTool<Settings>): KnownChatTool {
  return {
    name: tool.name,
    settings: tool.settings,
    setUp: (settings) => ({ open: (surroundings) => tool.open(settings as Settings, surroundings) }),
  };
}
