// Loads, stores and atomics through every kind of pointer but the stack's own bytes (transfer-stack.ts): alignment,
// bounds, context and packet fields, map values, sockets, and where a packet may be put (Linux kernel/bpf/verifier.c,
// check_mem_access). Knows nothing of arithmetic or calls.

import { CLASS, MODE } from '../isa/opcodes.ts';
import { specialOfMap } from './map-fields.ts';
import { MAP_FLAG, mapMayBeRead, mapMayBeWritten } from './map-rules.ts';
import { markPreciseRegister } from './precision.ts';
import {
  constReg,
  FLAG,
  isNull,
  isPacket,
  isPointer,
  isSocket,
  KIND,
  kindName,
  pointerReg,
  type Reg,
  scalarReg,
  UNKNOWN,
  unlinked,
} from './register.ts';
import { constScalar, isConst, rangeWords, scalarOf, signExtend, truncate, unsignedOfSize } from './scalar.ts';
import { accessSocket } from './socket-fields.ts';
import type { Step } from './state.ts';
import { loadArgument } from './struct-ops-entry.ts';
import { tnumAdd, tnumConst, tnumIsAligned, tnumText } from './tnum.ts';
import {
  frameOf,
  OFFSET_LIMIT,
  readStackAt,
  readStackRange,
  stackRange,
  writeStackAt,
  writeStackRange,
} from './transfer-stack.ts';
import { loadFromStruct, storeIntoStruct } from './transfer-struct.ts';
import type { Walk } from './walk.ts';

/** Loaded values by size, zero-extended and unknown. */
const loadedScalar = (size: number): Reg => (size === 8 ? UNKNOWN : scalarReg(unsignedOfSize(size)));

const DESCRIPTION = new Map<number, string>([
  [KIND.PACKET, 'packet '],
  [KIND.PACKET_META, 'packet '],
  [KIND.MAP_KEY, 'key '],
  [KIND.MAP_VALUE, 'value '],
  [KIND.CTX, 'context '],
  [KIND.STACK, 'stack '],
  [KIND.SOCK_COMMON, 'sock_common '],
  [KIND.SOCK, 'sock '],
  [KIND.TCP_SOCK, 'tcp_sock '],
  [KIND.XDP_SOCK, 'xdp_sock '],
]);

/** Stack accesses must be aligned always; others only where the loader asks for it. */
export function checkAlignment(walk: Walk, reg: Reg, offset: number, size: number, strictOnce: boolean): boolean {
  const strict = walk.options.strictAlignment || strictOnce || reg.kind === KIND.STACK;
  if (!strict || size === 1) return true;
  const packet = isPacket(reg);
  // Two bytes in front of an Ethernet header make the network header aligned (NET_IP_ALIGN).
  const skew = packet ? 2 : 0;
  if (isConst(reg.value) && ((Number(BigInt.asIntN(32, reg.value.smin)) + offset + skew) & (size - 1)) === 0) return true;
  const bits = tnumAdd(reg.value.bits, tnumConst(BigInt.asUintN(64, BigInt(offset + skew))));
  if (tnumIsAligned(bits, BigInt(size))) return true;
  const base = isConst(reg.value) ? `${reg.value.smin}` : tnumText(reg.value.bits);
  return walk.refuse(
    'misaligned',
    { what: DESCRIPTION.get(reg.kind) ?? '', off: `${packet ? '2+' : ''}${base}+${offset}`, size },
    `the address may not be a multiple of ${size}`,
  );
}

/** {@link OFFSET_LIMIT} as a number. */
const REGION_LIMIT = Number(OFFSET_LIMIT);

type Complaint = (low: number, size: number) => boolean;

/** Bounds of `size` bytes at reg + offset inside a region of `limit` bytes. */
export function checkRegion(
  walk: Walk,
  regIndex: number,
  reg: Reg,
  offset: number,
  size: number,
  limit: number,
  zeroAllowed: boolean,
  complaint: Complaint,
): boolean {
  const value = reg.value;
  // The common case without wide arithmetic: bounds this small are exact as numbers.
  const from = Number(value.smin);
  const to = Number(value.umax);
  if (
    from >= 0 &&
    to < REGION_LIMIT &&
    from + offset >= 0 &&
    (size > 0 || zeroAllowed) &&
    size >= 0 &&
    to + offset + size <= limit
  )
    return true;
  const complain = (low: number, count: number, end: 'min' | 'max'): boolean => {
    complaint(low, count);
    walk.addDetail(`R${regIndex} ${end} value is outside of the allowed memory range`);
    return false;
  };
  const negative =
    value.smin < 0n && (value.smin === -(1n << 63n) || value.smin + BigInt(offset) < 0n || value.smin < -(1n << 31n));
  if (negative) return walk.refuse('negative-offset', { reg: regIndex }, `the offset is ${value.smin} to ${value.smax}`);
  const inside = (low: bigint): boolean =>
    low >= 0n && (size > 0 || (size === 0 && zeroAllowed)) && low + BigInt(size) <= BigInt(limit);
  const first = value.smin + BigInt(offset);
  if (!inside(first)) return complain(Number(first), size, 'min');
  if (value.umax >= OFFSET_LIMIT) {
    return walk.refuse(
      'unbounded-offset',
      { reg: regIndex },
      `the offset can be as large as ${value.umax}; the region has ${limit} bytes`,
    );
  }
  const last = value.umax + BigInt(offset);
  return inside(last) ? true : complain(Number(last), size, 'max');
}

/** Bytes of a map value, with the map's own read and write permissions. */
export function checkMapValue(
  walk: Walk,
  regIndex: number,
  reg: Reg,
  offset: number,
  size: number,
  write: boolean,
  zeroAllowed: boolean,
): boolean {
  const map = reg.map;
  if (map === null) return walk.refuse('bad-pointer', { reg: regIndex, kind: kindName(reg) });
  const values = { size: map.valueSize, off: Number(reg.value.smin) + offset, count: size };
  const allowed = write ? mapMayBeWritten(map) : mapMayBeRead(map);
  if (!allowed) return walk.refuse(write ? 'map-write-forbidden' : 'map-read-forbidden', values, `map ${map.name}`);
  return checkRegion(walk, regIndex, reg, offset, size, map.valueSize, zeroAllowed, (low, count) =>
    walk.refuse(
      'map-value-bounds',
      { size: map.valueSize, off: low, count },
      `offset ${rangeWords(reg.value)} plus ${offset}: bytes ${low} to ${low + count - 1} of a value of ${map.valueSize} bytes (map ${map.name})`,
    ),
  );
}

/** Bytes of packet data before data_end, as far as comparisons have shown them to exist. */
export function checkPacket(walk: Walk, regIndex: number, reg: Reg, offset: number, size: number, zeroAllowed: boolean): boolean {
  if (reg.value.smin < 0n && reg.value.smin + BigInt(offset) < 0n) {
    return walk.refuse(
      'negative-offset',
      { reg: regIndex },
      `the offset into the packet is ${reg.value.smin} to ${reg.value.smax}`,
    );
  }
  const low = reg.fixed + offset;
  const inside = reg.range >= 0 && low >= 0 && (size > 0 || (size === 0 && zeroAllowed)) && low + size <= reg.range;
  if (reg.range < 0)
    return walk.refuse('packet-past-end', { reg: regIndex }, 'this pointer was compared and found at or past data_end');
  if (!inside || reg.value.smin < 0n) {
    return walk.refuse(
      'packet-bounds',
      { off: low, size, reg: regIndex, id: reg.id, fixed: reg.fixed, range: reg.range },
      reg.range === 0
        ? 'nothing has been compared with data_end on this path'
        : `bytes up to ${reg.range} are known to exist; this needs ${low + size}`,
      [`R${regIndex} offset is outside of the packet`],
    );
  }
  return true;
}

function checkConstantOffset(walk: Walk, regIndex: number, reg: Reg): boolean {
  const kind = kindName(reg);
  if (!isConst(reg.value)) {
    return walk.refuse(
      'variable-context-offset',
      { kind, bits: tnumText(reg.value.bits) },
      `the offset is ${rangeWords(reg.value)}`,
    );
  }
  if (reg.value.smin < 0n) return walk.refuse('negative-context-offset', { kind, reg: regIndex, off: Number(reg.value.smin) });
  if (reg.value.smin !== 0n) {
    return walk.refuse(
      'moved-context',
      { kind, reg: regIndex, off: Number(reg.value.smin) },
      `${reg.value.smin} has been added to it`,
    );
  }
  return true;
}

/** What the access is to, in words: `a store of 4 bytes to len, offset 0 of struct __sk_buff`. */
function accessWords(walk: Walk, reg: Reg, action: string, offset: number, size: number): string {
  const ofPacket = reg.kind !== KIND.CTX;
  const field = walk.rules.fieldName(ofPacket, offset);
  const place = `offset ${offset} of ${ofPacket ? 'struct __sk_buff' : walk.rules.contextName}`;
  return `${action} of ${size} byte${size === 1 ? '' : 's'} at ${field === null ? '' : `${field}, `}${place}`;
}

/** What a load from the context, or from a packet's fields, yields. */
function loadField(walk: Walk, reg: Reg, offset: number, size: number): Reg | null {
  if (walk.rules.model !== undefined) return loadArgument(walk, offset, size);
  const table = reg.kind === KIND.CTX ? walk.rules.context : walk.rules.packet;
  const access = table === null ? null : table(offset, size, false);
  // The bytes of a popped packet, or of one that is somewhere else, would outlive it: only its numbers can be read.
  if (access === null || ((reg.kind === KIND.POPPED || reg.kind === KIND.TOKEN) && access.yields !== 'scalar')) {
    walk.refuse(
      reg.kind === KIND.CTX ? 'context-access' : 'packet-field',
      { off: offset, size },
      accessWords(walk, reg, 'a load', offset, size),
    );
    return null;
  }
  switch (access.yields) {
    case 'packet-data':
      return pointerReg(KIND.PACKET);
    case 'packet-end':
      return pointerReg(KIND.PACKET_END);
    case 'packet-meta':
      return pointerReg(KIND.PACKET_META);
    case 'packet':
      if (walk.state.stackPacket !== 'may be gone') return pointerReg(KIND.SKB);
      walk.refuse('packet-maybe-freed', {}, 'it was pushed, and bpf_map_delete_elem was called on a packet map afterwards');
      return null;
    case 'packet-slot':
      return walk.state.packetSlot ?? constReg(0n);
    case 'socket-or-null':
      return pointerReg(KIND.SOCK_COMMON, { nullable: true, id: walk.newId() });
    default:
      return loadedScalar(size);
  }
}

/** `ctx->skb = packet` in dequeue: takes a popped packet or NULL, and never a second packet over a first. */
function storePacketSlot(walk: Walk, source: Reg, immediate: number | null): boolean {
  const held = walk.state.packetSlot;
  const stored = immediate !== null ? constReg(BigInt(immediate)) : source;
  if (stored.kind === KIND.POPPED && held !== null && held.id === stored.id && stored.id !== 0) return true;
  if (stored.kind === KIND.POPPED && held !== null && held.ref === stored.ref) return true;
  if (held !== null) return walk.refuse('packet-overwritten', {}, 'ctx->skb already holds a packet on this path');
  if (isNull(stored)) return true;
  // A peek program only shows a packet: the one that stays where it is.
  if (walk.rules.name === 'qdisc/peek' && stored.kind === KIND.TOKEN) return true;
  if (stored.kind !== KIND.POPPED) {
    return walk.refuse(
      'packet-slot-type',
      { kind: kindName(stored) },
      `the value stored is ${stored.kind === KIND.SCALAR ? 'a number' : kindName(stored)}`,
    );
  }
  if (!walk.state.hasRef(stored.ref))
    return walk.refuse('packet-gone', {}, 'this packet was pushed into a map or given away before');
  walk.state.dropRef(stored.ref);
  walk.state.packetSlot = stored;
  walk.state.pushed = true;
  return true;
}

function storeField(walk: Walk, reg: Reg, offset: number, size: number, source: Reg, immediate: number | null): boolean {
  const table = reg.kind === KIND.CTX ? walk.rules.context : walk.rules.packet;
  const access = table === null ? null : table(offset, size, true);
  if (access === null) {
    return walk.refuse(
      reg.kind === KIND.CTX ? 'context-access' : 'packet-field',
      { off: offset, size },
      accessWords(walk, reg, 'a store', offset, size),
    );
  }
  if (access.yields === 'packet-slot') return storePacketSlot(walk, source, immediate);
  if (immediate === null && isPointer(source) && walk.rules.ownership !== 'none') {
    return walk.refuse('pointer-into-context', { kind: kindName(source) }, `the value stored is a pointer (${kindName(source)})`);
  }
  return true;
}

function readConstantMap(reg: Reg, offset: number, size: number): Reg | null {
  const data = reg.map?.data ?? null;
  if (reg.map === null || data === null || !data.readOnly || (reg.map.flags & MAP_FLAG.WRITE_ONLY) !== 0 || !isConst(reg.value))
    return null;
  const at = Number(reg.value.smin) + offset;
  if (at < 0 || at + size > data.bytes.length) return null;
  if (data.relocations.some((relocation) => relocation.offset < at + size && at < relocation.offset + 8)) return null;
  let low = 0;
  let high = 0;
  for (let i = Math.min(size, 4) - 1; i >= 0; i--) low = low * 256 + (data.bytes[at + i] ?? 0);
  for (let i = size - 1; i >= 4; i--) high = high * 256 + (data.bytes[at + i] ?? 0);
  return scalarReg(constScalar(high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low)));
}

/** Bytes of the stack about which nothing is known are still a number of their size. */
const cutTo = (reg: Reg | null, size: number): Reg | null => (reg === UNKNOWN ? loadedScalar(size) : reg);

/** Loads `size` bytes; null when refused. The result is zero-extended. */
export function load(walk: Walk, step: Step, regIndex: number, reg: Reg, offset: number, size: number): Reg | null {
  if (reg.nullable) return refuseKind(walk, regIndex, reg);
  switch (reg.kind) {
    case KIND.STACK: {
      const range = stackRange(walk, regIndex, reg, offset, size, 'read from');
      if (range === null) return null;
      const frame = frameOf(walk, reg);
      if (isConst(reg.value)) return cutTo(readStackAt(walk, step, frame, range.low, size), size);
      markPreciseRegister(walk, regIndex);
      return cutTo(readStackRange(walk, regIndex, frame, range.low, range.high), size);
    }
    case KIND.MAP_VALUE:
      if (!checkMapValue(walk, regIndex, reg, offset, size, false, false)) return null;
      if (walk.rules.model !== undefined) {
        const special = specialOfMap(walk, reg, offset, size, false);
        if (special !== undefined) return special;
      }
      return readConstantMap(reg, offset, size) ?? loadedScalar(size);
    case KIND.MAP_KEY: {
      const keySize = reg.map?.keySize ?? 0;
      const complain: Complaint = (low, count) => walk.refuse('map-key-bounds', { size: keySize, off: low, count });
      return checkRegion(walk, regIndex, reg, offset, size, keySize, false, complain) ? loadedScalar(size) : null;
    }
    case KIND.BTF_PTR:
      if (reg.struct === null) return refuseKind(walk, regIndex, reg);
      return loadFromStruct(walk, regIndex, reg, offset, size);
    case KIND.MEM: {
      if ((reg.flags & FLAG.UNTRUSTED) !== 0) return loadedScalar(size);
      const complain: Complaint = (low, count) => walk.refuse('memory-bounds', { size: reg.size, off: low, count });
      return checkRegion(walk, regIndex, reg, offset, size, reg.size, false, complain) ? loadedScalar(size) : null;
    }
    case KIND.CTX:
    case KIND.SKB:
      return checkConstantOffset(walk, regIndex, reg) ? loadField(walk, reg, offset, size) : null;
    case KIND.POPPED:
    case KIND.TOKEN:
      if (reg.nullable || !walk.rules.poppedPacketIsReadable) return refuseKind(walk, regIndex, reg);
      return checkConstantOffset(walk, regIndex, reg) ? loadField(walk, reg, offset, size) : null;
    case KIND.PACKET:
    case KIND.PACKET_META:
      return checkPacket(walk, regIndex, reg, offset, size, false) ? loadedScalar(size) : null;
    default:
      if (isSocket(reg.kind)) {
        return accessSocket(walk, regIndex, reg, offset, size) ? loadedScalar(size) : null;
      }
      return refuseKind(walk, regIndex, reg);
  }
}

function refuseKind(walk: Walk, regIndex: number, reg: Reg): null {
  if (reg.kind === KIND.POPPED || reg.kind === KIND.TOKEN) {
    if (reg.nullable)
      walk.refuse('bad-pointer-nullable', { reg: regIndex, kind: kindName(reg) }, 'the call may have given NULL', [], reg.from);
    else
      walk.refuse(
        'opaque-packet',
        { reg: regIndex, kind: kindName(reg) },
        reg.kind === KIND.POPPED ? 'this packet was popped from a map' : 'this packet is in a map',
        [],
        reg.from,
      );
  } else if (reg.nullable) {
    walk.refuse(
      'bad-pointer-nullable',
      { reg: regIndex, kind: kindName(reg) },
      `the value may be NULL: ${kindName(reg)}`,
      [],
      reg.from,
    );
  } else {
    const known =
      reg.kind === KIND.SCALAR ? `R${regIndex} is a number (${rangeWords(reg.value)})` : `R${regIndex} is ${kindName(reg)}`;
    walk.refuse('bad-pointer', { reg: regIndex, kind: kindName(reg) }, known);
  }
  return null;
}

export interface Stored {
  readonly reg: Reg;
  /** -1: no register but the immediate, or nothing known. */
  readonly index: number;
  readonly immediate: number | null;
}

export function store(walk: Walk, step: Step, regIndex: number, reg: Reg, offset: number, size: number, stored: Stored): boolean {
  if (reg.nullable) return refuseKind(walk, regIndex, reg) !== null;
  switch (reg.kind) {
    case KIND.STACK: {
      const range = stackRange(walk, regIndex, reg, offset, size, 'write to');
      if (range === null) return false;
      const frame = frameOf(walk, reg);
      if (isConst(reg.value)) {
        const source = stored.index >= 0 ? stored.reg : null;
        return writeStackAt(walk, step, frame, range.low, size, source, stored.index, stored.immediate);
      }
      markPreciseRegister(walk, regIndex);
      const zero = stored.index >= 0 ? isNull(stored.reg) : stored.immediate === 0;
      if (zero && stored.index >= 0) markPreciseRegister(walk, stored.index);
      if (stored.index >= 0 && stored.reg.ref !== 0) return walk.refuse('reference-lost', { kind: kindName(stored.reg) });
      writeStackRange(walk, frame, range.low, range.high, zero);
      return true;
    }
    case KIND.MAP_VALUE:
      if (!checkMapValue(walk, regIndex, reg, offset, size, true, false)) return false;
      return walk.rules.model === undefined || specialOfMap(walk, reg, offset, size, true) === undefined;
    case KIND.BTF_PTR:
      if (reg.struct === null) return refuseKind(walk, regIndex, reg) !== null;
      return storeIntoStruct(walk, regIndex, reg, offset, size);
    case KIND.MEM: {
      if ((reg.flags & FLAG.READ_ONLY) !== 0) return walk.refuse('read-only-memory', { reg: regIndex, kind: kindName(reg) });
      const complain: Complaint = (low, count) => walk.refuse('memory-bounds', { size: reg.size, off: low, count });
      return checkRegion(walk, regIndex, reg, offset, size, reg.size, false, complain);
    }
    case KIND.CTX:
    case KIND.SKB:
    case KIND.POPPED:
      if (reg.kind === KIND.POPPED && (reg.nullable || !walk.rules.poppedPacketIsReadable))
        return refuseKind(walk, regIndex, reg) !== null;
      return checkConstantOffset(walk, regIndex, reg) && storeField(walk, reg, offset, size, stored.reg, stored.immediate);
    case KIND.PACKET:
    case KIND.PACKET_META:
      if (walk.rules.directPacket !== 'write') return walk.refuse('packet-read-only', {});
      return checkPacket(walk, regIndex, reg, offset, size, false);
    default:
      if (isSocket(reg.kind) || reg.kind === KIND.MAP_KEY)
        return walk.refuse('read-only-memory', { reg: regIndex, kind: kindName(reg) });
      return refuseKind(walk, regIndex, reg) !== null;
  }
}

/** One instruction must not go through a context pointer on one path and through another kind of pointer on another. */
export function checkSameKind(walk: Walk, reg: Reg): boolean {
  const seen = walk.pointerKinds[walk.insn] ?? -1;
  if (seen === -1) {
    walk.pointerKinds[walk.insn] = reg.kind;
    return true;
  }
  const special = (kind: number): boolean =>
    kind === KIND.CTX || kind === KIND.SKB || kind === KIND.BTF_PTR || isSocketKind(kind);
  if (seen !== reg.kind && (special(seen) || special(reg.kind))) return walk.refuse('mixed-pointers', {});
  return true;
}
const isSocketKind = (kind: number): boolean => kind >= KIND.SOCK_COMMON && kind <= KIND.XDP_SOCK;

const SIZES = [4, 2, 1, 8] as const;
export const sizeOfOpcode = (opcode: number): number => SIZES[(opcode >> 3) & 3] ?? 4;

export function readable(walk: Walk, index: number): Reg | null {
  const reg = walk.reg(index);
  if (reg.kind !== KIND.NONE) return reg;
  walk.refuse('unread-register', { reg: index }, `no instruction on this path has written R${index}`);
  return null;
}

function transferLoad(walk: Walk, step: Step): boolean {
  const { code, insn } = walk;
  const opcode = code.opcode[insn] ?? 0;
  const dst = code.dst[insn] ?? 0;
  const src = code.src[insn] ?? 0;
  const offset = code.off[insn] ?? 0;
  const size = sizeOfOpcode(opcode);
  const reg = readable(walk, src);
  if (reg === null) return false;
  if (dst === 10) return walk.refuse('frame-pointer-written', {});
  if (!checkAlignment(walk, reg, offset, size, false)) return false;
  const loaded = load(walk, step, src, reg, offset, size);
  if (loaded === null) return false;
  const signed = (opcode & 0xe0) === MODE.MEMSX;
  if (signed && loaded.kind !== KIND.SCALAR) return walk.refuse('context-access', { off: offset, size });
  if (!checkSameKind(walk, reg)) return false;
  walk.setReg(dst, signed ? { ...unlinked(loaded), value: signExtend(truncate(loaded.value, size), size, false) } : loaded);
  return true;
}

function transferStore(walk: Walk, step: Step, byRegister: boolean): boolean {
  const { code, insn } = walk;
  const opcode = code.opcode[insn] ?? 0;
  const dst = code.dst[insn] ?? 0;
  const src = code.src[insn] ?? 0;
  const offset = code.off[insn] ?? 0;
  const size = sizeOfOpcode(opcode);
  const source = byRegister ? readable(walk, src) : UNKNOWN;
  if (source === null) return false;
  const reg = readable(walk, dst);
  if (reg === null) return false;
  if (!checkAlignment(walk, reg, offset, size, false)) return false;
  const stored: Stored = byRegister
    ? { reg: source, index: src, immediate: null }
    : { reg: source, index: -1, immediate: code.imm[insn] ?? 0 };
  return store(walk, step, dst, reg, offset, size, stored) && checkSameKind(walk, reg);
}

/** ldabs and ldind: the packet's bytes by number, for programs of the old kind (RFC 9669 section 5.5). */
function transferLegacyLoad(walk: Walk): boolean {
  const { code, insn } = walk;
  const opcode = code.opcode[insn] ?? 0;
  if (!walk.rules.legacyPacketLoads) return walk.refuse('legacy-load-kind', {});
  const six = readable(walk, 6);
  if (six === null) return false;
  if (walk.state.refs.length > 0)
    return walk.refuse('legacy-load-reference', { id: walk.state.refs[0]?.id ?? 0, insn: walk.state.refs[0]?.insn ?? 0 });
  if (six.kind !== KIND.CTX) return walk.refuse('legacy-load-context', {});
  if (!checkConstantOffset(walk, 6, six)) return false;
  if ((opcode & 0xe0) === MODE.IND && readable(walk, code.src[insn] ?? 0) === null) return false;
  const frame = walk.frame();
  for (let r = 0; r <= 5; r++) frame.regs[r] = pointerReg(KIND.NONE);
  walk.setReg(0, loadedScalar(4));
  return true;
}

/** Transfer of every load and store but ld_imm64 and the atomics (transfer-atomic.ts). */
export function transferMemory(walk: Walk, step: Step): boolean {
  const opcode = walk.code.opcode[walk.insn] ?? 0;
  switch (opcode & 7) {
    case CLASS.LD:
      return transferLegacyLoad(walk);
    case CLASS.LDX:
      return transferLoad(walk, step);
    case CLASS.ST:
      return transferStore(walk, step, false);
    default:
      return transferStore(walk, step, true);
  }
}

/** A number known to lie in [low, high]. */
export const rangeReg = (low: bigint, high: bigint): Reg => scalarReg(scalarOf({ smin: low, smax: high }));
