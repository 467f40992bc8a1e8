// How a struct_ops program starts: what its arguments are and which of them it owns, and what is wrong before anything is
// walked (Linux kernel/bpf/verifier.c, check_struct_ops_btf_id, and btf_ctx_access). Knows nothing of instructions but calls.

import { PSEUDO_CALL } from '../isa/opcodes.ts';
import type { LinkedProgram } from '../object/link.ts';
import { isCall, type ShapeFault } from './control-flow.ts';
import { licenseIsGpl } from './licences.ts';
import { acquireReference } from './references.ts';
import { FLAG, KIND, pointerReg, type Reg } from './register.ts';
import type { StructOpsModel } from './struct-ops-model.ts';
import type { Walk } from './walk.ts';

const TAIL_CALL = 12;

/** What is wrong with the program as a whole; null when nothing is. */
export function checkStructOpsProgram(program: LinkedProgram, model: StructOpsModel): ShapeFault | null {
  const { code } = program;
  let tailCall = -1;
  let kfuncs = false;
  for (let slot = 0; slot < code.length; slot++) {
    if (!isCall(code.opcode[slot] ?? 0)) continue;
    if (code.src[slot] === PSEUDO_CALL.KFUNC) kfuncs = true;
    if (code.src[slot] === PSEUDO_CALL.HELPER && code.imm[slot] === TAIL_CALL && tailCall < 0) tailCall = slot;
  }
  const fault = (name: string, insn = 0, values: ShapeFault['values'] = {}): ShapeFault => ({ code: name, insn, values });
  if (!licenseIsGpl(program.license)) return fault(kfuncs ? 'kfunc-needs-gpl' : 'struct-ops-needs-gpl');
  if (model.shape === null) return fault('unsupported-member', 0, { member: model.op });
  const owns = model.shape.args.some((argument) => argument.owned === true);
  return owns && tailCall >= 0 ? fault('owned-argument-tail-call', tailCall) : null;
}

/** Takes over what the operation owns from its first instruction on. */
export function startStructOps(walk: Walk): void {
  const args = walk.rules.model?.shape?.args ?? [];
  walk.argumentRefs = args.map((argument) => (argument.owned === true ? acquireReference(walk) : 0));
}

/** A load of argument `offset / 8` from the context; null when refused. */
export function loadArgument(walk: Walk, offset: number, size: number): Reg | null {
  const model = walk.rules.model;
  const args = model?.shape?.args ?? [];
  const refuse = (details: readonly string[]): null => {
    walk.refuse('context-access', { off: offset, size }, `${model?.op ?? ''} has ${args.length} arguments of 8 bytes`, details);
    return null;
  };
  if (offset < 0 || offset % size !== 0) return refuse([]);
  const argument = args[Math.floor(offset / 8)];
  if (offset % 8 !== 0) return refuseFirst(walk, `func '${model?.op}' offset ${offset} is not multiple of 8`, offset, size);
  if (argument === undefined)
    return refuseFirst(walk, `func '${model?.op}' doesn't have ${Math.floor(offset / 8) + 1}-th argument`, offset, size);
  if (size !== 8) return refuseFirst(walk, `func '${model?.op}' size ${size} must be 8`, offset, size);
  const ref = walk.argumentRefs[offset / 8] ?? 0;
  // In a global function nobody knows what its callers have given away.
  if (argument.owned === true && !walk.state.hasRef(ref)) {
    walk.refuse('argument-released', { off: offset });
    return null;
  }
  const struct = model?.structs.ofKernel(argument.struct) ?? null;
  return pointerReg(KIND.BTF_PTR, { struct, flags: FLAG.TRUSTED, ref });
}

function refuseFirst(walk: Walk, first: string, offset: number, size: number): null {
  walk.refuse('no-such-argument', { text: first }, '', [`invalid bpf_context access off=${offset} size=${size}`]);
  return null;
}
