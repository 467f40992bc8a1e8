// Messages about the program as a whole: its shape, single instructions, and the budget of the walk. Data only.

import { E2BIG, EACCES, EINVAL, type Message } from './message.ts';

const BAD_INSN = {
  explanation:
    'The bytes of this instruction are not an instruction this machine runs. A compiler does not make such code; hand-written or damaged bytecode can.',
  fix: 'Compile the program again, or correct the instruction.',
};

export const PROGRAM_MESSAGES = {
  'falls-off-the-end': {
    kernel: 'last insn is not an exit or jmp',
    errno: EINVAL,
    obligation: 'every function ends with exit or an unconditional jump',
    explanation: 'After its last instruction the function would run on into whatever bytes follow it.',
    fix: 'Make every path of the function reach a return.',
  },
  'jump-out-of-range': {
    kernel: 'jump out of range from insn {slot} to {target}',
    errno: EINVAL,
    obligation: 'a jump stays inside its own function',
    explanation: 'The jump leads outside the function it is in.',
    fix: 'Correct the target of the jump.',
  },
  'jump-into-wide': {
    kernel: 'jump into the middle of ldimm64 insn {slot}',
    errno: EINVAL,
    obligation: 'jumps go to the first slot of an instruction',
    explanation: 'A 64-bit constant takes two slots; this jump lands on the second, which is no instruction.',
    fix: 'Correct the target of the jump.',
  },
  unreachable: {
    kernel: 'unreachable insn {slot}',
    errno: EINVAL,
    obligation: 'every instruction can be reached from the start',
    explanation: 'No path leads to this instruction. The verifier refuses code that it cannot walk.',
    fix: 'Remove the code, or make something jump to it.',
  },
  'call-target-outside': {
    kernel: 'invalid insn idx {target} insn_cnt {count}',
    errno: EINVAL,
    obligation: 'a call goes to an instruction of the program',
    explanation: 'The call leads outside the program.',
    fix: 'Correct the call.',
  },
  'too-many-subprograms': {
    kernel: 'too many subprograms',
    errno: E2BIG,
    obligation: 'a program has at most 256 functions',
    explanation: 'The program has more functions than the kernel takes.',
    fix: 'Let the compiler inline small functions.',
  },
  recursion: {
    kernel: 'recursive call from {from}() to {to}()',
    errno: EINVAL,
    obligation: 'functions do not call themselves, directly or through others',
    explanation: 'The stack has 512 bytes in all, so the verifier must know how deep calls go. With recursion it cannot.',
    fix: 'Write the recursion as a loop with a fixed bound.',
  },
  'unknown-opcode': {
    kernel: 'unknown opcode {opcode}',
    errno: EINVAL,
    obligation: 'every opcode is in the instruction table',
    ...BAD_INSN,
  },
  'reserved-field': {
    kernel: '{name} uses reserved fields',
    errno: EINVAL,
    obligation: 'fields that an instruction does not use are zero',
    ...BAD_INSN,
  },
  'no-such-register': { kernel: 'R{reg} is invalid', errno: EINVAL, obligation: 'registers are R0 to R10', ...BAD_INSN },
  'atomic-opcode': {
    kernel: 'BPF_ATOMIC uses invalid atomic opcode {imm}',
    errno: EINVAL,
    obligation: 'the atomic operation exists',
    ...BAD_INSN,
  },
  'atomic-size': {
    kernel: 'invalid atomic operand size',
    errno: EINVAL,
    obligation: 'atomics work on 4 or 8 bytes',
    ...BAD_INSN,
  },
  'wide-load-second-half': {
    kernel: 'invalid bpf_ld_imm64 insn',
    errno: EINVAL,
    obligation: 'a 64-bit load has two slots',
    ...BAD_INSN,
  },
  'wide-load-unknown': {
    kernel: 'unrecognized bpf_ld_imm64 insn',
    errno: EINVAL,
    obligation: 'a 64-bit load names a kind of constant that exists',
    ...BAD_INSN,
  },
  'may-goto-fields': {
    kernel: 'invalid may_goto imm {imm}',
    errno: EINVAL,
    obligation: 'fields that may_goto does not use are zero',
    ...BAD_INSN,
  },
  'arena-cast': {
    kernel: 'addr_space_cast insn can only be used in a program that has an associated arena',
    errno: EINVAL,
    obligation: 'address-space casts need an arena',
    ...BAD_INSN,
  },
  'address-space-cast': {
    kernel: 'addr_space_cast insn can only convert between address space 1 and 0',
    errno: EINVAL,
    obligation: 'address-space casts go between spaces 0 and 1',
    ...BAD_INSN,
  },
  'not-a-map': {
    kernel: 'fd {fd} is not pointing to valid bpf_map',
    errno: 9,
    obligation: 'a map reference names a map of this object',
    explanation: 'The instruction refers to a map that does not exist.',
    fix: 'Define the map in section .maps.',
  },
  'direct-value-unsupported': {
    kernel: 'invalid access to map value pointer, value_size={size} off={off}',
    errno: EINVAL,
    obligation: 'the address lies inside the single value of an array map',
    explanation: 'The address of a global variable must lie inside its data section.',
    fix: 'Check the offset.',
  },
  'value-address-type': {
    kernel: 'invalid access to map value pointer, value_size={size} off={off}',
    errno: 524,
    obligation: 'only array maps with one entry give the address of their value',
    explanation: 'Only a data section (an array map with one entry) has a value with a fixed address.',
    fix: 'Use bpf_map_lookup_elem.',
  },
  'too-large': {
    kernel: 'BPF program is too large. Processed {count} insn',
    errno: E2BIG,
    obligation: 'walking all paths takes at most {limit} instructions',
    explanation:
      'The verifier walks every path through the program. Here there are so many, or a loop goes round so often, that it gave up. It has not found a fault; it has not finished either.',
    fix: 'Give loops small fixed bounds, move work out of nested branches, or use bpf_for_each_map_elem instead of a long loop.',
  },
  'too-many-branches': {
    kernel: 'The sequence of {count} jumps is too complex.',
    errno: E2BIG,
    obligation: 'at most 8192 branches wait to be walked at once',
    explanation: 'There are too many open branches on one path.',
    fix: 'Split the function, or replace a chain of comparisons by a table lookup.',
  },
  'too-many-frames': {
    kernel: 'the call stack of {count} frames is too deep',
    errno: E2BIG,
    obligation: 'at most 16 functions are active at once',
    explanation: 'Functions call functions too deeply.',
    fix: 'Flatten the calls, or let the compiler inline them.',
  },
  'infinite-loop': {
    kernel: 'infinite loop detected at insn {slot}',
    errno: EINVAL,
    obligation: 'every loop makes progress towards its end',
    explanation:
      'The walk came back to this instruction with exactly the same values in all registers and on the stack: nothing in the loop moves it towards its end, so it could run for ever. A packet scheduler that never returns would hang the machine.',
    fix: 'Use a loop counter with a constant bound (for (int i = 0; i < 16; i++)), and change what the loop condition reads.',
  },
  'stack-too-deep': {
    kernel: 'combined stack size of {frames} calls is {bytes}. Too large',
    errno: EACCES,
    obligation: 'all frames of a chain of calls fit into 512 bytes of stack',
    explanation: 'A BPF program has 512 bytes of stack for a function and everything it calls. Local arrays and structs add up.',
    fix: 'Make local arrays smaller, or keep large data in an array map.',
  },
} as const satisfies Record<string, Message>;
