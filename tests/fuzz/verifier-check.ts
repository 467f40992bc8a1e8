// One case of the soundness net: a random program, verified with every visit noted, then run by the interpreter on several packets and
// values; each state it reaches must lie in one that the verifier had there.

import { assemble } from '../../src/engine/isa/assemble.ts';
import { CLASS } from '../../src/engine/isa/opcodes.ts';
import { type LinkedProgram, NO_LINKED_PARTS } from '../../src/engine/object/link.ts';
import { findSubprograms } from '../../src/engine/verifier/control-flow.ts';
import { rulesOfKernelType } from '../../src/engine/verifier/kernel-rules.ts';
import { type VerifiedProgram, verifyUnderRules } from '../../src/engine/verifier/verify.ts';
import { instantiate } from '../../src/engine/vm/instantiate.ts';
import { type CallHandler, FRAME_BYTES, MAX_FRAMES, type Machine } from '../../src/engine/vm/machine.ts';
import { RunMemory } from '../../src/engine/vm/memory.ts';
import { AbstractStates, type Places } from './abstract-states.ts';
import { verifierProgram } from './verifier-programs.ts';

const VALUE_BYTES = 64;
const ELEMENTS = 2;
const PACKET_BYTES = 64;
const MAP_HANDLE = 0x1000;
const RUNS = 6;
/** Programs whose walk is longer are left out. */
const INSTRUCTION_LIMIT = 20_000;
const EDGES = [0, 1, -1, 7, 8, 63, 64, 255, 256, 0x7fffffff, -0x80000000];

export type NetResult =
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'held'; readonly states: AbstractStates }
  | { readonly kind: 'broken'; readonly text: string };

function linked(text: string): LinkedProgram | string {
  const { code, problems } = assemble(text);
  if (problems.length > 0) return `does not assemble: ${problems[0]?.message} at ${problems[0]?.line}`;
  const found = findSubprograms(code);
  if (!Array.isArray(found)) return 'no subprograms';
  const sizes = { keySize: 4, valueSize: VALUE_BYTES, maxEntries: ELEMENTS, flags: 0, pinning: 0 };
  const array = { name: 'array', type: 2, ...sizes, keyType: null, valueType: null, data: null, inner: null, line: null };
  return {
    ...NO_LINKED_PARTS,
    name: 'random',
    section: 'xdp',
    kind: 'other',
    license: 'GPL',
    code,
    subprograms: found.map((part) => ({ ...part, name: '' })),
    maps: [array],
    lines: [],
    files: [],
    kfuncs: [],
  };
}

class Bench {
  private readonly memory = new RunMemory({ hostBytes: 0, programBytes: FRAME_BYTES * MAX_FRAMES + 4096 });
  private readonly stackBase = this.memory.allocateProgram(FRAME_BYTES * MAX_FRAMES);
  private readonly values = this.memory.allocateProgram(ELEMENTS * VALUE_BYTES, 8);
  private readonly context = this.memory.allocateProgram(24, 8);
  private readonly packet = this.memory.allocateProgram(PACKET_BYTES, 8);
  private random: number;

  constructor(seed: number) {
    this.random = seed | 1;
  }

  private next(): number {
    this.random = (Math.imul(this.random, 1664525) + 1013904223) | 0;
    const mixed = this.random ^ (this.random >>> 15);
    return (mixed & 3) === 0 ? (EDGES[(mixed >>> 8) % EDGES.length] ?? 0) : mixed;
  }

  /** Where the packet ends this time, and memory filled anew. */
  private prepare(): Places {
    const { view } = this.memory;
    for (let at = 0; at < ELEMENTS * VALUE_BYTES; at += 4) view.setInt32(this.values + at, this.next(), true);
    const end = this.packet + (this.next() & (PACKET_BYTES - 1));
    view.setUint32(this.context, this.packet, true);
    view.setUint32(this.context + 4, end, true);
    const arrays = new Map([['array', { values: this.values, stride: VALUE_BYTES, count: ELEMENTS }]]);
    return { packetStart: this.packet, packetEnd: end, arrays };
  }

  private handlers(): Map<number, CallHandler> {
    const { memory, values } = this;
    const lookup: CallHandler = (machine) => {
      const key = memory.view.getUint32(machine.lo[2] ?? 0, true);
      machine.lo[0] = key < ELEMENTS ? values + key * VALUE_BYTES : 0;
      machine.hi[0] = 0;
    };
    const random: CallHandler = (machine) => {
      machine.lo[0] = this.next();
      machine.hi[0] = 0;
    };
    const loop: CallHandler = (machine) => {
      const [turns = 0, callback = 0, context = 0] = [machine.lo[1], machine.lo[2], machine.lo[3]];
      let done = 0;
      while (done < turns && machine.callFunction(callback, [done++, context]) === 0);
      machine.lo[0] = done;
      machine.hi[0] = 0;
    };
    return new Map([
      [1, lookup],
      [7, random],
      [181, loop],
    ]);
  }

  /** Bytes that the load or store about to run touches lie in the stack, a value, the packet or the context. */
  private outside(machine: Machine, slot: number, { code }: LinkedProgram, places: Places): string | null {
    const opcode = code.opcode[slot] ?? 0;
    const group = opcode & 7;
    if (group !== CLASS.LDX && group !== CLASS.ST && group !== CLASS.STX) return null;
    const base = (group === CLASS.LDX ? code.src[slot] : code.dst[slot]) ?? 0;
    const size = [4, 2, 1, 8][(opcode >> 3) & 3] ?? 1;
    const at = (machine.lo[base] ?? 0) + (code.off[slot] ?? 0);
    const within = (from: number, to: number): boolean => at >= from && at + size <= to;
    const high = machine.hi[base] === 0;
    if (high && within(this.stackBase, this.stackBase + FRAME_BYTES * MAX_FRAMES)) return null;
    if (high && within(this.values, this.values + ELEMENTS * VALUE_BYTES)) return null;
    if (high && within(this.context, this.context + 24)) return null;
    if (high && within(places.packetStart, places.packetEnd)) return null;
    return `instruction ${slot} touches ${size} bytes at ${at}, which are nobody's (packet ${places.packetStart} to ${places.packetEnd})`;
  }

  /** Runs the program; the first thing that the verifier did not foresee, or null. */
  run(program: VerifiedProgram, states: AbstractStates): string | null {
    const handlers = this.handlers();
    const bindings = {
      mapHandle: () => MAP_HANDLE,
      mapValueAddress: () => this.values,
      arrayPlace: () => ({ values: this.values, stride: VALUE_BYTES, maxEntries: ELEMENTS }),
      helper: (id: number) => handlers.get(id),
      kfunc: () => undefined,
    };
    const { memory, stackBase } = this;
    const instance = instantiate(program, { memory, stackBase, bindings }, 'interpreter');
    for (let i = 0; i < RUNS; i++) {
      const places = this.prepare();
      let wrong: string | null = null;
      instance.watch = (machine, slot) => {
        wrong ??= states.judge(machine, slot, places) ?? this.outside(machine, slot, program.linked, places);
      };
      const { fault } = instance.run(this.context);
      if (wrong !== null) return wrong;
      if (fault !== null) return `it faults: ${fault.message} at instruction ${fault.slot}`;
    }
    return null;
  }
}

/** The program of a seed, walked and run. */
export function checkSeed(seed: number): NetResult {
  const text = verifierProgram(seed);
  const program = linked(text);
  if (typeof program === 'string') return { kind: 'refused', why: program };
  const states = new AbstractStates();
  const flags = { strictAlignment: false, saveOften: seed % 2 === 1, everyScalar: true, observe: states.observe };
  const options = { profile: null, instructionLimit: INSTRUCTION_LIMIT };
  const result = verifyUnderRules(program, rulesOfKernelType('xdp', 0), options, flags);
  if (!result.ok) return { kind: 'refused', why: result.report.rejection?.kernelMessage ?? '?' };
  const wrong = new Bench(seed).run(result.program, states);
  return wrong === null ? { kind: 'held', states } : { kind: 'broken', text: `${wrong}\n\n${text}` };
}
