// What must hold when a struct_ops program (or a global function of it) ends: nothing left to give back, no lock held, and a
// result that fits the operation (Linux kernel/bpf/verifier.c, check_resource_leak, check_return_code). Knows nothing of
// other program kinds.

import { KIND, kindName, type Reg } from './register.ts';
import { isConst } from './scalar.ts';
import type { Walk } from './walk.ts';

/** No reference but `except`, no lock, no section may be open where `where` happens. */
export function checkNothingHeld(walk: Walk, where: string, except: number): boolean {
  const { refs, lock, rcu, preempt } = walk.state;
  const left = refs.filter((reference) => reference.id !== except);
  const first = left[0];
  if (first !== undefined) {
    const lines = left.slice(1).map((reference) => `Unreleased reference id=${reference.id} alloc_insn=${reference.insn}`);
    const values = { id: first.id, insn: first.insn };
    return walk.refuse('leaked-reference', values, '', [...lines, `${where} would lead to reference leak`], first.insn);
  }
  if (lock !== null) return walk.refuse('section-open', { where, section: 'bpf_spin_lock' });
  if (rcu > 0) return walk.refuse('section-open', { where, section: 'bpf_rcu_read_lock' });
  return preempt === 0 || walk.refuse('section-open', { where, section: 'bpf_preempt_disable' });
}

/** Null: the result still has to be in the program's range; otherwise whether the end is fine. */
export function checkStructOpsEnd(walk: Walk, result: Reg): boolean | null {
  const returns = walk.rules.model?.shape?.returns ?? 'void';
  const main = walk.entry === 0;
  const owned = main && returns === 'sk_buff' && result.kind === KIND.BTF_PTR ? result.ref : 0;
  if (!checkNothingHeld(walk, 'BPF_EXIT instruction in main prog', owned)) return false;
  if (!main) {
    if (walk.entryReturnsNothing || result.kind === KIND.SCALAR) return true;
    return walk.refuse('function-result-kind', { kind: kindName(result) });
  }
  if (returns === 'void') return true;
  if (result.kind === KIND.NONE) return walk.refuse('unread-register', { reg: 0 }, 'no value has been put into R0 on this path');
  if (returns === 'int') return true;
  const isPacket =
    result.kind === KIND.BTF_PTR && result.ref !== 0 && result.struct?.name === 'sk_buff' && result.struct.ofKernel;
  if (!isPacket) return null;
  if (isConst(result.value) && result.value.smin === 0n) return true;
  return walk.refuse('moved-context', { kind: kindName(result), reg: 0, off: Number(result.value.smin) });
}
