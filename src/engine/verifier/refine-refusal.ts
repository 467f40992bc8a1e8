// Refusals that one line of the kernel's stands for, told apart for the explanation by what happened before on the path. The
// line itself and the error number stay. For reports only: no verdict depends on it.

import { CLASS, JMP } from '../isa/opcodes.ts';
import type { PathSlice } from './path-slice.ts';
import { KIND } from './register.ts';
import type { Refusal, Walk } from './walk.ts';

const CALL = JMP.CALL | CLASS.JMP;

/** What each function of the program uses of the stack, as it is counted: rounded up to 16. */
function stackUse(walk: Walk): string {
  const uses = walk.shape.subprograms.map(({ name }, i) => {
    const bytes = walk.stackDepths[i] ?? 0;
    return `${name} ${Math.ceil(bytes / 16) * 16}`;
  });
  return uses.join(', ');
}

/** What the kernel calls an instruction that ends the path while something is held. */
const leakingInsn = (walk: Walk): string =>
  (walk.code.opcode[walk.insn] ?? 0) === CALL ? 'tail_call' : 'BPF_EXIT instruction in main prog';

/** The refusal under the code whose explanation fits best. */
export function refineRefusal(walk: Walk, refusal: Refusal, slice: PathSlice): Refusal {
  const givenAway = slice.earlier?.kind === 'given-away';
  const reg = refusal.values.reg;
  switch (refusal.code) {
    case 'bad-pointer':
      return givenAway && typeof reg === 'number' && walk.reg(reg).kind === KIND.SCALAR
        ? { ...refusal, code: 'pointer-given-away', known: 'the program has given it away before' }
        : refusal;
    case 'kfunc-release-unreferenced':
      return givenAway ? { ...refusal, code: 'released-twice', known: 'it was given away before' } : refusal;
    case 'stack-outside':
      return (walk.code.opcode[walk.insn] ?? 0) === CALL ? { ...refusal, code: 'stack-argument-outside' } : refusal;
    case 'leaked-reference':
    case 'leaked-in-callback':
      return refusal.details.length > 0
        ? refusal
        : { ...refusal, details: [`${leakingInsn(walk)} would lead to reference leak`] };
    case 'stack-too-deep':
      return { ...refusal, known: `${refusal.known}: ${stackUse(walk)}` };
    default:
      return refusal;
  }
}
