/** The chat tools whose command is an emergency stop. */
import type { KnownChatTool } from './chat-tool.ts';
import { slack } from './slack.ts';

export const chatTools: readonly KnownChatTool[] = [slack];
