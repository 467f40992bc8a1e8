// Catalogue of rejections and warnings, put together from its parts; the keys are the stable codes of reports.

import type { Message } from './message.ts';
import { CALL_MESSAGES } from './messages-calls.ts';
import { MEMORY_MESSAGES } from './messages-memory.ts';
import { OBJECT_MESSAGES } from './messages-objects.ts';
import { PACKET_MESSAGES } from './messages-packets.ts';
import { PROGRAM_MESSAGES } from './messages-program.ts';
import { REFINED_MESSAGES } from './messages-refined.ts';
import { STRUCTURE_MESSAGES } from './messages-structures.ts';
import { VALUE_MESSAGES } from './messages-values.ts';

export const MESSAGES = {
  ...PROGRAM_MESSAGES,
  ...VALUE_MESSAGES,
  ...MEMORY_MESSAGES,
  ...CALL_MESSAGES,
  ...PACKET_MESSAGES,
  ...OBJECT_MESSAGES,
  ...STRUCTURE_MESSAGES,
  ...REFINED_MESSAGES,
} as const satisfies Record<string, Message>;

export type MessageCode = keyof typeof MESSAGES;

export const isMessageCode = (code: string): code is MessageCode => Object.hasOwn(MESSAGES, code);
