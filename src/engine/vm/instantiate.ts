// From a verified program and its surroundings to something that runs. Accepts nothing but what the verifier minted
// (architecture invariant 6). Knows nothing of what calls do.

import { callOf } from '../abi/calls.ts';
import { PSEUDO_CALL } from '../isa/opcodes.ts';
import type { VerifiedProgram } from '../verifier/verify.ts';
import { Interpreter } from './interpreter.ts';
import { JitProgram } from './jit/jit-program.ts';
import { knownLookups } from './known-maps.ts';
import { type ArrayPlace, type Bindings, handlerOf, resolveCode } from './load.ts';
import { DEFAULT_INSTRUCTION_BUDGET, type ProgramInstance } from './machine.ts';
import type { RunMemory } from './memory.ts';

export type { VerifiedProgram } from '../verifier/verify.ts';

/** What a program needs to run. */
export interface Surroundings {
  readonly memory: RunMemory;
  /** Stack area of `MAX_FRAMES * FRAME_BYTES` bytes; programs that never run inside one another may share it. */
  readonly stackBase: number;
  readonly bindings: Bindings;
}

/** Which engine runs programs; the results are the same, byte for byte. */
export type EngineChoice = 'interpreter' | 'jit';

/** Registers a helper call hands over; a call the table does not know hands over all five. */
function argumentsOf(verified: VerifiedProgram): (slot: number) => number {
  const { code } = verified.linked;
  return (slot) => {
    if (code.src[slot] !== PSEUDO_CALL.HELPER) return 5;
    const row = callOf(code.imm[slot] ?? 0);
    return row === null || row.prototype.params.endsWith('...') ? 5 : row.args.length;
  };
}

/** An instance over the run's memory; runs of it start with all registers zero but r1. */
export function instantiate(
  verified: VerifiedProgram,
  { memory, stackBase, bindings }: Surroundings,
  engine: EngineChoice,
): ProgramInstance {
  const { linked } = verified;
  const lookups = knownLookups(linked.code);
  const arrayLookupAt = (slot: number): ArrayPlace | null => {
    const map = lookups.get(slot);
    return map === undefined ? null : (bindings.arrayPlace?.(map) ?? null);
  };
  const setup = {
    code: resolveCode(linked, bindings),
    memory,
    stackBase,
    handlerOf: handlerOf(linked, bindings),
    instructionBudget: DEFAULT_INSTRUCTION_BUDGET,
  };
  return engine === 'jit'
    ? new JitProgram({ ...setup, argumentsOf: argumentsOf(verified), arrayLookupAt, checked: false })
    : new Interpreter(setup);
}
