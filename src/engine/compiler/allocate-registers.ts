// Register allocation by iterated coalescing (George and Appel, 1996): virtual registers to R0 to R9, copies merged where
// that is safe, the rest spilled to the frame and tried again. R1 to R5 die at calls; R10 is the frame. Values that one
// instruction makes again (constants, addresses) are remade instead of spilled.

import type { Slot } from './ir.ts';
import { computeLiveness } from './liveness.ts';
import {
  ALLOCATABLE,
  eachDefinition,
  eachUse,
  FIRST_VIRTUAL,
  FRAME_POINTER,
  isMove,
  type MachineFunction,
  type MachineInsn,
  mapRegisters,
  type Register,
} from './machine.ts';
import { settleVariables } from './settle-variables.ts';
import { insertSpills, type SpillPlan } from './spill.ts';

export interface Allocation {
  /** Frame slots made for spilled registers. */
  readonly spillSlots: readonly Slot[];
}

/** Most rounds of spilling; each makes ranges shorter, so two or three are usual. */
const ROUNDS = 40;
/** Order in which registers are tried: caller-saved first, for values that live across no call. */
const PREFERENCE: readonly number[] = [1, 2, 3, 4, 5, 0, 6, 7, 8, 9];

/** Replaces virtual registers by machine registers in place. */
export function allocateRegisters(fn: MachineFunction): Allocation {
  const spillSlots: Slot[] = [];
  const unspillable = new Set<Register>();
  for (let round = 0; round < ROUNDS; round++) {
    const colouring = new Colouring(fn, unspillable);
    const spilled = colouring.run();
    if (spilled.length === 0) {
      settleVariables(fn, colouring.liveIn, colouring.colourOf, null);
      colouring.apply();
      return { spillSlots };
    }
    const plan = colouring.planSpills(spilled, spillSlots);
    settleVariables(fn, colouring.liveIn, (r) => plan.get(r) ?? null, plan);
    for (const fresh of insertSpills(fn, plan)) unspillable.add(fresh);
  }
  throw new RangeError(`registers of ${fn.symbol.name} do not settle`);
}

/** Memory for the matrix of conflicts, kept from function to function: it is by far the largest thing that allocation makes. */
let bits = new Uint32Array(0);

/** So many bits, all zero; valid until the next call. */
function clearedBits(count: number): Uint32Array {
  const words = (count >> 5) + 1;
  if (words > bits.length) bits = new Uint32Array(words * 2);
  else bits.fill(0, 0, words);
  return bits;
}

interface Move {
  readonly dst: Register;
  readonly src: Register;
  state: 'work' | 'active' | 'done';
}

type Place = 'precoloured' | 'initial' | 'simplify' | 'freeze' | 'spill' | 'coalesced' | 'stacked' | 'coloured';

class Colouring {
  private readonly fn: MachineFunction;
  private readonly unspillable: ReadonlySet<Register>;
  private readonly size: number;
  private readonly matrix: Uint32Array;
  private readonly neighbours: (Register[] | undefined)[];
  private readonly degree: Int32Array;
  private readonly movesOf: (Move[] | undefined)[];
  private readonly alias: Int32Array;
  private readonly colour: Int8Array;
  private readonly where: Place[];
  private readonly cost: Float64Array;
  private readonly simplifyList: Register[] = [];
  private readonly freezeList = new Set<Register>();
  private readonly spillList = new Set<Register>();
  private readonly moveList: Move[] = [];
  private readonly stack: Register[] = [];
  /** While the graph is built: what is live, and how much an instruction of the block counts. */
  private readonly live: LiveSet;
  private weight = 1;
  /** Bit sets, one a block, of registers live at its start; after {@link run}. */
  liveIn: readonly Uint32Array[] = [];

  constructor(fn: MachineFunction, unspillable: ReadonlySet<Register>) {
    this.fn = fn;
    this.unspillable = unspillable;
    this.size = fn.nextRegister;
    this.live = new LiveSet(this.size);
    this.matrix = clearedBits(this.size * this.size);
    this.neighbours = new Array<Register[] | undefined>(this.size).fill(undefined);
    this.degree = new Int32Array(this.size);
    this.movesOf = new Array<Move[] | undefined>(this.size).fill(undefined);
    this.alias = Int32Array.from({ length: this.size }, (_, i) => i);
    this.colour = new Int8Array(this.size).fill(-1);
    this.where = new Array<Place>(this.size).fill('initial');
    this.cost = new Float64Array(this.size);
    for (let r = 0; r < FIRST_VIRTUAL; r++) {
      this.where[r] = 'precoloured';
      this.colour[r] = r;
      this.degree[r] = 1 << 28;
    }
  }

  /** Colours the graph; returns the registers that found no colour. */
  run(): Register[] {
    this.build();
    this.makeLists();
    for (;;) {
      const simple = this.simplifyList.pop();
      if (simple !== undefined) {
        if (this.where[simple] === 'simplify') this.simplify(simple);
        continue;
      }
      const move = this.moveList.pop();
      if (move !== undefined) {
        if (move.state === 'work') this.coalesce(move);
        continue;
      }
      const frozen = first(this.freezeList);
      if (frozen !== undefined) {
        this.freezeList.delete(frozen);
        this.toSimplify(frozen);
        this.freezeMoves(frozen);
        continue;
      }
      if (this.spillList.size === 0) break;
      this.selectSpill();
    }
    return this.assign();
  }

  private adjacent(a: Register, b: Register): boolean {
    const at = a * this.size + b;
    return ((this.matrix[at >> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }

  private addEdge(a: Register, b: Register): void {
    if (a === b || a === FRAME_POINTER || b === FRAME_POINTER || this.adjacent(a, b)) return;
    this.halfEdge(a, b);
    this.halfEdge(b, a);
  }

  private halfEdge(a: Register, b: Register): void {
    const at = a * this.size + b;
    this.matrix[at >> 5] = (this.matrix[at >> 5] ?? 0) | (1 << (at & 31));
    if (a < FIRST_VIRTUAL) return;
    const known = this.neighbours[a];
    if (known === undefined) this.neighbours[a] = [b];
    else known.push(b);
    this.degree[a] = (this.degree[a] ?? 0) + 1;
  }

  private build(): void {
    const { liveIn, liveOut } = computeLiveness(this.fn);
    this.liveIn = liveIn;
    const { live } = this;
    this.fn.blocks.forEach((block, index) => {
      live.load(liveOut[index]);
      this.weight = 10 ** Math.min(block.depth, 6);
      for (let at = block.insns.length - 1; at >= 0; at--) {
        const insn = block.insns[at];
        if (insn !== undefined) this.visit(insn);
      }
    });
  }

  // Made once: what is called for every register of every instruction.
  private readonly revive = (r: Register): void => this.live.add(r);
  private readonly kill = (r: Register): void => this.live.remove(r);
  private readonly conflict = (r: Register): void => {
    this.cost[r] = (this.cost[r] ?? 0) + this.weight;
    const { live } = this;
    for (let i = 0; i < live.size; i++) this.addEdge(live.at(i), r);
  };
  private readonly use = (r: Register): void => {
    if (r === FRAME_POINTER) return;
    this.cost[r] = (this.cost[r] ?? 0) + this.weight;
    this.live.add(r);
  };

  private visit(insn: MachineInsn): void {
    if (isMove(insn) && insn.src !== FRAME_POINTER) {
      this.live.remove(insn.src);
      const move: Move = { dst: insn.dst, src: insn.src, state: 'work' };
      this.noteMove(insn.dst, move);
      this.noteMove(insn.src, move);
      this.moveList.push(move);
    }
    eachDefinition(insn, this.revive);
    eachDefinition(insn, this.conflict);
    eachDefinition(insn, this.kill);
    eachUse(insn, this.use);
  }

  private noteMove(end: Register, move: Move): void {
    const moves = this.movesOf[end];
    if (moves === undefined) this.movesOf[end] = [move];
    else moves.push(move);
  }

  private moveRelated(r: Register): boolean {
    const moves = this.movesOf[r];
    if (moves === undefined) return false;
    for (const move of moves) if (move.state !== 'done') return true;
    return false;
  }

  private makeLists(): void {
    for (let r = FIRST_VIRTUAL; r < this.size; r++) {
      if ((this.degree[r] ?? 0) >= ALLOCATABLE) {
        this.where[r] = 'spill';
        this.spillList.add(r);
      } else if (this.moveRelated(r)) {
        this.where[r] = 'freeze';
        this.freezeList.add(r);
      } else this.toSimplify(r);
    }
  }

  private toSimplify(r: Register): void {
    this.where[r] = 'simplify';
    this.simplifyList.push(r);
  }

  private eachAdjacent(r: Register, visit: (other: Register) => void): void {
    for (const other of this.neighbours[r] ?? []) {
      const where = this.where[other];
      if (where !== 'stacked' && where !== 'coalesced') visit(other);
    }
  }

  private simplify(r: Register): void {
    this.where[r] = 'stacked';
    this.stack.push(r);
    this.eachAdjacent(r, (other) => this.decrement(other));
  }

  private decrement(r: Register): void {
    if (r < FIRST_VIRTUAL) return;
    const degree = this.degree[r] ?? 0;
    this.degree[r] = degree - 1;
    if (degree !== ALLOCATABLE || this.where[r] !== 'spill') return;
    this.enableMoves(r);
    this.eachAdjacent(r, (other) => this.enableMoves(other));
    this.spillList.delete(r);
    if (this.moveRelated(r)) {
      this.where[r] = 'freeze';
      this.freezeList.add(r);
    } else this.toSimplify(r);
  }

  private enableMoves(r: Register): void {
    for (const move of this.movesOf[r] ?? []) {
      if (move.state !== 'active') continue;
      move.state = 'work';
      this.moveList.push(move);
    }
  }

  private find(r: Register): Register {
    let at = r;
    while (this.where[at] === 'coalesced') at = this.alias[at] ?? at;
    return at;
  }

  private coalesce(move: Move): void {
    let u = this.find(move.dst);
    let v = this.find(move.src);
    if (v < FIRST_VIRTUAL) [u, v] = [v, u];
    if (u === v) {
      move.state = 'done';
      this.release(u);
    } else if (v < FIRST_VIRTUAL || this.adjacent(u, v)) {
      move.state = 'done';
      this.release(u);
      this.release(v);
    } else if (u < FIRST_VIRTUAL ? this.safeWithMachine(u, v) : this.conservative(u, v)) {
      move.state = 'done';
      this.combine(u, v);
      this.release(u);
    } else move.state = 'active';
  }

  /** George's test: every neighbour of v already conflicts with u, or is of low degree. */
  private safeWithMachine(u: Register, v: Register): boolean {
    let safe = true;
    this.eachAdjacent(v, (t) => {
      safe &&= t < FIRST_VIRTUAL || (this.degree[t] ?? 0) < ALLOCATABLE || this.adjacent(t, u);
    });
    return safe;
  }

  /** Briggs's test: the merged node has fewer than K neighbours of significant degree. */
  private conservative(u: Register, v: Register): boolean {
    let significant = 0;
    const count = (t: Register): void => {
      if (t < FIRST_VIRTUAL || (this.degree[t] ?? 0) >= ALLOCATABLE) significant++;
    };
    this.eachAdjacent(u, count);
    this.eachAdjacent(v, (t) => {
      if (!this.adjacent(t, u)) count(t);
    });
    return significant < ALLOCATABLE;
  }

  private release(r: Register): void {
    if (r < FIRST_VIRTUAL || this.moveRelated(r) || (this.degree[r] ?? 0) >= ALLOCATABLE || this.where[r] !== 'freeze') return;
    this.freezeList.delete(r);
    this.toSimplify(r);
  }

  private combine(u: Register, v: Register): void {
    this.freezeList.delete(v);
    this.spillList.delete(v);
    this.where[v] = 'coalesced';
    this.alias[v] = u;
    const moves = this.movesOf[v] ?? [];
    const own = this.movesOf[u];
    if (own === undefined) this.movesOf[u] = [...moves];
    else own.push(...moves);
    this.cost[u] = (this.cost[u] ?? 0) + (this.cost[v] ?? 0);
    this.enableMoves(v);
    this.eachAdjacent(v, (t) => {
      this.addEdge(t, u);
      this.decrement(t);
    });
    if ((this.degree[u] ?? 0) >= ALLOCATABLE && this.where[u] === 'freeze') {
      this.freezeList.delete(u);
      this.where[u] = 'spill';
      this.spillList.add(u);
    }
  }

  private freezeMoves(r: Register): void {
    for (const move of this.movesOf[r] ?? []) {
      if (move.state === 'done') continue;
      const a = this.find(move.dst);
      const other = a === this.find(r) ? this.find(move.src) : a;
      move.state = 'done';
      this.release(other);
    }
  }

  private selectSpill(): void {
    let best = -1;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const r of this.spillList) {
      const weight = this.unspillable.has(r) ? Number.MAX_VALUE : (this.cost[r] ?? 0) / Math.max(1, this.degree[r] ?? 1);
      if (best === -1 || weight < bestCost) {
        best = r;
        bestCost = weight;
      }
    }
    this.spillList.delete(best);
    this.toSimplify(best);
    this.freezeMoves(best);
  }

  private assign(): Register[] {
    const spilled: Register[] = [];
    for (let r = this.stack.pop(); r !== undefined; r = this.stack.pop()) {
      let taken = 0;
      for (const other of this.neighbours[r] ?? []) {
        const colour = this.colour[this.find(other)] ?? -1;
        if (colour >= 0) taken |= 1 << colour;
      }
      const free = PREFERENCE.find((colour) => (taken & (1 << colour)) === 0);
      this.where[r] = 'coloured';
      if (free === undefined) spilled.push(r);
      else this.colour[r] = free;
    }
    return spilled;
  }

  /** The machine's register for a register; -1 where it has none. */
  readonly colourOf = (r: Register): Register => (r < FIRST_VIRTUAL ? r : (this.colour[this.find(r)] ?? 0));

  /** Rewrites the code with the colours found. */
  apply(): void {
    for (const block of this.fn.blocks) {
      for (const insn of block.insns) mapRegisters(insn, this.colourOf);
      block.insns = block.insns.filter((insn) => !(isMove(insn) && insn.dst === insn.src));
    }
  }

  /** Which original registers go to which frame slot; registers that never live together share one. */
  planSpills(spilled: readonly Register[], slots: Slot[]): SpillPlan {
    const slotOf = new Map<Register, Slot>();
    const groups: { slot: Slot; members: Register[] }[] = [];
    for (const r of spilled) {
      let group = groups.find(({ members }) => members.every((other) => !this.adjacent(other, r)));
      if (group === undefined) {
        group = { slot: { name: `.spill${slots.length}`, size: 8, align: 8, variable: null, scope: [] }, members: [] };
        slots.push(group.slot);
        groups.push(group);
      }
      group.members.push(r);
      slotOf.set(r, group.slot);
    }
    const plan: SpillPlan = new Map();
    for (let r = FIRST_VIRTUAL; r < this.size; r++) {
      const slot = slotOf.get(this.find(r));
      if (slot !== undefined) plan.set(r, slot);
    }
    return plan;
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const item of set) return item;
  return undefined;
}

/** A set of registers with quick iteration. */
class LiveSet {
  private readonly dense: Int32Array;
  private readonly position: Int32Array;
  private count = 0;

  constructor(size: number) {
    this.dense = new Int32Array(size);
    this.position = new Int32Array(size).fill(-1);
  }

  load(bits: Uint32Array | undefined): void {
    while (this.count > 0) this.position[this.dense[--this.count] ?? 0] = -1;
    bits?.forEach((word, w) => {
      for (let rest = word; rest !== 0; rest &= rest - 1) this.add(w * 32 + (31 - Math.clz32(rest & -rest)));
    });
  }

  add(r: Register): void {
    if (this.position[r] !== -1) return;
    this.position[r] = this.count;
    this.dense[this.count++] = r;
  }

  remove(r: Register): void {
    const at = this.position[r] ?? -1;
    if (at === -1) return;
    const last = this.dense[--this.count] ?? 0;
    this.dense[at] = last;
    this.position[last] = at;
    this.position[r] = -1;
  }

  get size(): number {
    return this.count;
  }

  /** The members by number, below `size`, in no particular order. */
  at(index: number): Register {
    return this.dense[index] ?? 0;
  }
}
