// Calls and exits: helper arguments by their rules, what a call returns and takes, subprograms and callbacks as frames, and
// what must hold when a function ends (Linux kernel/bpf/verifier.c, check_helper_call, check_func_call, prepare_func_exit).
// Knows nothing of arithmetic.

import { PSEUDO_CALL } from '../isa/opcodes.ts';
import { calleeOf } from './control-flow.ts';
import { type CallFacts, checkArguments } from './helper-arguments.ts';
import { MAP } from './map-rules.ts';
import { checkPacketsAtExit } from './ownership.ts';
import { markPreciseRegister } from './precision.ts';
import type { HelperRule } from './program-rules.ts';
import { constReg, KIND, kindName, NOT_INIT, pointerReg, type Reg, scalarReg, UNKNOWN } from './register.ts';
import { boundsText, isConst, UNKNOWN_SCALAR } from './scalar.ts';
import { BYTE, byteType, Frame, STACK_LIMIT, type State, type Step } from './state.ts';
import { forgetPackets, replaceEverywhere } from './transfer-branch.ts';
import { rangeReg } from './transfer-memory.ts';
import type { Walk } from './walk.ts';

/** Call frames at once, the entry included (MAX_CALL_FRAMES in 7.2). */
const FRAME_LIMIT = 16;
/** Most turns of bpf_loop. */
const LOOP_LIMIT = 8_388_608n;
const ERRNO_FLOOR = -4095n;

function clearCallerSaved(frame: Frame): void {
  for (let r = 0; r <= 5; r++) frame.regs[r] = NOT_INIT;
}

/** Frees a reference: every register that carries it is worth nothing any more. */
function releaseReference(state: State, ref: number): void {
  state.dropRef(ref);
  replaceEverywhere(state, (reg) => (reg.ref === ref ? UNKNOWN : reg));
}

function enterFrame(walk: Walk, state: State, target: number, callsite: number): Frame | null {
  if (state.frames.length >= FRAME_LIMIT) {
    walk.refuse('too-many-frames', { count: state.frames.length + 1 });
    return null;
  }
  const frame = new Frame(state.frames.length, callsite, walk.shape.owner[target] ?? 0, walk.newId());
  state.frames.push(frame);
  return frame;
}

function callSubprogram(walk: Walk): boolean {
  const caller = walk.frame();
  const target = calleeOf(walk.code, walk.insn);
  const callee = enterFrame(walk, walk.state, target, walk.insn);
  if (callee === null) return false;
  for (let r = 1; r <= 5; r++) callee.regs[r] = caller.reg(r);
  clearCallerSaved(caller);
  walk.next = target;
  return true;
}

/** Registers a callback starts with. */
function callbackRegisters(rule: HelperRule, facts: CallFacts, context: Reg): Reg[] {
  if (rule.callback === 'loop') return [NOT_INIT, UNKNOWN, context, NOT_INIT, NOT_INIT, NOT_INIT];
  const map = facts.map;
  const isPacketMap = map?.type === MAP.SKBMAP;
  const value = isPacketMap ? pointerReg(KIND.TOKEN) : pointerReg(KIND.MAP_VALUE, { map, mapUid: facts.mapUid });
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
  const context = walk.reg(3);
  const state = walk.fork(callback);
  if (state === null) return false;
  const caller = state.frame();
  caller.callbackDepth++;
  const frame = enterFrame(walk, state, callback, walk.insn);
  if (frame === null) return false;
  state.callbackUnrollDepth++;
  frame.callback = { low: 0n, high: 1n, refs: state.refs.map((reference) => reference.id) };
  callbackRegisters(rule, facts, context).forEach((reg, r) => {
    frame.regs[r] = reg;
  });
  return true;
}

/** The saved state of the last time this path stood at the same call. */
export function previousAtCall(from: State | null, slot: number, frames: number): State | null {
  for (let state = from; state !== null; state = state.parent) {
    if (state.at === slot && state.frames.length === frames) return state;
  }
  return null;
}

/**
 * Scalars on which nothing has depended and that change from turn to turn become unknown, so that the turns of a callback
 * loop meet (Linux: widen_imprecise_scalars).
 */
export function widenImprecise(old: State, current: State): void {
  for (let f = 0; f < old.frames.length; f++) {
    const [a, b] = [old.frames[f], current.frames[f]];
    if (a === undefined || b === undefined) continue;
    for (let r = 0; r < 10; r++) {
      const [was, is] = [a.reg(r), b.reg(r)];
      if (was === is || was.kind !== KIND.SCALAR || is.kind !== KIND.SCALAR) continue;
      if (((a.preciseRegs >>> r) & 1) === 0 && !(isConst(was.value) && isConst(is.value) && was.value.umin === is.value.umin))
        b.regs[r] = UNKNOWN;
    }
    for (let spi = 0; spi < a.stack.length; spi++) {
      const [was, is] = [a.slot(spi), b.slot(spi)];
      if (was === is || was.reg?.kind !== KIND.SCALAR || is.reg?.kind !== KIND.SCALAR || a.isPreciseSlot(spi)) continue;
      if (byteType(was, 0) !== BYTE.SPILL || byteType(is, 0) !== BYTE.SPILL) continue;
      b.setSlot(spi, { types: is.types, reg: UNKNOWN });
    }
  }
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
function forkPush(walk: Walk, packet: Reg): boolean {
  const failed = walk.fork(walk.insn + 1);
  if (failed === null) return false;
  failed.frame().regs[0] = rangeReg(ERRNO_FLOOR, -1n);
  walk.setReg(0, constReg(0n));
  walk.state.pushed = true;
  if (packet.kind === KIND.SKB) walk.state.stackPacket = 'in a map';
  else releaseReference(walk.state, packet.ref);
  return true;
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

function finishCall(walk: Walk, rule: HelperRule, facts: CallFacts): boolean {
  const packet = facts.packet;
  const releasing = rule.releases ? facts.releasedRef : 0;
  if (releasing !== 0) releaseReference(walk.state, releasing);
  if (rule.movesPacket) forgetPackets(walk.state);
  const inherited = facts.passedRef;
  if (rule.id === DELETE && facts.map?.type === MAP.SKBMAP) forgetPushedPacket(walk.state);
  clearCallerSaved(walk.frame());
  if (rule.consumesPacket && packet !== null) return forkPush(walk, packet);
  let ref = inherited;
  const acquired = rule.acquires || facts.acquires;
  if (acquired) {
    ref = walk.newId();
    walk.state.refs = [
      ...walk.state.refs,
      { id: ref, insn: walk.insn, kind: rule.returns === 'owned-packet-or-null' ? 'packet' : 'object' },
    ];
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

function callHelper(walk: Walk): boolean {
  const id = walk.code.imm[walk.insn] ?? 0;
  const rule = walk.rules.helper(id);
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

const GPL: readonly string[] = ['GPL', 'GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL'];
/** Licences that may call GPL-only helpers (Linux include/linux/license.h). */
const licenseIsGpl = (license: string): boolean => GPL.includes(license);

/** Transfer of every call. */
export function transferCall(walk: Walk): boolean {
  const src = walk.code.src[walk.insn] ?? 0;
  if (src === PSEUDO_CALL.SUBPROGRAM) return callSubprogram(walk);
  if (src === PSEUDO_CALL.KFUNC) {
    const name = walk.program.kfuncs[walk.code.imm[walk.insn] ?? 0] ?? '?';
    return walk.refuse('kfunc-not-allowed', { name });
  }
  return callHelper(walk);
}

function leaveCallback(walk: Walk, step: Step, callee: Frame): boolean {
  const callback = callee.callback;
  if (callback === null) return true;
  const result = callee.reg(0);
  if (result.kind !== KIND.SCALAR) return walk.refuse('callback-result-kind', { kind: kindName(result) });
  markPreciseRegister(walk, 0);
  if (result.value.smin < callback.low || result.value.smax > callback.high) {
    return walk.refuse(
      'callback-result',
      { bounds: boundsText(result.value) || 'unknown', low: `${callback.low}`, high: `${callback.high}` },
      `R0 is ${boundsText(result.value) || 'any number'}`,
    );
  }
  const leaked = walk.state.refs.find((reference) => !callback.refs.includes(reference.id));
  if (leaked !== undefined) return walk.refuse('leaked-in-callback', { id: leaked.id, insn: leaked.insn }, '', [], leaked.insn);
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
    const unknown = result.value.smin === UNKNOWN_SCALAR.smin && result.value.smax === UNKNOWN_SCALAR.smax;
    const has = unknown ? 'unknown scalar value' : `smin=${result.value.smin} smax=${result.value.smax}`;
    return walk.refuse('exit-value', { has, low: `${range.low}`, high: `${range.high}` }, `R0 is ${has}`);
  }
  return true;
}

/** Transfer of exit: back to the caller, or the end of the program. `ended` tells the walk that the path is over. */
export function transferExit(walk: Walk, step: Step): { readonly ok: boolean; readonly ended: boolean } {
  const result = walk.reg(0);
  if (result.kind === KIND.NONE && !(walk.state.frames.length > 1 && walk.frame().callback === null)) {
    return { ok: walk.refuse('unread-register', { reg: 0 }, 'no value has been put into R0 on this path'), ended: false };
  }
  if (walk.state.frames.length > 1) return { ok: leaveSubprogram(walk, step), ended: false };
  const reference = walk.state.refs.find((held) => held.kind === 'object');
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
