// One program of an object on one frame, without the verifier: `qdisc exec OBJECT`, and tests of objects from clang. Importable from bin
// and tests only. The memory holds nothing but the program's own data.

import { SK_BUFF } from './abi/layouts.ts';
import { type MapTypeName, mapTypeOf } from './abi/map-types.ts';
import { validateCode } from './isa/validate.ts';
import { ArrayMap } from './maps/array-map.ts';
import { HashMap } from './maps/hash-map.ts';
import { LruHashMap } from './maps/lru-hash-map.ts';
import { MAP_HANDLE_BASE, type RunMap } from './maps/map.ts';
import { MapOfMaps } from './maps/map-of-maps.ts';
import { ProgramArray } from './maps/program-array.ts';
import { QueueMap } from './maps/queue-map.ts';
import { RingBuffer } from './maps/ring-buffer.ts';
import { linkProgram } from './object/link.ts';
import type { ObjectMap, ProgramObject } from './object/program-object.ts';
import type { EngineName } from './unverified.ts';
import { objectCalls } from './unverified-calls.ts';
import { Interpreter } from './vm/interpreter.ts';
import { JitProgram } from './vm/jit/jit-program.ts';
import { handlerOf, resolveCode } from './vm/load.ts';
import { FRAME_BYTES, MAX_FRAMES, type ProgramInstance } from './vm/machine.ts';
import { RunMemory } from './vm/memory.ts';

export interface ObjectOutcome {
  /** R0 as 32 bits, as a test run of the kernel reports it; null when there was an error. */
  readonly r0: number | null;
  readonly data: Uint8Array;
  /** Instructions executed. */
  readonly executed: number;
  readonly maps: Readonly<Record<string, readonly (readonly [string, string])[]>>;
  readonly error: string | null;
}

const ETHERNET_BYTES = 14;
const XDP_BYTES = 24;
const FRAME_ROOM = 2048;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** How a kind of map is made, and the bytes it needs. */
interface MapMaker {
  readonly make: (memory: RunMemory, index: number, definition: ObjectMap) => RunMap;
  readonly bytes: (definition: ObjectMap) => { readonly host: number; readonly program: number };
}

const array: MapMaker = {
  make: (memory, index, definition) => new ArrayMap(memory, index, definition),
  bytes: (definition) => ({ host: 0, program: ArrayMap.bytes(definition) }),
};
const hash: MapMaker = { make: (memory, index, definition) => new HashMap(memory, index, definition), bytes: HashMap.bytes };
const lruHash: MapMaker = {
  make: (memory, index, definition) => new LruHashMap(memory, index, definition),
  bytes: LruHashMap.bytes,
};
const queue: MapMaker = {
  make: (memory, index, definition) => new QueueMap(memory, index, definition),
  bytes: (definition) => ({ host: 16, program: QueueMap.bytes(definition) }),
};
const mapOfMaps: MapMaker = {
  make: (memory, index, definition) => new MapOfMaps(memory, index, definition),
  bytes: MapOfMaps.bytes,
};

/** One processor: per-CPU maps are plain ones. */
const MAKERS: Readonly<Partial<Record<MapTypeName, MapMaker>>> = {
  array,
  percpu_array: array,
  hash,
  percpu_hash: hash,
  lru_hash: lruHash,
  lru_percpu_hash: lruHash,
  queue,
  stack: queue,
  array_of_maps: mapOfMaps,
  hash_of_maps: mapOfMaps,
  ringbuf: { make: (memory, index, definition) => new RingBuffer(memory, index, definition), bytes: RingBuffer.bytes },
  prog_array: {
    make: (memory, index, definition) => new ProgramArray(memory, index, definition),
    bytes: (definition) => ({ host: ProgramArray.bytes(definition), program: 0 }),
  },
};

/** Bytes that all maps of one object may take. */
const MAPS_LIMIT = 64 * 1024 * 1024;
const PAGE = 4096;
const KEYED_BY_NUMBER: readonly MapTypeName[] = ['array', 'percpu_array', 'array_of_maps', 'prog_array'];

/** Why the kernel would not make such a map (map_alloc_check of its type), or null. */
function mapProblem(map: ObjectMap, type: MapTypeName): string | null {
  const { maxEntries, keySize } = map;
  if (maxEntries === 0) return 'max_entries must not be 0';
  if (type === 'ringbuf') {
    const fits = maxEntries % PAGE === 0 && Math.log2(maxEntries) % 1 === 0;
    return fits ? null : 'the size of a ring buffer is a power of two and whole pages';
  }
  if (KEYED_BY_NUMBER.includes(type)) return keySize === 4 ? null : `the key has 4 bytes, not ${keySize}`;
  return keySize <= 512 ? null : 'a key has at most 512 bytes';
}

/** What the loader puts into maps of maps and program arrays (`.values`). */
function fillSlots(memory: RunMemory, maps: readonly RunMap[], scratch: number): void {
  for (const map of maps) {
    for (const { index, kind, target } of map.definition.slots ?? []) {
      if (kind === 'program' && map instanceof ProgramArray) map.put(index, target);
      if (kind !== 'map' || !(map instanceof MapOfMaps)) continue;
      memory.view.setUint32(scratch, index, true);
      map.put(scratch, MAP_HANDLE_BASE + target, 0);
    }
  }
}

/** Context of the program type that a section names, in memory; the address that goes into R1. */
function placeContext(memory: RunMemory, section: string, frame: Uint8Array): { r1: number; data: number; length: number } {
  const isSocketFilter = section.startsWith('socket');
  const bytes = isSocketFilter ? frame.subarray(ETHERNET_BYTES) : frame;
  const data = memory.allocateProgram(FRAME_ROOM);
  memory.u8.set(bytes, data);
  const { view } = memory;
  if (section.startsWith('xdp')) {
    const context = memory.allocateProgram(XDP_BYTES);
    for (const [at, value] of [
      [0, data],
      [4, data + bytes.length],
      [8, data],
      [12, 1],
    ] as const)
      view.setUint32(context + at, value, true);
    return { r1: context, data, length: bytes.length };
  }
  const context = memory.allocateProgram(SK_BUFF.size);
  const put = (name: string, value: number): void => {
    const field = SK_BUFF.fields.find((item) => item.name === name);
    if (field !== undefined) view.setUint32(context + field.offset, value, true);
  };
  put('len', bytes.length);
  put('wire_len', bytes.length);
  put('data', data);
  put('data_end', data + bytes.length);
  put('data_meta', data);
  put('ifindex', 1);
  put('protocol', (frame[12] ?? 0) | ((frame[13] ?? 0) << 8));
  return { r1: context, data, length: bytes.length };
}

/**
 * The name a map has once libbpf has loaded it: data sections are prefixed with the object's name, 15 characters in all (libbpf's
 * internal_map_name); custom sections such as `.data.x` keep their own.
 */
function loadedName(object: string, map: ObjectMap): string {
  if (map.data === null) return map.name.slice(0, 15);
  const { section } = map.data;
  const prefix = section.includes('.', 1) ? '' : object.slice(0, 15 - Math.max(7, section.length));
  return `${prefix}${section}`.slice(0, 15);
}

/** The object's maps in one memory, with what the loader puts in; or why they cannot be made. */
function placeMaps(object: ProgramObject): { readonly memory: RunMemory; readonly maps: readonly RunMap[] } | string {
  const makers: MapMaker[] = [];
  for (const map of object.maps) {
    const type = mapTypeOf(map.type)?.name;
    const maker = type === undefined ? undefined : MAKERS[type];
    if (type === undefined || maker === undefined) return `unsupported: map ${map.name} of type ${type ?? map.type}`;
    const problem = mapProblem(map, type);
    if (problem !== null) return `load: map ${map.name}: ${problem}`;
    makers.push(maker);
  }
  const needs = object.maps.map((map, index) => makers[index]?.bytes(map) ?? { host: 0, program: 0 });
  const total = (part: 'host' | 'program'): number => needs.reduce((sum, item) => sum + item[part] + 64, 0);
  const bytes = total('host') + total('program');
  if (bytes > MAPS_LIMIT) return `load: the maps take ${bytes} bytes, more than ${MAPS_LIMIT}`;
  const stack = FRAME_BYTES * MAX_FRAMES;
  const memory = new RunMemory({ hostBytes: total('host') + 4096, programBytes: total('program') + stack + 16_384 });
  const maps = object.maps.flatMap((map, index) => makers[index]?.make(memory, index, map) ?? []);
  const valueAddress = (index: number): number => {
    const map = maps[index];
    return map instanceof ArrayMap ? map.values : 0;
  };
  object.maps.forEach((map, index) => {
    for (const { offset, target, addend } of map.data?.relocations ?? []) {
      memory.view.setInt32(valueAddress(index) + offset, valueAddress(target) + addend, true);
      memory.view.setInt32(valueAddress(index) + offset + 4, 0, true);
    }
  });
  fillSlots(memory, maps, memory.allocateProgram(8));
  return { memory, maps };
}

/** Entries of a map as the kernel's user space lists them, in hex. */
function contentsOf(memory: RunMemory, map: RunMap): [string, string][] {
  const rows: [string, string][] = [];
  const { keySize, valueSize } = map.definition;
  map.walk(({ keyAddress, valueAddress: at }) => {
    rows.push([hex(memory.u8.subarray(keyAddress, keyAddress + keySize)), hex(memory.u8.subarray(at, at + valueSize))]);
    return true;
  });
  return rows;
}

/** Runs the program called `name` on `frame`, on fresh maps. */
export function runObjectProgram(object: ProgramObject, name: string, frame: Uint8Array, engineName: EngineName): ObjectOutcome {
  const fail = (error: string): ObjectOutcome => ({ r0: null, data: frame, executed: 0, maps: {}, error });
  const entry = object.functions.findIndex((item) => item.name === name);
  const found = object.functions[entry];
  if (found === undefined) return fail(`load: there is no program ${name}`);
  if (frame.length > FRAME_ROOM) return fail(`load: a frame has at most ${FRAME_ROOM} bytes`);
  const program = linkProgram(object, entry, 'other');
  const [problem] = validateCode(program.code);
  if (problem !== undefined) return fail(`load: ${problem.message}`);
  const placed = placeMaps(object);
  if (typeof placed === 'string') return fail(placed);
  const { memory, maps } = placed;
  const stackBase = memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  const calls = objectCalls(maps, (target, r1) => instanceOf(target).run(r1));
  const bindings = {
    mapHandle: (index: number) => MAP_HANDLE_BASE + index,
    mapValueAddress: (index: number) => {
      const map = maps[index];
      return map instanceof ArrayMap ? map.values : 0;
    },
    helper: (id: number) => calls.get(id),
    kfunc: () => undefined,
  };
  /** Programs of the object as they are needed: the one asked for, and what tail calls lead to. */
  const instances = new Map<number, ProgramInstance>();
  function instanceOf(index: number): ProgramInstance {
    const known = instances.get(index);
    if (known !== undefined) return known;
    const linked = index === entry ? program : linkProgram(object, index, 'other');
    const code = resolveCode(linked, bindings);
    const setup = { code, memory, stackBase, handlerOf: handlerOf(linked, bindings), instructionBudget: 50_000_000 };
    const made =
      engineName === 'jit' ? new JitProgram({ ...setup, argumentsOf: () => 5, checked: true }) : new Interpreter(setup);
    instances.set(index, made);
    return made;
  }
  const { r1, data, length } = placeContext(memory, found.section, frame);
  const outcome = instanceOf(entry).run(r1);
  if (outcome.fault !== null) return fail(`fault at instruction ${outcome.fault.slot}: ${outcome.fault.message}`);
  const contents = maps.map((map) => [loadedName(object.name, map.definition), contentsOf(memory, map)] as const);
  const { low, executed } = outcome;
  return { r0: low >>> 0, data: memory.u8.slice(data, data + length), executed, maps: Object.fromEntries(contents), error: null };
}
