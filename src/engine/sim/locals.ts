// Local variables and parameters at an instruction: found by the table that the object carries, gathered from registers, stack and constants.
// What optimisation left nowhere says so. Reads, never writes.

import { type CType, sizeOf } from '../abi/ctype.ts';
import type { Subprogram } from '../object/link.ts';
import type { ObjectVariable, VariablePlace } from '../object/program-object.ts';
import type { QdiscProgram } from '../tc/bpf-qdisc.ts';
import { FRAME_BYTES } from '../vm/machine.ts';
import { pointerText, type WatchScene } from './pointer-text.ts';
import { type ByteSource, typeName, valueText } from './value-text.ts';

/** A scene with the program whose instruction it is. */
export interface LocalScene extends WatchScene {
  readonly program: QdiscProgram;
}

export interface LocalValue {
  readonly name: string;
  readonly type: string;
  readonly isParameter: boolean;
  /** Line of the declaration. */
  readonly line: number;
  /** `shown` also where some members are not known. */
  readonly state: 'shown' | 'unset' | 'away';
  /** The value, `not set yet` or `optimised away`. */
  readonly value: string;
}

/** A call, real or inlined, with its variables. */
export interface LocalFrame {
  readonly name: string;
  /** Real calls around it: 0 in the entry function. */
  readonly depth: number;
  readonly isInlined: boolean;
  /** Line from which an inlined function is called; 0 when unknown or not inlined. */
  readonly calledFrom: number;
  readonly locals: readonly LocalValue[];
}

/** Bytes of one variable, and which of them are known. */
export interface LocalBytes {
  readonly type: CType;
  readonly u8: Uint8Array;
  /** By byte: 0 nowhere, 1 known, 2 not set yet. */
  readonly known: Uint8Array;
}

/** Bytes of a variable that are looked at; a frame has 512. */
const LARGEST = 4096;
const AWAY = 'optimised away';
const UNSET = 'not set yet';

interface RealFrame {
  readonly slot: number;
  readonly depth: number;
  readonly subprogram: Subprogram;
}

/** Real calls at the instruction, the innermost first, where the object tells of variables. */
function realFrames({ machine, experiment, qdisc, program }: LocalScene): RealFrame[] {
  const instance = experiment.instances[qdisc];
  const verified = program === 'change' || program === 'peek' ? null : instance?.[program];
  const linked =
    verified?.linked ?? instance?.program.programs.find((item) => item.kind === `qdisc/${program}`)?.verified.linked ?? null;
  const slots = [...machine.callers.map((caller) => caller.slot), machine.slot];
  return slots
    .flatMap((slot, depth) => {
      const subprogram = linked?.subprograms.find(({ start, end }) => slot >= start && slot < end);
      return subprogram === undefined ? [] : [{ slot, depth, subprogram }];
    })
    .reverse();
}

const inScopeAt = (slot: number, { scope }: ObjectVariable): boolean => scope.some(({ from, to }) => slot >= from && slot < to);

/** The value of a register in a frame, or null when it is lost: R0 to R5 do not outlive a call. */
function register(scene: LocalScene, depth: number, number: number): bigint | null {
  const { machine } = scene;
  const isOuter = depth < machine.depth;
  if (isOuter && number < 6) return null;
  const { low, high } = isOuter ? (machine.callers[depth] ?? machine) : machine;
  return (BigInt((high[number] ?? 0) >>> 0) << 32n) | BigInt((low[number] ?? 0) >>> 0);
}

/** Bytes of a variable's piece at a place; null: lost. */
function bytesAt(scene: LocalScene, depth: number, place: VariablePlace, offset: number, size: number): Uint8Array | null {
  const frame = scene.machine.frames[depth];
  const fromNumber = (value: bigint): Uint8Array =>
    Uint8Array.from({ length: size }, (_, i) => (i < 8 ? Number((value >> BigInt(8 * i)) & 0xffn) : 0));
  switch (place.kind) {
    case 'register': {
      const value = register(scene, depth, place.register);
      return value === null ? null : fromNumber(value);
    }
    case 'constant':
      return fromNumber(BigInt.asUintN(64, place.value));
    case 'frame-address':
      return frame === undefined ? null : fromNumber(BigInt(frame.framePointer + place.offset));
    case 'stack': {
      const at = FRAME_BYTES + place.offset;
      return frame === undefined || at < 0 || at + size > FRAME_BYTES ? null : frame.bytes.subarray(at, at + size);
    }
    case 'pointed': {
      const address = register(scene, depth, place.register);
      return address === null ? null : memoryAt(scene, address + BigInt(offset), size);
    }
    case 'unset':
      return null;
  }
}

/** Bytes of program memory, or null outside it. */
export function memoryAt({ experiment: { memory } }: WatchScene, address: bigint, size: number): Uint8Array | null {
  if (address < BigInt(memory.programBase) || address + BigInt(size) > BigInt(memory.programLimit)) return null;
  return memory.u8.subarray(Number(address), Number(address) + size);
}

function gather(scene: LocalScene, { slot, depth }: RealFrame, variable: ObjectVariable): LocalBytes {
  const u8 = new Uint8Array(Math.min(sizeOf(variable.type), LARGEST));
  const known = new Uint8Array(u8.length);
  for (const { from, to, offset, size, place } of variable.ranges) {
    if (slot < from || slot >= to) continue;
    const fits = Math.min(size, u8.length - offset);
    if (fits <= 0) continue;
    const bytes = bytesAt(scene, depth, place, offset, fits);
    if (bytes !== null) u8.set(bytes, offset);
    known.fill(bytes !== null ? 1 : place.kind === 'unset' ? 2 : 0, offset, offset + fits);
  }
  return { type: variable.type, u8, known };
}

/** The bytes of a variable as something to decode; bytes that are not known say so. */
export function sourceOf({ u8, known }: LocalBytes, scene: WatchScene): ByteSource {
  const missing = (at: number, size: number): string | null => {
    const states = known.subarray(at, at + size);
    if (states.length < size || states.includes(0)) return AWAY;
    return states.includes(2) ? UNSET : null;
  };
  return { u8, missing, pointer: (address) => pointerText(address, scene) };
}

function localValue(scene: LocalScene, frame: RealFrame, variable: ObjectVariable): LocalValue {
  const { name, type, isParameter, line } = variable;
  const bytes = gather(scene, frame, variable);
  const state = bytes.known.includes(1) || bytes.u8.length === 0 ? 'shown' : bytes.known.includes(2) ? 'unset' : 'away';
  const value =
    state === 'shown' ? valueText(sourceOf(bytes, scene), 0, type, bytes.u8.length) : state === 'unset' ? UNSET : AWAY;
  return { name, type: typeName(type), isParameter, line, state, value };
}

/** Inlined calls that some variable in scope belongs to, with those around them; the innermost first, then -1 for the function itself. */
function callsAt({ slot, subprogram }: RealFrame): number[] {
  const { calls, variables } = subprogram.variables ?? { calls: [], variables: [] };
  const found = new Set<number>();
  for (const variable of variables) {
    if (!inScopeAt(slot, variable)) continue;
    for (let call = variable.call; call >= 0; call = calls[call]?.parent ?? -1) found.add(call);
  }
  const depthOf = (call: number): number => (call < 0 ? 0 : 1 + depthOf(calls[call]?.parent ?? -1));
  return [...[...found].sort((a, b) => depthOf(b) - depthOf(a)), -1];
}

/** Every call at the instruction with its variables in scope, the innermost first; empty where the object tells of none. */
export function localFrames(scene: LocalScene): LocalFrame[] {
  return realFrames(scene).flatMap((frame) => {
    const { subprogram, slot, depth } = frame;
    const table = subprogram.variables;
    if (table === undefined) return [];
    return callsAt(frame).map((call) => {
      const own = table.variables.filter((variable) => variable.call === call && inScopeAt(slot, variable));
      const inlined = table.calls[call];
      return {
        name: inlined?.name ?? subprogram.name,
        depth,
        isInlined: inlined !== undefined,
        calledFrom: inlined?.line ?? 0,
        locals: own.map((variable) => localValue(scene, frame, variable)),
      };
    });
  });
}

/** The variable that a name means at the instruction: of the innermost call that has one, the one declared last. */
export function findLocal(scene: LocalScene, name: string): LocalBytes | null {
  const [frame] = realFrames(scene);
  const table = frame?.subprogram.variables;
  if (frame === undefined || table === undefined) return null;
  for (const call of callsAt(frame)) {
    const found = table.variables.findLast(
      (variable) => variable.call === call && variable.name === name && inScopeAt(frame.slot, variable),
    );
    if (found !== undefined) return gather(scene, frame, found);
  }
  return null;
}
