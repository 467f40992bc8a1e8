// Arguments of a helper call against the rules of its row: maps, keys and values, memory with its size, callbacks,
// packets, sockets (Linux kernel/bpf/verifier.c, check_func_arg). Knows nothing of what the call returns.

import type { ObjectMap } from '../object/program-object.ts';
import { fieldsBehind } from './locks.ts';
import { MAP, mapSuitsHelper } from './map-rules.ts';
import { checkObjectArgument, OBJECT_ARGUMENTS } from './object-arguments.ts';
import { checkPacketArgument } from './ownership.ts';
import { markPreciseRegister, markPreciseSlot } from './precision.ts';
import type { HelperArg, HelperRule } from './program-rules.ts';
import { FLAG, isNull, isPacket, isSocket, KIND, kindName, type Reg, regWith } from './register.ts';
import { isConst, rangeWords } from './scalar.ts';
import { type SpecialField, specialFieldTouched } from './special-fields.ts';
import type { Place } from './stack-objects.ts';
import { BYTE, byteType } from './state.ts';
import { tnumText } from './tnum.ts';
import { checkMapValue, checkPacket, checkRegion } from './transfer-memory.ts';
import { clobberStack, frameOf, stackIsReadable, stackRange } from './transfer-stack.ts';
import { loadFromStruct, storeIntoStruct } from './transfer-struct.ts';
import type { Walk } from './walk.ts';

/** What the arguments told about the call. */
export interface CallFacts {
  map: ObjectMap | null;
  mapUid: number;
  /** Slot of the callback's first instruction. */
  callback: number | null;
  /** The packet argument. */
  packet: Reg | null;
  /** Bytes asked for by a constant allocation size. */
  allocation: number;
  /** Reference of the argument that the call releases. */
  releasedRef: number;
  /** Reference that a result cast from an argument shares. */
  passedRef: number;
  /** The call gives a reference although its row alone does not say so (lookup in a socket map). */
  acquires: boolean;
  /** The map's type is not one the call works on; said after the other arguments, as the kernel does. */
  mapIsUnsuitable: boolean;
  /** A lookup with a constant key inside an array cannot fail. */
  lookupIsCertain: boolean;
  /** The kptr field that a swap goes to. */
  kptr: SpecialField | null;
  /** The view of bytes an argument names, and where a new one goes. */
  view: Reg | null;
  place: Place | null;
}

const MEMORY_NAMES = 'fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_, ctx';
const SOCKET_NAMES = 'sock_common, sock, tcp_sock, xdp_sock';

const isMemory = (reg: Reg): boolean =>
  reg.kind === KIND.STACK || isPacket(reg) || reg.kind === KIND.MAP_KEY || reg.kind === KIND.MAP_VALUE || reg.kind === KIND.MEM;

function wrongKind(walk: Walk, index: number, reg: Reg, expected: string): false {
  return walk.refuse('argument-kind', { reg: index, kind: kindName(reg), expected }, `R${index} is ${kindName(reg)}`);
}

/** Calls do not read or write what belongs to the kernel inside a map value. */
function touchesNoSpecialField(walk: Walk, reg: Reg, size: number): boolean {
  const low = Number(reg.value.smin);
  const field = specialFieldTouched(fieldsBehind(walk, reg), low, Number(reg.value.umax) - low + size);
  if (field === null) return true;
  if (field.kind === 'kptr') return walk.refuse('kptr-by-helper', {});
  return walk.refuse('special-field-in-map', { field: field.kind }, `map ${reg.map?.name ?? ''}`);
}

/** `size` bytes of memory that the helper reads (or, with `write`, fills). */
export function checkMemory(walk: Walk, index: number, reg: Reg, size: number, write: boolean, zeroAllowed: boolean): boolean {
  switch (reg.kind) {
    case KIND.STACK: {
      const range = stackRange(walk, index, reg, 0, size, write ? 'write to' : 'read from');
      if (range === null) return false;
      if (!isConst(reg.value)) markPreciseRegister(walk, index);
      const frame = frameOf(walk, reg);
      const low = range.low;
      const high = isConst(reg.value) ? low + size : range.high;
      if (size === 0) return zeroAllowed || walk.refuse('zero-sized', {});
      if (write) {
        if (isConst(reg.value)) clobberStack(walk, frame, low, high);
        else if (!stackIsReadable(walk, index, frame, low, high, true)) return false;
        return true;
      }
      return stackIsReadable(walk, index, frame, low, high, false);
    }
    case KIND.MAP_VALUE:
      if (!checkMapValue(walk, index, reg, 0, size, write, zeroAllowed)) return false;
      return walk.rules.model === undefined || touchesNoSpecialField(walk, reg, size);
    case KIND.MAP_KEY: {
      if (write) return walk.refuse('read-only-memory', { reg: index, kind: kindName(reg) });
      const limit = reg.map?.keySize ?? 0;
      return checkRegion(walk, index, reg, 0, size, limit, zeroAllowed, (low, count) =>
        walk.refuse('map-key-bounds', { size: limit, off: low, count }),
      );
    }
    case KIND.MEM:
      if (write && (reg.flags & FLAG.READ_ONLY) !== 0)
        return walk.refuse('read-only-memory', { reg: index, kind: kindName(reg) });
      return checkRegion(walk, index, reg, 0, size, reg.size, zeroAllowed, (low, count) =>
        walk.refuse('memory-bounds', { size: reg.size, off: low, count }),
      );
    case KIND.PACKET:
    case KIND.PACKET_META:
      return checkPacket(walk, index, reg, 0, size, zeroAllowed);
    case KIND.CTX:
      return checkContextOffset(walk, index, reg) && walk.refuse('context-access', { off: 0, size });
    case KIND.BTF_PTR:
      if (reg.struct === null) return wrongKind(walk, index, reg, MEMORY_NAMES);
      if (write) return storeIntoStruct(walk, index, reg, 0, size);
      return loadFromStruct(walk, index, reg, 0, size) !== null;
    default:
      return wrongKind(walk, index, reg, MEMORY_NAMES);
  }
}

/** The context is passed as it was given. */
function checkContextOffset(walk: Walk, index: number, reg: Reg): boolean {
  if (!isConst(reg.value)) return walk.refuse('variable-context-offset', { kind: 'ctx', bits: tnumText(reg.value.bits) });
  const off = Number(reg.value.smin);
  if (off === 0) return true;
  return walk.refuse(off < 0 ? 'negative-context-offset' : 'moved-context', { kind: 'ctx', reg: index, off });
}

/** Kind first, and whether packet memory may be passed here. */
function checkMemoryKind(walk: Walk, index: number, reg: Reg): boolean {
  const isStruct = reg.kind === KIND.BTF_PTR && reg.struct !== null && (reg.flags & FLAG.TRUSTED) !== 0;
  if (reg.nullable || (!isMemory(reg) && !isStruct && reg.kind !== KIND.CTX)) return wrongKind(walk, index, reg, MEMORY_NAMES);
  return true;
}

const packetMemoryAllowed = (walk: Walk, rule: HelperRule): boolean => walk.rules.directPacket !== 'none' && rule.readsPacket;

/** The pair memory, size: every size the register may hold must fit. */
function checkSized(
  walk: Walk,
  index: number,
  rule: HelperRule,
  memoryIndex: number,
  write: boolean,
  zeroAllowed: boolean,
): boolean {
  const size = walk.reg(index);
  const memory = walk.reg(memoryIndex);
  if (size.kind !== KIND.SCALAR) return wrongKind(walk, index, size, 'scalar');
  if (size.value.smin < 0n) {
    return walk.refuse('size-negative', { reg: index }, `the size is ${rangeWords(size.value)}`);
  }
  if (size.value.umin === 0n && !zeroAllowed) {
    return walk.refuse(
      'size-zero',
      { reg: index, low: `${size.value.umin}`, high: `${size.value.umax}` },
      `the size is ${rangeWords(size.value)}`,
    );
  }
  if (size.value.umax >= 1n << 29n) {
    return walk.refuse('size-unbounded', { reg: index }, `the size can be as large as ${size.value.umax}`);
  }
  markPreciseRegister(walk, index);
  const arg = rule.args[memoryIndex - 1];
  if (arg === 'memory-or-null' && (isNull(memory) || (memory.nullable && size.value.umax === 0n))) return true;
  const most = Number(size.value.umax);
  const fixedSize = isConst(size.value);
  if (write && memory.kind === KIND.STACK && !fixedSize) {
    // The helper may fill less than the most: what is there must be readable before.
    const range = stackRange(walk, memoryIndex, memory, 0, most, 'write to');
    if (range === null) return false;
    const frame = frameOf(walk, memory);
    if (!stackIsReadable(walk, memoryIndex, frame, range.low, range.high, true)) return false;
    clobberStack(walk, frame, range.low, Math.max(range.low + 1, range.high));
    return true;
  }
  return checkMemory(walk, memoryIndex, memory, most, write, zeroAllowed);
}

/** A lookup in an array with a key that is one known number below max_entries cannot fail. */
function lookupIsCertain(walk: Walk, map: ObjectMap, key: Reg): boolean {
  if ((map.type !== MAP.ARRAY && map.type !== MAP.PERCPU_ARRAY) || map.keySize !== 4) return false;
  if (key.kind !== KIND.STACK || !isConst(key.value)) return false;
  const offset = Number(key.value.smin);
  if (offset % 4 !== 0 || offset < -512 || offset > -4) return false;
  const frame = frameOf(walk, key);
  const spi = (-offset - 1) >> 3;
  const slot = frame.slot(spi);
  const start = ((offset % 8) + 8) % 8;
  const bytes = [0, 1, 2, 3].map((i) => byteType(slot, start + i));
  if (bytes.every((type) => type === BYTE.ZERO)) return map.maxEntries > 0;
  if (start !== 0 || slot.reg === null || slot.reg.kind !== KIND.SCALAR || !bytes.every((type) => type === BYTE.SPILL))
    return false;
  // The kernel looks at keys stored as exactly four bytes only.
  if (byteType(slot, 4) === BYTE.SPILL || !isConst(slot.reg.value) || slot.reg.value.umin >= BigInt(map.maxEntries)) return false;
  markPreciseSlot(walk, frame.number, spi);
  return true;
}

function checkMapArgument(walk: Walk, rule: HelperRule, index: number, reg: Reg, facts: CallFacts): boolean {
  if (reg.kind !== KIND.MAP_PTR || reg.nullable) return wrongKind(walk, index, reg, 'map_ptr');
  facts.map = reg.map;
  facts.mapUid = reg.mapUid;
  const type = reg.map?.type ?? 0;
  const listed = rule.mapTypes === null || rule.mapTypes.includes(type);
  if (!listed || !mapSuitsHelper(type, rule.id)) {
    facts.mapIsUnsuitable = true;
  }
  return true;
}

function checkSocketArgument(walk: Walk, rule: HelperRule, index: number, reg: Reg, facts: CallFacts, btf: boolean): boolean {
  const names = btf ? `${SOCKET_NAMES}, ptr_, trusted_ptr_` : SOCKET_NAMES;
  const fits = isSocket(reg.kind) || (btf && reg.kind === KIND.BTF_PTR);
  if (!fits || reg.nullable) return wrongKind(walk, index, reg, names);
  if (rule.releases && index === 1) {
    if (!isConst(reg.value) || reg.value.smin !== 0n) return walk.refuse('release-offset', { reg: index });
    if (reg.ref === 0) return walk.refuse('release-unreferenced', { name: rule.name, reg: index });
    facts.releasedRef = reg.ref;
  } else facts.passedRef = reg.ref;
  return true;
}

function checkOne(walk: Walk, rule: HelperRule, arg: HelperArg, index: number, facts: CallFacts): boolean {
  const reg = walk.reg(index);
  if (arg === 'optional') return true;
  if (reg.kind === KIND.NONE)
    return walk.refuse('unread-register', { reg: index }, `argument ${index} of ${rule.name} has not been set on this path`);
  if (arg !== 'anything' && isPacket(reg) && !packetMemoryAllowed(walk, rule)) return walk.refuse('packet-argument', {});
  const write = arg === 'map-value-out';
  if (OBJECT_ARGUMENTS.includes(arg)) return checkObjectArgument(walk, rule, arg, index, facts);
  switch (arg) {
    case 'anything':
      return checkAllowed(walk, rule, index, reg);
    case 'map':
      return checkMapArgument(walk, rule, index, reg, facts);
    case 'map-key': {
      if (!checkMemoryKind(walk, index, reg)) return false;
      const certain = rule.id === 1 && facts.map !== null && lookupIsCertain(walk, facts.map, reg);
      facts.lookupIsCertain = certain;
      return checkMemory(walk, index, reg, facts.map?.keySize ?? 0, false, false);
    }
    case 'map-value':
    case 'map-value-out':
      if (facts.map?.type === MAP.SOCKMAP || facts.map?.type === MAP.SOCKHASH)
        return checkSocketArgument(walk, rule, index, reg, facts, true);
      if (!checkMemoryKind(walk, index, reg)) return false;
      return checkMemory(walk, index, reg, facts.map?.valueSize ?? 0, write, facts.map?.type === MAP.SKBMAP);
    case 'memory':
    case 'memory-out':
      return checkMemoryKind(walk, index, reg);
    case 'memory-or-null':
      return isNull(reg) || checkMemoryKind(walk, index, regWith(reg, { nullable: false }));
    case 'size':
    case 'size-or-zero':
      return checkSized(walk, index, rule, index - 1, writesBefore(rule, index), arg === 'size-or-zero');
    case 'context':
      if (reg.kind !== KIND.CTX) return wrongKind(walk, index, reg, 'ctx');
      return checkContextOffset(walk, index, reg);
    case 'socket':
      return checkSocketArgument(walk, rule, index, reg, facts, false);
    case 'socket-btf':
      return checkSocketArgument(walk, rule, index, reg, facts, true);
    case 'ringbuf-memory':
      if (reg.kind !== KIND.MEM || !reg.ringbuf || reg.nullable) return wrongKind(walk, index, reg, 'ringbuf_mem');
      if (!isConst(reg.value) || reg.value.smin !== 0n) return walk.refuse('release-offset', { reg: index });
      facts.releasedRef = reg.ref;
      return true;
    case 'allocation-size':
      if (reg.kind !== KIND.SCALAR) return wrongKind(walk, index, reg, 'scalar');
      if (!isConst(reg.value)) return walk.refuse('allocation-not-constant', { reg: index });
      facts.allocation = Number(reg.value.umin);
      markPreciseRegister(walk, index);
      return true;
    case 'callback':
      if (reg.kind !== KIND.FUNC) return wrongKind(walk, index, reg, 'func');
      facts.callback = reg.frame;
      return true;
    case 'callback-context':
      return isNull(reg) || reg.kind === KIND.STACK || reg.kind === KIND.MAP_VALUE ? true : wrongKind(walk, index, reg, 'fp');
    case 'string':
      return reg.kind === KIND.MAP_VALUE ? true : wrongKind(walk, index, reg, 'map_value');
    case 'packet':
      facts.packet = reg;
      return checkPacketArgument(walk, index, reg);
    case 'owned-packet':
      if (reg.kind === KIND.SKB) return wrongKind(walk, index, reg, 'popped_skb');
      facts.releasedRef = reg.ref;
      return checkPacketArgument(walk, index, reg);
    default: {
      if (!checkMemoryKind(walk, index, reg)) return false;
      const out = arg.startsWith('fixed-out-');
      return checkMemory(walk, index, reg, Number(arg.slice(out ? 10 : 6)), out, false);
    }
  }
}

/** The memory whose size argument `index` is will be written. */
const writesBefore = (rule: HelperRule, index: number): boolean => {
  const memory = rule.args[index - 2];
  return memory === 'memory-out' || memory === 'dynptr-memory';
};

function checkAllowed(walk: Walk, rule: HelperRule, index: number, reg: Reg): boolean {
  const allowed = rule.allowed[index - 1] ?? null;
  if (allowed === null) return true;
  if (reg.kind === KIND.SCALAR && isConst(reg.value) && allowed.includes(Number(reg.value.smin))) return true;
  return walk.refuse(
    'argument-value',
    { reg: index, name: rule.name, allowed: allowed.join(', ') },
    `it is ${rangeWords(reg.value)}`,
  );
}

/** Checks every argument in order; null when one is refused. */
export function checkArguments(walk: Walk, rule: HelperRule): CallFacts | null {
  const facts: CallFacts = {
    map: null,
    mapUid: 0,
    callback: null,
    packet: null,
    allocation: 0,
    releasedRef: 0,
    passedRef: 0,
    acquires: false,
    lookupIsCertain: false,
    mapIsUnsuitable: false,
    kptr: null,
    view: null,
    place: null,
  };
  for (let i = 0; i < rule.args.length; i++) {
    const arg = rule.args[i];
    if (arg !== undefined && !checkOne(walk, rule, arg, i + 1, facts)) return null;
  }
  if (rule.id === 81 && !isNull(walk.reg(2))) {
    walk.refuse('storage-flags', {});
    return null;
  }
  facts.acquires = rule.id === 1 && (facts.map?.type === MAP.SOCKMAP || facts.map?.type === MAP.SOCKHASH);
  if (!facts.mapIsUnsuitable) return facts;
  if (rule.tailCall) walk.refuse('tail-call-map', {});
  else walk.refuse('map-type', { type: facts.map?.type ?? 0, name: rule.name, id: rule.id }, `map ${facts.map?.name ?? ''}`);
  return null;
}
