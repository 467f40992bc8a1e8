// Calls of kernel functions: who may call, what is taken, what comes back, and the loops of iterators and tree orders (Linux
// kernel/bpf/verifier.c, check_kfunc_call, process_iter_next_call). Knows nothing of helpers.

import { bare } from '../abi/ctype.ts';
import { type KfuncRow, kfuncIsAllowed, kfuncNamed } from '../abi/kfuncs.ts';
import { clearCallerSaved, forkIntoCallback } from './call-frames.ts';
import { checkKfuncArguments, type KfuncFacts } from './kfunc-arguments.ts';
import { checkNothingHeld } from './program-end.ts';
import { acquireReference, distrustRcu, giveToContainer, releaseReference } from './references.ts';
import { constReg, FLAG, KIND, NOT_INIT, pointerReg, type Reg, regWith, UNKNOWN } from './register.ts';
import { constScalar } from './scalar.ts';
import type { SpecialField } from './special-fields.ts';
import { iteratorAt, occupy, vacate } from './stack-objects.ts';
import type { Walk } from './walk.ts';
import { previousAtCall, widenImprecise } from './widening.ts';

const BYTES_OF_INT = 4;

/** The function and whether this program may call it; null when refused. */
function calleeRow(walk: Walk): KfuncRow | null {
  const name = walk.program.kfuncs[walk.code.imm[walk.insn] ?? 0] ?? '?';
  const row = kfuncNamed(name);
  const model = walk.rules.model;
  if (walk.state.lock !== null && row?.inLock !== true) {
    walk.refuse('call-in-lock', {}, `${name} is called while a spin lock is held`);
    return null;
  }
  if (model === undefined || row === null || !kfuncIsAllowed(row, model.op)) {
    walk.refuse('kfunc-not-allowed', { name });
    return null;
  }
  if (row.since !== undefined && model.kernel !== '7.2' && kfuncNamed(`${name}_impl`) === null) {
    walk.refuse('kfunc-missing', { name }, `it came with Linux ${row.since}`);
    return null;
  }
  if (row.sleepable === true) {
    walk.refuse('kfunc-sleeps', { name });
    return null;
  }
  return row;
}

/** Pointer to the object that holds the node of a list or tree. */
function holderOf(walk: Walk, root: SpecialField, fields: Partial<Reg>): Reg {
  const struct = root.target();
  const counted = struct?.fields.some((field) => field.kind === 'bpf_refcount') ?? false;
  const nonOwning = FLAG.OBJECT | FLAG.NON_OWNING | (counted ? FLAG.RCU : 0);
  const flags = fields.ref === undefined ? nonOwning : FLAG.OBJECT;
  return pointerReg(KIND.BTF_PTR, { struct, value: constScalar(BigInt(root.nodeOffset)), flags, from: walk.insn, ...fields });
}

/** Takes and gives references, and clears what a call clears. */
function applyEffects(walk: Walk, row: KfuncRow, facts: KfuncFacts): boolean {
  const { state } = walk;
  switch (row.name) {
    case 'bpf_rcu_read_lock':
      state.rcu++;
      break;
    case 'bpf_rcu_read_unlock':
      if (state.rcu === 0) return walk.refuse('rcu-unlock-unmatched', { name: row.name });
      state.rcu--;
      if (state.rcu === 0) distrustRcu(state);
      break;
    case 'bpf_preempt_disable':
      state.preempt++;
      break;
    case 'bpf_preempt_enable':
      if (state.preempt === 0) return walk.refuse('preempt-unmatched', { name: row.name });
      state.preempt--;
      break;
    case 'bpf_throw':
      if (!checkNothingHeld(walk, 'bpf_throw', 0)) return false;
      walk.abandonPath();
      break;
    default:
  }
  if (facts.released !== 0) releaseReference(state, facts.released);
  if (facts.given !== 0) giveToContainer(state, facts.given, facts.givenIsCounted);
  return true;
}

/** bpf_iter_num_next: one path goes on with a number, the other leaves the loop. */
function forkIterator(walk: Walk, facts: KfuncFacts): boolean {
  const found = facts.iterator;
  if (found === null) return false;
  const { reg, place } = found;
  clearCallerSaved(walk.frame());
  if ((reg.flags & FLAG.DRAINED) === 0) {
    const inside = walk.fork(walk.insn + 1);
    if (inside === null) return false;
    const previous = previousAtCall(walk.state.parent?.parent ?? null, walk.insn, walk.state.frames.length);
    const frame = inside.frames[place.frame.number];
    if (frame === undefined) return false;
    occupy(walk, { ...place, frame }, regWith(reg, { range: reg.range + 1 }));
    if (previous !== null) widenImprecise(previous, inside);
    inside.frame().regs[0] = pointerReg(KIND.MEM, { size: BYTES_OF_INT, flags: FLAG.READ_ONLY, ref: reg.ref });
  }
  occupy(walk, place, regWith(reg, { flags: reg.flags | FLAG.DRAINED }));
  walk.setReg(0, constReg(0n));
  return true;
}

function makeView(walk: Walk, row: KfuncRow, facts: KfuncFacts): void {
  if (facts.place === null) return;
  if (row.name === 'bpf_dynptr_clone' && facts.view !== null) {
    occupy(walk, facts.place, { ...facts.view, id: walk.newId() });
    return;
  }
  // Up to 6.18 a view outlives its packet as far as the verifier knows.
  const owner = walk.rules.model?.kernel === '7.2' ? facts.packet : 0;
  occupy(walk, facts.place, pointerReg(KIND.DYNPTR, { id: walk.newId(), owner, flags: FLAG.READ_ONLY }));
}

function newObject(walk: Walk, facts: KfuncFacts): Reg | null {
  const model = walk.rules.model;
  const type = model?.types[Number(facts.constant) - 1];
  const record = type === undefined ? null : bare(type);
  const struct = record?.kind === 'struct' ? (model?.structs.of(record) ?? null) : null;
  if (struct === null || struct.ofKernel) {
    walk.refuse('object-type', {});
    return null;
  }
  const ref = acquireReference(walk);
  return pointerReg(KIND.BTF_PTR, { struct, flags: FLAG.OBJECT, nullable: true, ref, id: ref, from: walk.insn });
}

/** What R0 holds after the call; null when refused. */
function resultOf(walk: Walk, row: KfuncRow, facts: KfuncFacts): Reg | null {
  const nullable = row.flags.includes('N');
  switch (row.returns) {
    case 'void':
      return NOT_INIT;
    case 'object':
      return newObject(walk, facts);
    case 'same-object': {
      const shared = facts.shared;
      if (shared === null) return null;
      const ref = acquireReference(walk);
      const sure = shared.ref !== 0;
      return pointerReg(KIND.BTF_PTR, {
        struct: shared.struct,
        flags: FLAG.OBJECT,
        nullable: !sure,
        ref,
        id: sure ? 0 : ref,
        from: walk.insn,
      });
    }
    case 'list-object':
    case 'tree-object': {
      if (facts.root === null) return null;
      if (!row.flags.includes('A')) return holderOf(walk, facts.root, { nullable, id: walk.newId() });
      const ref = acquireReference(walk);
      return holderOf(walk, facts.root, { nullable, ref, id: ref });
    }
    case 'slice':
      return pointerReg(KIND.MEM, {
        nullable,
        id: walk.newId(),
        size: Number(facts.constant),
        flags: row.name === 'bpf_dynptr_slice' ? FLAG.READ_ONLY : 0,
        owner: facts.view?.id ?? 0,
        mapUid: facts.view?.owner ?? 0,
        from: walk.insn,
      });
    case 'untrusted':
      return pointerReg(KIND.MEM, { flags: FLAG.READ_ONLY | FLAG.UNTRUSTED });
    default:
      return UNKNOWN;
  }
}

function callTreeAdd(walk: Walk, facts: KfuncFacts): boolean {
  const { callback, root } = facts;
  if (callback === null || root === null) return true;
  const node = holderOf(walk, root, {});
  return forkIntoCallback(walk, callback, [NOT_INIT, node, node, NOT_INIT, NOT_INIT, NOT_INIT], true);
}

/** Transfer of a call to a kernel function. */
export function transferKfunc(walk: Walk): boolean {
  const row = calleeRow(walk);
  if (row === null) return false;
  const facts = checkKfuncArguments(walk, row);
  if (facts === null) return false;
  if (row.name === 'bpf_dynptr_slice_rdwr' && ((facts.view?.flags ?? 0) & FLAG.READ_ONLY) !== 0)
    return walk.refuse('packet-not-writable', {});
  if (!callTreeAdd(walk, facts)) return false;
  if (row.returns === 'number') return forkIterator(walk, facts);
  if (!applyEffects(walk, row, facts)) return false;
  clearCallerSaved(walk.frame());
  walk.frame().callbackDepth = 0;
  if (row.args.includes('dynptr-new')) makeView(walk, row, facts);
  if (row.name === 'bpf_iter_num_new' && facts.place !== null) {
    occupy(walk, facts.place, pointerReg(KIND.ITERATOR, { ref: acquireReference(walk) }));
  }
  if (row.name === 'bpf_iter_num_destroy' && facts.iterator !== null) {
    vacate(facts.iterator.place);
    releaseReference(walk.state, facts.iterator.reg.ref);
  }
  const result = resultOf(walk, row, facts);
  if (result === null) return false;
  walk.setReg(0, result);
  return true;
}

/** True when the iterator that a call to `next` is about to walk has not given NULL yet. */
export function iteratorIsActive(walk: Walk): boolean {
  const before = walk.refusal;
  const found = before === null ? iteratorAt(walk, 1) : null;
  walk.refusal = before;
  return found !== null && (found.reg.flags & FLAG.DRAINED) === 0;
}
