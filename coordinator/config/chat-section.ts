/** `chat` of the coordinator's own file: which chat tools may halt, and by whom. */
import { z } from 'zod';
import type { ChatSetup } from '../http/chat/chat-tool.ts';
import { chatTools } from '../http/chat/index.ts';

export const chatSchema = z.strictObject(
  Object.fromEntries(chatTools.map(({ name, settings }) => [name, settings.optional()])),
);

/** The keys that exist below each of them, for "did you mean". */
export const chatKeys: Readonly<Record<string, readonly string[]>> = {
  chat: chatTools.map(({ name }) => name),
  ...Object.fromEntries(
    chatTools.map(({ name, settings }) => [
      `chat.${name}`,
      settings instanceof z.ZodObject ? Object.keys(settings.shape) : [],
    ]),
  ),
};

export function compileChat(section: z.output<typeof chatSchema>): readonly ChatSetup[] {
  return chatTools.flatMap(({ name, setUp }) => (section[name] === undefined ? [] : [setUp(section[name])]));
}
