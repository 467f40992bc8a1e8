// The helpers that programs of an object get when one is run on a frame (`qdisc exec OBJECT`): maps of all kinds, queues, ring buffers,
// tail calls, clock (stands at 0), random numbers, processor 0. Importable from bin and tests only.

import { nextU32, type RandomStream, seedStream } from './base/prng.ts';
import { MAP_HANDLE_BASE, type RunMap } from './maps/map.ts';
import { ProgramArray } from './maps/program-array.ts';
import { QueueMap } from './maps/queue-map.ts';
import { RingBuffer } from './maps/ring-buffer.ts';
import { type CallHandler, type Machine, type RunOutcome, setResult } from './vm/machine.ts';

/** Tail calls one run may chain (Linux MAX_TAIL_CALL_CNT). */
const MAX_TAIL_CALLS = 33;
const EINVAL = -22;
const ENOENT = -2;
/** Longest wait of bpf_loop (Linux BPF_MAX_LOOPS). */
const MAX_LOOPS = 8_388_608;
const E2BIG = -7;

/** Runs program number `target` of the object with R1 as given. */
export type TailCall = (target: number, r1: number) => RunOutcome;

/** One of the object's maps by the handle in a register. */
function mapOf(maps: readonly RunMap[], machine: Machine, register: number): RunMap {
  return maps[(machine.lo[register] ?? 0) - MAP_HANDLE_BASE] ?? machine.fault(`R${register} is not a map`);
}

function kindOf<Kind extends RunMap>(map: RunMap, kind: new (...args: never[]) => Kind, machine: Machine, what: string): Kind {
  return map instanceof kind ? map : machine.fault(`map ${map.definition.name} is no ${what}`);
}

function mapCalls(maps: readonly RunMap[]): [number, CallHandler][] {
  const lookup: CallHandler = (machine) => {
    machine.lo[0] = mapOf(maps, machine, 1).lookup(machine.lo[2] ?? 0);
    machine.hi[0] = 0;
  };
  return [
    [1, lookup],
    [
      2,
      (machine) => {
        const [key, value, flags] = [machine.lo[2] ?? 0, machine.lo[3] ?? 0, (machine.lo[4] ?? 0) >>> 0];
        setResult(machine, mapOf(maps, machine, 1).update(key, value, flags));
      },
    ],
    [3, (machine) => setResult(machine, mapOf(maps, machine, 1).remove(machine.lo[2] ?? 0))],
    [
      195,
      (machine) => {
        // bpf_map_lookup_percpu_elem: there is processor 0 alone.
        if ((machine.lo[3] ?? 0) === 0) lookup(machine);
        else setResult(machine, 0);
      },
    ],
    [
      164,
      (machine) => {
        const [handle, callback, context] = [machine.lo[1] ?? 0, machine.lo[2] ?? 0, machine.lo[3] ?? 0];
        if ((machine.lo[4] ?? 0) !== 0) return setResult(machine, EINVAL);
        const visited = mapOf(maps, machine, 1).walk(
          ({ keyAddress, valueAddress }) => machine.callFunction(callback, [handle, keyAddress, valueAddress, context]) === 0,
        );
        setResult(machine, visited);
      },
    ],
  ];
}

function queueCalls(maps: readonly RunMap[]): [number, CallHandler][] {
  const queueOf = (machine: Machine): QueueMap => kindOf(mapOf(maps, machine, 1), QueueMap, machine, 'queue or stack');
  return [
    [87, (machine) => setResult(machine, queueOf(machine).push(machine.lo[2] ?? 0, (machine.lo[3] ?? 0) >>> 0))],
    [88, (machine) => setResult(machine, queueOf(machine).next(machine.lo[2] ?? 0, true))],
    [89, (machine) => setResult(machine, queueOf(machine).next(machine.lo[2] ?? 0, false))],
  ];
}

function ringBufferCalls(maps: readonly RunMap[]): [number, CallHandler][] {
  const ringOf = (machine: Machine): RingBuffer => kindOf(mapOf(maps, machine, 1), RingBuffer, machine, 'ring buffer');
  /** The ring that a record belongs to is told by its address. */
  const end = (machine: Machine, discard: boolean): void => {
    const record = machine.lo[1] ?? 0;
    const ring = maps.find((map): map is RingBuffer => map instanceof RingBuffer && map.holds(record));
    if (ring === undefined) return machine.fault('the first argument is not a reserved record');
    ring.commit(record, discard);
    setResult(machine, 0);
  };
  return [
    [130, (machine) => setResult(machine, ringOf(machine).output(machine.lo[2] ?? 0, (machine.lo[3] ?? 0) >>> 0))],
    [
      131,
      (machine) => {
        machine.lo[0] = machine.hi[2] === 0 ? ringOf(machine).reserve((machine.lo[2] ?? 0) >>> 0) : 0;
        machine.hi[0] = 0;
      },
    ],
    [132, (machine) => end(machine, false)],
    [133, (machine) => end(machine, true)],
    [134, (machine) => setResult(machine, ringOf(machine).query(machine.lo[2] ?? 0))],
  ];
}

function loop(machine: Machine): void {
  const [count, callback, context] = [(machine.lo[1] ?? 0) >>> 0, machine.lo[2] ?? 0, machine.lo[3] ?? 0];
  if (((machine.lo[4] ?? 0) | (machine.hi[4] ?? 0)) !== 0) return setResult(machine, EINVAL);
  if (count > MAX_LOOPS) return setResult(machine, E2BIG);
  let done = 0;
  while (done < count && machine.callFunction(callback, [done++, context]) === 0);
  setResult(machine, done);
}

/** bpf_tail_call: on to another program, for good; -ENOENT and on with this one where the slot is empty or the chain too long. */
function tailCall(maps: readonly RunMap[], tail: TailCall): CallHandler {
  let chained = 0;
  return (machine) => {
    const target = kindOf(mapOf(maps, machine, 2), ProgramArray, machine, 'program array').program((machine.lo[3] ?? 0) >>> 0);
    if (target < 0 || chained >= MAX_TAIL_CALLS) return setResult(machine, ENOENT);
    if (machine.depth > 0) return machine.fault('a tail call from a function that is not the entry is not available here');
    chained++;
    const r1 = machine.lo[1] ?? 0;
    machine.endWith(() => tail(target, r1));
  };
}

/** Handlers by helper id, for one run. */
export function objectCalls(maps: readonly RunMap[], tail: TailCall): ReadonlyMap<number, CallHandler> {
  const random: RandomStream = { state: new Int32Array(4), at: 0 };
  seedStream(random, 1, 'exec');
  const zero: CallHandler = (machine) => setResult(machine, 0);
  return new Map<number, CallHandler>([
    ...mapCalls(maps),
    ...queueCalls(maps),
    ...ringBufferCalls(maps),
    // The clocks, trace_printk, the processor's number, spin locks (one processor).
    ...[5, 6, 8, 93, 94, 118, 125, 160].map((id): [number, CallHandler] => [id, zero]),
    [
      7,
      (machine) => {
        machine.lo[0] = nextU32(random);
        machine.hi[0] = 0;
      },
    ],
    [12, tailCall(maps, tail)],
    [181, loop],
  ]);
}
