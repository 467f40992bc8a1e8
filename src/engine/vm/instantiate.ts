// From a verified program and its surroundings to something that runs. Accepts nothing but what the verifier minted
// (architecture invariant 6). Knows nothing of what calls do.

import type { VerifiedProgram } from '../verifier/verify.ts';
import { Interpreter } from './interpreter.ts';
import { type Bindings, handlerOf, resolveCode } from './load.ts';
import { DEFAULT_INSTRUCTION_BUDGET } from './machine.ts';
import type { RunMemory } from './memory.ts';

export type { VerifiedProgram } from '../verifier/verify.ts';

/** What a program needs to run. */
export interface Surroundings {
  readonly memory: RunMemory;
  /** Stack area of `MAX_FRAMES * FRAME_BYTES` bytes; programs that never run inside one another may share it. */
  readonly stackBase: number;
  readonly bindings: Bindings;
}

/** An instance over the run's memory; runs of it start with all registers zero but r1. */
export function instantiate(verified: VerifiedProgram, { memory, stackBase, bindings }: Surroundings): Interpreter {
  const { linked } = verified;
  return new Interpreter({
    code: resolveCode(linked, bindings),
    memory,
    stackBase,
    handlerOf: handlerOf(linked, bindings),
    instructionBudget: DEFAULT_INSTRUCTION_BUDGET,
  });
}
