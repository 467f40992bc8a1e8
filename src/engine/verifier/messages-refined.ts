// Explanations for what the kernel says in the words of another message: the same first line, another cause. Data only.

import { EACCES, EINVAL, type Message } from './message.ts';

export const REFINED_MESSAGES = {
  'pointer-given-away': {
    kernel: "R{reg} invalid mem access '{kind}'",
    errno: EACCES,
    obligation: 'a pointer is used only as long as the program owns what it points to',
    explanation:
      'On this path the program has given the object away: released it, dropped it, or put it into a list, tree or map. From then on somebody else may free it at any time, so the pointer counts as a mere number.',
    fix: 'Do what you need with the object before giving it away; for a list or tree, before the lock is given back.',
  },
  'released-twice': {
    kernel: 'release kfunc {name} expects referenced PTR_TO_BTF_ID passed to R{reg}',
    errno: EINVAL,
    obligation: 'only what the program owns is released, once',
    explanation:
      'On this path the object was given away before. Releasing it again would free memory that is no longer the program’s.',
    fix: 'Release it once on each path: return after the first release, or put the second one into an else branch.',
  },
  'stack-argument-outside': {
    kernel: 'invalid{use} stack R{reg} off={off} size={size}',
    errno: EACCES,
    obligation: 'the variable passed to a call has as many bytes as the call uses',
    explanation:
      'The call uses {size} bytes from this address on (the map’s key or value size, or the size passed as an argument), and they reach past the end of the stack frame: the variable is smaller than that.',
    fix: 'Declare the variable with the type that the map declares for its key or value, or pass sizeof(variable).',
  },
} as const satisfies Record<string, Message>;
