// One program of an object on one frame, without the verifier: `qdisc exec OBJECT`, and tests of objects from clang. Importable from bin
// and tests only. The memory holds nothing but the program's own data.

import { SK_BUFF } from './abi/layouts.ts';
import { mapTypeOf } from './abi/map-types.ts';
import { nextU32, type RandomStream, seedStream } from './base/prng.ts';
import { validateCode } from './isa/validate.ts';
import { ArrayMap } from './maps/array-map.ts';
import { HashMap } from './maps/hash-map.ts';
import { MAP_HANDLE_BASE, type RunMap } from './maps/map.ts';
import { QueueMap } from './maps/queue-map.ts';
import { linkProgram } from './object/link.ts';
import type { ObjectMap, ProgramObject } from './object/program-object.ts';
import type { EngineName } from './unverified.ts';
import { Interpreter } from './vm/interpreter.ts';
import { JitProgram } from './vm/jit/jit-program.ts';
import { handlerOf, resolveCode } from './vm/load.ts';
import { type CallHandler, FRAME_BYTES, MAX_FRAMES, type Machine, setResult } from './vm/machine.ts';
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

function createMap(memory: RunMemory, index: number, definition: ObjectMap): RunMap | string {
  const name = mapTypeOf(definition.type)?.name ?? 'unknown';
  switch (name) {
    case 'array':
    case 'percpu_array':
      return new ArrayMap(memory, index, definition);
    case 'hash':
    case 'percpu_hash':
    case 'lru_hash':
    case 'lru_percpu_hash':
      return new HashMap(memory, index, definition);
    case 'queue':
    case 'stack':
      return new QueueMap(memory, index, definition);
    default:
      return `unsupported: map ${definition.name} of type ${name}`;
  }
}

function bytesOf(map: ObjectMap): { host: number; program: number } {
  const hash = map.maxEntries > 0 ? HashMap.bytes(map) : { host: 0, program: 0 };
  return { host: hash.host, program: Math.max(hash.program, ArrayMap.bytes(map)) };
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

/** The helpers such programs get: maps, queues, clock (stands at 0), random numbers, processor id (0), for-each and loop. */
function handlers(maps: readonly RunMap[]): ReadonlyMap<number, CallHandler> {
  const random: RandomStream = { state: new Int32Array(4), at: 0 };
  seedStream(random, 1, 'exec');
  const mapOf = (machine: Machine): RunMap =>
    maps[(machine.lo[1] ?? 0) - MAP_HANDLE_BASE] ?? machine.fault('the first argument is not a map');
  const queueOf = (machine: Machine): QueueMap => {
    const map = mapOf(machine);
    return map instanceof QueueMap ? map : machine.fault('the map is no queue');
  };
  const zero: CallHandler = (machine) => setResult(machine, 0);
  return new Map<number, CallHandler>([
    [
      1,
      (machine) => {
        machine.lo[0] = mapOf(machine).lookup(machine.lo[2] ?? 0);
        machine.hi[0] = 0;
      },
    ],
    [
      2,
      (machine) => setResult(machine, mapOf(machine).update(machine.lo[2] ?? 0, machine.lo[3] ?? 0, (machine.lo[4] ?? 0) >>> 0)),
    ],
    [3, (machine) => setResult(machine, mapOf(machine).remove(machine.lo[2] ?? 0))],
    [5, zero],
    [6, zero],
    [
      7,
      (machine) => {
        machine.lo[0] = nextU32(random);
        machine.hi[0] = 0;
      },
    ],
    [8, zero],
    [87, (machine) => setResult(machine, queueOf(machine).push(machine.lo[2] ?? 0, (machine.lo[3] ?? 0) >>> 0))],
    [88, (machine) => setResult(machine, queueOf(machine).next(machine.lo[2] ?? 0, true))],
    [89, (machine) => setResult(machine, queueOf(machine).next(machine.lo[2] ?? 0, false))],
    [
      164,
      (machine) => {
        const [handle, callback, context] = [machine.lo[1] ?? 0, machine.lo[2] ?? 0, machine.lo[3] ?? 0];
        const visited = mapOf(machine).walk(
          ({ keyAddress, valueAddress }) => machine.callFunction(callback, [handle, keyAddress, valueAddress, context]) === 0,
        );
        setResult(machine, visited);
      },
    ],
    [
      181,
      (machine) => {
        const [count, callback, context] = [(machine.lo[1] ?? 0) >>> 0, machine.lo[2] ?? 0, machine.lo[3] ?? 0];
        let done = 0;
        while (done < count && machine.callFunction(callback, [done++, context]) === 0);
        setResult(machine, done);
      },
    ],
  ]);
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
  const needs = object.maps.map(bytesOf);
  const total = (part: 'host' | 'program'): number => needs.reduce((sum, item) => sum + item[part], 0);
  const memory = new RunMemory({
    hostBytes: total('host') + 4096,
    programBytes: total('program') + FRAME_BYTES * MAX_FRAMES + 16_384,
  });
  const stackBase = memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  const maps: RunMap[] = [];
  for (const [index, definition] of object.maps.entries()) {
    const map = createMap(memory, index, definition);
    if (typeof map === 'string') return fail(map);
    maps.push(map);
  }
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
  const calls = handlers(maps);
  const bindings = {
    mapHandle: (index: number) => MAP_HANDLE_BASE + index,
    mapValueAddress: valueAddress,
    helper: (id: number) => calls.get(id),
    kfunc: () => undefined,
  };
  const { r1, data, length } = placeContext(memory, found.section, frame);
  const code = resolveCode(program, bindings);
  const setup = { code, memory, stackBase, handlerOf: handlerOf(program, bindings), instructionBudget: 50_000_000 };
  const engine =
    engineName === 'jit' ? new JitProgram({ ...setup, argumentsOf: () => 5, checked: true }) : new Interpreter(setup);
  const outcome = engine.run(r1);
  if (outcome.fault !== null) return fail(`fault at instruction ${outcome.fault.slot}: ${outcome.fault.message}`);
  const contents = maps.map((map): readonly [string, readonly (readonly [string, string])[]] => {
    const rows: [string, string][] = [];
    const { keySize, valueSize } = map.definition;
    map.walk(({ keyAddress, valueAddress: at }) => {
      rows.push([hex(memory.u8.subarray(keyAddress, keyAddress + keySize)), hex(memory.u8.subarray(at, at + valueSize))]);
      return true;
    });
    return [loadedName(object.name, map.definition), rows];
  });
  const { low, executed } = outcome;
  return { r0: low >>> 0, data: memory.u8.slice(data, data + length), executed, maps: Object.fromEntries(contents), error: null };
}
