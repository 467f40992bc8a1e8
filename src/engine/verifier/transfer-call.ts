// Calls and exits: helper arguments by their rules, what a call returns and takes, subprograms and callbacks as frames, and
// what must hold when a function ends (Linux kernel/bpf/verifier.c, check_helper_call, check_func_call, prepare_func_exit).
// Knows nothing of arithmetic.

import { PSEUDO_CALL } from '../isa/opcodes.ts';
import { clearCallerSaved, enterFrame, forkIntoCallback } from './call-frames.ts';
import { calleeOf } from './control-flow.ts';
import { callGlobalFunction, prototypeOf } from './global-functions.ts';
import { type CallFacts, checkArguments } from './helper-arguments.ts';
import { licenseIsGpl } from './licences.ts';
import { MAP } from './map-rules.ts';
import { checkPacketsAtExit } from './ownership.ts';
import { lossyShiftBehind } from './path-slice.ts';
import { markPreciseRegister } from './precision.ts';
import { checkStructOpsEnd } from './program-end.ts';
import type { HelperRule } from './program-rules.ts';
import { acquireReference, releaseReference, replaceEverywhere } from './references.ts';
import { constReg, FLAG, KIND, kindName, NOT_INIT, pointerReg, type Reg, scalarReg, UNKNOWN } from './register.ts';
import { type Scalar, UNKNOWN_SCALAR } from './scalar.ts';
import { occupy } from './stack-objects.ts';
import { type Frame, STACK_LIMIT, type State, type Step } from './state.ts';
import { forgetPackets } from './transfer-branch.ts';
import { transferKfunc } from './transfer-kfunc.ts';
import { rangeReg } from './transfer-memory.ts';
import type { Walk } from './walk.ts';
import { previousAtCall, widenImprecise } from './widening.ts';

/** Arguments that a call passes in registers. */
const ARGUMENT_REGISTERS = 5;
/** Most turns of bpf_loop. */
const LOOP_LIMIT = 8_388_608n;
const ERRNO_FLOOR = -4095n;

function callSubprogram(walk: Walk): boolean {
  const caller = walk.frame();
  const target = calleeOf(walk.code, walk.insn);
  if (walk.rules.model !== undefined) {
    const number = walk.shape.owner[target] ?? 0;
    const part = walk.shape.subprograms[number];
    const count = prototypeOf(part)?.params.length ?? 0;
    if (count > ARGUMENT_REGISTERS && walk.rules.model.kernel === '7.2') return walk.refuse('too-many-arguments', { count });
    if (part !== undefined && part.linkage === 'global') return callGlobalFunction(walk, part, number);
  }
  const callee = enterFrame(walk, walk.state, target, walk.insn);
  if (callee === null) return false;
  for (let r = 1; r <= 5; r++) callee.regs[r] = caller.reg(r);
  clearCallerSaved(caller);
  walk.next = target;
  return true;
}

/** Values with a lock of their own are told apart, so that lock and unlock are of the same one. */
function valueNumber(walk: Walk, facts: CallFacts): number {
  const fields = facts.map === null ? [] : (walk.rules.model?.structs.ofMap(facts.map).fields ?? []);
  return fields.some((field) => field.kind === 'bpf_spin_lock') ? walk.newId() : facts.mapUid;
}

/** Registers a callback starts with. */
function callbackRegisters(walk: Walk, rule: HelperRule, facts: CallFacts, context: Reg): Reg[] {
  if (rule.callback === 'loop') return [NOT_INIT, UNKNOWN, context, NOT_INIT, NOT_INIT, NOT_INIT];
  const map = facts.map;
  const isPacketMap = map?.type === MAP.SKBMAP;
  const value = isPacketMap ? pointerReg(KIND.TOKEN) : pointerReg(KIND.MAP_VALUE, { map, mapUid: valueNumber(walk, facts) });
  return [
    NOT_INIT,
    pointerReg(KIND.MAP_PTR, { map, mapUid: facts.mapUid }),
    pointerReg(KIND.MAP_KEY, { map }),
    value,
    context,
    NOT_INIT,
  ];
}

/** The helper may call back: one more path starts in the callback and comes back to this call. */
function forkCallback(walk: Walk, rule: HelperRule, facts: CallFacts): boolean {
  const callback = facts.callback;
  if (callback === null) return true;
  if (rule.callback === 'loop') {
    const turns = walk.reg(1);
    markPreciseRegister(walk, 1);
    if (BigInt(walk.frame().callbackDepth) >= turns.value.umax) return true;
  }
  return forkIntoCallback(walk, callback, callbackRegisters(walk, rule, facts, walk.reg(3)), false);
}

function returned(walk: Walk, rule: HelperRule, facts: CallFacts, ref: number, acquired: boolean): Reg | null {
  // A reference just acquired is known by the register's id; a pointer cast from another shares only the reference.
  const id = (): number => (acquired ? ref : walk.newId());
  switch (rule.returns) {
    case 'void':
      return NOT_INIT;
    case 'map-value':
      return pointerReg(KIND.MAP_VALUE, { map: facts.map, mapUid: facts.mapUid });
    case 'map-value-or-null': {
      const map = facts.map;
      facts.mapUid = valueNumber(walk, facts);
      if (map !== null && map.type === MAP.SKBMAP) return pointerReg(KIND.TOKEN, { nullable: true, id: id() });
      if (facts.lookupIsCertain) return pointerReg(KIND.MAP_VALUE, { map, mapUid: facts.mapUid });
      return pointerReg(KIND.MAP_VALUE, { nullable: true, id: id(), ref, map, mapUid: facts.mapUid });
    }
    case 'sock-common-or-null':
      return pointerReg(KIND.SOCK_COMMON, { nullable: true, id: id(), ref });
    case 'sock-or-null':
      return pointerReg(KIND.SOCK, { nullable: true, id: id(), ref });
    case 'tcp-sock-or-null':
      return pointerReg(KIND.TCP_SOCK, { nullable: true, id: id(), ref });
    case 'btf-or-null':
      return pointerReg(KIND.BTF_PTR, { nullable: true, id: id(), ref });
    case 'ringbuf-memory-or-null':
      return pointerReg(KIND.MEM, { nullable: true, id: id(), ref, size: facts.allocation, ringbuf: true });
    case 'owned-packet-or-null':
      return pointerReg(KIND.POPPED, { nullable: true, id: id(), ref });
    case 'packet-token-or-null':
      return pointerReg(KIND.TOKEN, { nullable: true, id: id() });
    case 'kptr-or-null': {
      const struct = facts.kptr?.target() ?? null;
      const flags = struct?.ofKernel === false ? FLAG.OBJECT : 0;
      return pointerReg(KIND.BTF_PTR, { struct, flags, nullable: true, id: id(), ref });
    }
    case 'dynptr-bytes-or-null':
      return pointerReg(KIND.MEM, {
        nullable: true,
        id: walk.newId(),
        size: facts.allocation,
        owner: facts.view?.id ?? 0,
        mapUid: facts.view?.owner ?? 0,
      });
    default:
      return returnedNumber(rule);
  }
}

/** Numbers some helpers are known to return (Linux: do_refine_retval_range). */
function returnedNumber(rule: HelperRule): Reg {
  switch (rule.id) {
    case 8:
      // The number of this processor; the machine of the recorded verdicts has one.
      return constReg(0n);
    default:
      return scalarReg(UNKNOWN_SCALAR);
  }
}

/** Where push succeeded the packet is in the map; the other path has an error number and still has the packet. */
function forkPush(walk: Walk, packet: Reg, ends: boolean): boolean {
  const failed = walk.fork(walk.insn + 1);
  if (failed === null) return false;
  failed.frame().regs[0] = rangeReg(ERRNO_FLOOR, -1n);
  walk.setReg(0, constReg(0n));
  walk.state.pushed = true;
  if (packet.kind === KIND.SKB) walk.state.stackPacket = 'in a map';
  else releaseReference(walk.state, packet.ref);
  if (ends) forgetPushedPacket(walk.state);
  return true;
}

/** The packet goes to somebody who may drop it at once: nothing of it can be used afterwards. */
function giveAway(walk: Walk, packet: Reg): void {
  walk.state.pushed = true;
  if (packet.kind !== KIND.SKB) return releaseReference(walk.state, packet.ref);
  walk.state.stackPacket = 'in a map';
  forgetPushedPacket(walk.state);
}

/** bpf_map_delete_elem. */
const DELETE = 3;

/** After a push, deleting from a packet map may free the very packet that enqueue was called with. */
function forgetPushedPacket(state: State): void {
  if (state.stackPacket !== 'in a map') return;
  state.stackPacket = 'may be gone';
  replaceEverywhere(state, (reg) => (reg.kind === KIND.SKB ? UNKNOWN : reg));
  forgetPackets(state);
}

/** bpf_dynptr_write. */
const VIEW_WRITE = 202;

/** What a call does to views of bytes: makes one, or may move what others show. */
function applyToViews(walk: Walk, rule: HelperRule, facts: CallFacts): void {
  if (facts.place !== null) occupy(walk, facts.place, pointerReg(KIND.DYNPTR, { id: walk.newId() }));
  if (rule.id === VIEW_WRITE) {
    replaceEverywhere(walk.state, (reg) => (reg.kind === KIND.MEM && reg.owner !== 0 ? UNKNOWN : reg));
  }
}

/** Register of a push's key. */
const KEY = 3;

/** A key whose upper bits fell off on the way sorts packets together that were meant to be apart. */
function warnOfKey(walk: Walk): void {
  if (walk.warnings.some(({ code, insn }) => code === 'key-overflows' && insn === walk.insn)) return;
  const shift = lossyShiftBehind(walk, KEY);
  if (shift >= 0) walk.warn('key-overflows', `shifted at instruction ${shift}`);
}

function finishCall(walk: Walk, rule: HelperRule, facts: CallFacts): boolean {
  const packet = facts.packet;
  const releasing = rule.releases ? facts.releasedRef : 0;
  if (releasing !== 0) releaseReference(walk.state, releasing);
  if (rule.movesPacket) forgetPackets(walk.state);
  if (walk.rules.model !== undefined) applyToViews(walk, rule, facts);
  const inherited = facts.passedRef;
  if (rule.id === DELETE && facts.map?.type === MAP.SKBMAP) forgetPushedPacket(walk.state);
  if (rule.consumesPacket && walk.lossyShifts.size > 0) warnOfKey(walk);
  clearCallerSaved(walk.frame());
  if (rule.consumesPacket && packet !== null) return forkPush(walk, packet, rule.endsPacket === true);
  if (rule.endsPacket === true && packet !== null) giveAway(walk, packet);
  let ref = inherited;
  const acquired = rule.acquires || facts.acquires;
  if (acquired) {
    ref = acquireReference(walk, rule.returns === 'owned-packet-or-null' ? 'packet' : 'object');
  }
  const result = returned(walk, rule, facts, ref, acquired);
  if (result === null) return false;
  walk.setReg(0, result.kind > KIND.SCALAR ? { ...result, from: walk.insn } : result);
  if (rule.callback !== null) {
    walk.setReg(0, rule.callback === 'loop' ? rangeReg(0n, LOOP_LIMIT) : UNKNOWN);
    walk.frame().callbackDepth = 0;
  }
  return true;
}

/** bpf_spin_unlock and bpf_kptr_xchg; bpf_spin_lock is refused by itself where a tree is being ordered. */
const IN_LOCK: readonly number[] = [94, 194];

function callHelper(walk: Walk): boolean {
  const id = walk.code.imm[walk.insn] ?? 0;
  const rule = walk.rules.helper(id);
  if (walk.state.lock !== null && !IN_LOCK.includes(id)) return walk.refuse('call-in-lock', {}, 'a spin lock is held');
  if (rule === null) {
    const name = walk.rules.helperName(id);
    if (name === null) return walk.refuse('unknown-helper', { id });
    return walk.refuse('helper-not-allowed', { name, id }, `${walk.rules.name} programs`);
  }
  if (rule.gplOnly && !licenseIsGpl(walk.program.license))
    return walk.refuse('gpl-only', {}, `the license is "${walk.program.license}"`);
  const facts = checkArguments(walk, rule);
  if (facts === null) return false;
  if (rule.tailCall && walk.state.refs.length > 0) {
    const first = walk.state.refs[0];
    return walk.refuse('leaked-reference', { id: first?.id ?? 0, insn: first?.insn ?? 0 }, 'a tail call does not come back');
  }
  if (rule.tailCall && walk.state.frames.length > 1) return walk.refuse('tail-call-in-subprogram', {});
  if (rule.callback !== null && !forkCallback(walk, rule, facts)) return false;
  return finishCall(walk, rule, facts);
}

/** Transfer of every call. */
export function transferCall(walk: Walk): boolean {
  const src = walk.code.src[walk.insn] ?? 0;
  if (src === PSEUDO_CALL.SUBPROGRAM) return callSubprogram(walk);
  if (src === PSEUDO_CALL.KFUNC) {
    return transferKfunc(walk);
  }
  return callHelper(walk);
}

/** A range as the kernel's messages about results print it (verbose_invalid_scalar). */
function rangeText(value: Scalar): string {
  const parts: string[] = [];
  if (value.smin !== UNKNOWN_SCALAR.smin) parts.push(`smin=${value.smin}`);
  if (value.smax !== UNKNOWN_SCALAR.smax) parts.push(`smax=${value.smax}`);
  return parts.length === 0 ? 'unknown scalar value' : parts.join(' ');
}

function leaveCallback(walk: Walk, step: Step, callee: Frame): boolean {
  const callback = callee.callback;
  if (callback === null) return true;
  const result = callee.reg(0);
  if (result.kind !== KIND.SCALAR) return walk.refuse('callback-result-kind', { kind: kindName(result) });
  markPreciseRegister(walk, 0);
  if (result.value.smin < callback.low || result.value.smax > callback.high) {
    const bounds = rangeText(result.value);
    return walk.refuse('callback-result', { bounds, low: `${callback.low}`, high: `${callback.high}` }, `R0 has ${bounds}`);
  }
  const leaked = walk.state.refs.find((reference) => !callback.refs.includes(reference.id));
  if (leaked !== undefined) {
    const lines = walk.rules.model === undefined ? [] : ['BPF_EXIT instruction in main prog would lead to reference leak'];
    return walk.refuse('leaked-in-callback', { id: leaked.id, insn: leaked.insn }, '', lines, leaked.insn);
  }
  step.leavesCallback = true;
  walk.state.frames.pop();
  // The helper goes on: the call is walked again, with the registers it was made with.
  const previous = previousAtCall(walk.state.parent, callee.callsite, walk.state.frames.length);
  if (previous !== null) widenImprecise(previous, walk.state);
  walk.next = callee.callsite;
  return true;
}

function leaveSubprogram(walk: Walk, step: Step): boolean {
  const callee = walk.frame();
  const result = callee.reg(0);
  if (callee.callback !== null) return leaveCallback(walk, step, callee);
  if (result.kind === KIND.STACK) return walk.refuse('stack-returned', {});
  walk.state.frames.pop();
  walk.setReg(0, result);
  walk.next = callee.callsite + 1;
  return true;
}

function checkExitValue(walk: Walk, result: Reg): boolean {
  const range = walk.rules.exitRange;
  if (range === null) return true;
  if (result.kind !== KIND.SCALAR) return walk.refuse('exit-value-kind', { kind: kindName(result) });
  markPreciseRegister(walk, 0);
  if (result.value.smin < range.low || result.value.smax > range.high) {
    const has = rangeText(result.value);
    return walk.refuse('exit-value', { has, low: `${range.low}`, high: `${range.high}` }, `R0 is ${has}`);
  }
  return true;
}

/** Transfer of exit: back to the caller, or the end of the program. `ended` tells the walk that the path is over. */
export function transferExit(walk: Walk, step: Step): { readonly ok: boolean; readonly ended: boolean } {
  const result = walk.reg(0);
  if (walk.rules.model !== undefined && walk.state.frames.length === 1) {
    const fine = checkStructOpsEnd(walk, result);
    if (fine !== null) return { ok: fine, ended: true };
  }
  if (result.kind === KIND.NONE && !(walk.state.frames.length > 1 && walk.frame().callback === null)) {
    return { ok: walk.refuse('unread-register', { reg: 0 }, 'no value has been put into R0 on this path'), ended: false };
  }
  if (walk.state.frames.length > 1) return { ok: leaveSubprogram(walk, step), ended: false };
  const reference = walk.rules.model !== undefined ? undefined : walk.state.refs.find((held) => held.kind === 'object');
  if (reference !== undefined) {
    return {
      ok: walk.refuse('leaked-reference', { id: reference.id, insn: reference.insn }, '', [], reference.insn),
      ended: false,
    };
  }
  if (!checkPacketsAtExit(walk, result)) return { ok: false, ended: false };
  if (result.kind > KIND.SCALAR && (walk.rules.exitRange !== null || walk.rules.ownership !== 'none')) {
    return { ok: walk.refuse('exit-value-kind', { kind: kindName(result) }), ended: false };
  }
  return { ok: checkExitValue(walk, result), ended: true };
}

/** Depth a chain of calls needs: frames rounded up as the kernel's JIT lays them out. */
export function checkStackDepth(walk: Walk): boolean {
  const { code, shape } = walk;
  const depths = walk.stackDepths;
  const callees = shape.subprograms.map((part) => {
    const found = new Set<number>();
    for (let slot = part.start; slot < part.end; slot++) {
      const opcode = code.opcode[slot] ?? 0;
      const local = opcode === 0x85 && code.src[slot] === PSEUDO_CALL.SUBPROGRAM;
      const address = opcode === 0x18 && code.src[slot] === 4;
      if (local || address) found.add(shape.owner[calleeOf(code, slot)] ?? 0);
      if (opcode === 0x18) slot++;
    }
    return [...found];
  });
  const rounded = (index: number): number => (((depths[index] ?? 0) + 15) >> 4) << 4;
  // Deepest chain from each function on; the call graph has no cycles.
  const known = new Map<number, { readonly bytes: number; readonly frames: number }>();
  const deepest = (index: number): { readonly bytes: number; readonly frames: number } => {
    const before = known.get(index);
    if (before !== undefined) return before;
    let below = { bytes: 0, frames: 0 };
    for (const callee of callees[index] ?? []) {
      const chain = deepest(callee);
      if (chain.bytes > below.bytes || (chain.bytes === below.bytes && chain.frames > below.frames)) below = chain;
    }
    const chain = { bytes: below.bytes + rounded(index), frames: below.frames + 1 };
    known.set(index, chain);
    return chain;
  };
  const { bytes, frames } = deepest(0);
  if (bytes <= STACK_LIMIT) return true;
  walk.insn = 0;
  return walk.refuse('stack-too-deep', { frames, bytes }, `${bytes} of ${STACK_LIMIT} bytes`);
}
