// Random programs for the verifier's soundness net: numbers, stack, array values, packet bytes, calls inside the program and callbacks.
// Many are refused; those that are not must do nothing the verifier did not foresee.

import { nextBelow, nextU32, type RandomStream, seedStream } from '../../src/engine/base/prng.ts';

const SIGNS = ['+=', '-=', '*=', '|=', '&=', '^=', '/=', '%=', 's/=', 's%='];
const SHIFTS = ['<<=', '>>=', 's>>='];
const CONDITIONS = ['==', '!=', '>', '>=', '<', '<=', 's>', 's>=', 's<', 's<=', '&'];
const EDGES = [0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, -1, -2, -8, 65535, 2147483647, -2147483648];

class Writer {
  readonly lines: string[] = [];
  private readonly stream: RandomStream = { state: new Int32Array(4), at: 0 };
  private labels = 0;

  constructor(seed: number) {
    seedStream(this.stream, seed, 'verifier programs');
  }

  below(bound: number): number {
    return nextBelow(this.stream, bound);
  }
  pick<T>(items: readonly T[], otherwise: T): T {
    return items[this.below(items.length)] ?? otherwise;
  }
  number(): number {
    return this.below(4) === 0 ? nextU32(this.stream) | 0 : this.pick(EDGES, 0);
  }
  /** R3, R4, R6 and R7 hold numbers; R8 an array value, R9 the context. */
  register(): string {
    return this.pick(['r3', 'r4', 'r6', 'r7'], 'r6');
  }
  /** Stack slots of numbers, from -16 to -48. */
  slot(): number {
    return 16 + 8 * this.below(5);
  }
  label(): string {
    return `l${this.labels++}`;
  }

  private narrowed(name: string): string {
    return this.below(3) === 0 ? name.replace('r', 'w') : name;
  }

  arithmetic(): void {
    const target = this.narrowed(this.register());
    const width = target.startsWith('w') ? 32 : 64;
    if (this.below(4) === 0) {
      this.lines.push(`${target} ${this.pick(SHIFTS, '<<=')} ${this.below(width)}`);
      return;
    }
    const sign = this.pick(SIGNS, '+=');
    const divides = /[/%]/.test(sign);
    const other = `${target[0]}${this.register().slice(1)}`;
    const constant = divides ? 1 + this.below(40) : this.number();
    this.lines.push(`${target} ${sign} ${this.below(2) === 0 ? other : constant}`);
  }

  move(): void {
    const target = this.register();
    const narrow = target.replace('r', 'w');
    const source = this.register();
    this.lines.push(
      this.pick(
        [
          `${target} = ${source}`,
          `${narrow} = ${source.replace('r', 'w')}`,
          `${target} = (s8)${source}`,
          `${target} = (s16)${source}`,
          `${target} = (s32)${source}`,
          `${narrow} = (s8)${source.replace('r', 'w')}`,
          `${target} = ${this.number()}`,
          `${target} = be16 ${target}`,
          `${target} = bswap32 ${target}`,
          `${target} = -${target}`,
        ],
        `${target} = 0`,
      ),
    );
  }

  memory(): void {
    const size = this.pick(['u8', 'u16', 'u32', 'u64'], 'u64');
    const stack = `(r10 - ${this.slot()})`;
    const value = `(r8 + ${8 * this.below(8)})`;
    this.lines.push(
      this.pick(
        [
          `*(${size} *)${stack} = ${this.register()}`,
          `*(u64 *)${stack} = ${this.register()}`,
          `*(${size} *)${stack} = ${this.number()}`,
          `${this.register()} = *(${size} *)${stack}`,
          `${this.register()} = *(u64 *)${stack}`,
          `*(${size} *)${value} = ${this.register()}`,
          `${this.register()} = *(${size} *)${value}`,
          `${this.register()} = *(${this.pick(['s8', 's16', 's32'], 's8')} *)${value}`,
          `${this.register()} = *(${this.pick(['s8', 's16', 's32'], 's8')} *)${stack}`,
        ],
        'r3 = 0',
      ),
    );
  }

  /** Straight code with jumps forward over parts of it. */
  body(count: number): void {
    const open: string[] = [];
    for (let i = 0; i < count; i++) {
      this.pick([() => this.arithmetic(), () => this.arithmetic(), () => this.move(), () => this.memory()], () => this.move())();
      if (this.below(3) === 0) {
        const left = this.narrowed(this.register());
        const right = this.below(2) === 0 ? `${left[0]}${this.register().slice(1)}` : `${this.number()}`;
        const label = this.label();
        this.lines.push(`if ${left} ${this.pick(CONDITIONS, '==')} ${right} goto ${label}`);
        open.push(label);
      }
      if (open.length > 0 && this.below(3) === 0) this.lines.push(`${open.splice(this.below(open.length), 1)[0]}:`);
    }
    for (const label of open) this.lines.push(`${label}:`);
  }

  /** A number limited, mostly well, then used as an index into the stack, the array value or the packet. */
  indexed(): void {
    const index = this.register();
    const out = this.label();
    const limit = this.pick([7, 15, 31, 56, 63, 64], 7);
    const guard = this.below(4);
    if (guard === 0) this.lines.push(`${index} &= ${limit}`);
    else if (guard === 1) this.lines.push(`if ${index} > ${limit} goto ${out}`);
    else if (guard === 2)
      this.lines.push(`if ${index} s> ${limit} goto ${out}`, `if ${index} s< ${this.pick([0, 1, -1], 0)} goto ${out}`);
    else
      this.lines.push(
        `if ${this.narrowed(index).replace('r', 'w')} > ${limit} goto ${out}`,
        `${index.replace('r', 'w')} = ${index.replace('r', 'w')}`,
      );
    const base = this.below(3);
    if (base === 0) this.lines.push('r2 = r10', 'r2 += -120');
    else this.lines.push('r2 = r8');
    this.lines.push(`r2 += ${index}`);
    const size = this.pick(['u8', 'u8', 'u16', 'u64'], 'u8');
    this.lines.push(this.below(2) === 0 ? `r3 = *(${size} *)(r2 + 0)` : `*(${size} *)(r2 + 0) = 1`, `${out}:`);
    this.lines.push('r2 = 0');
  }

  /** Packet bytes behind a comparison with data_end, of many forms, some of them wrong. */
  packet(): void {
    const out = this.label();
    const inside = this.label();
    const bytes = this.pick([1, 2, 8, 14, 20], 8);
    const index = this.register();
    this.lines.push('r1 = *(u32 *)(r9 + 0)', 'r2 = *(u32 *)(r9 + 4)');
    if (this.below(2) === 0) this.lines.push(`${index} &= ${this.pick([3, 15, 31], 3)}`, `r1 += ${index}`);
    this.lines.push('r5 = r1', `r5 += ${bytes}`);
    const form = this.below(6);
    if (form < 2) this.lines.push(`if r5 ${form === 0 ? '>' : '>='} r2 goto ${out}`);
    else if (form < 4) this.lines.push(`if r2 ${form === 2 ? '<' : '<='} r5 goto ${out}`);
    else this.lines.push(`if r5 ${form === 4 ? '<=' : '<'} r2 goto ${inside}`, `goto ${out}`, `${inside}:`);
    const at = this.below(bytes + (this.below(8) === 0 ? 2 : 0));
    this.lines.push(`r3 = *(u8 *)(r1 + ${at})`, `${out}:`, 'r1 = 0', 'r2 = 0', 'r3 = 0', 'r5 = 0');
  }

  /** A function of the program, or a callback that counts in the caller's stack. */
  call(): void {
    if (this.below(2) === 0) {
      this.lines.push(`r1 = ${this.register()}`, `r2 = ${this.register()}`, 'call part', 'r6 = r0');
    } else {
      this.lines.push(
        `r1 = ${this.below(6)}`,
        'r2 = func turn ll',
        'r3 = r10',
        `r3 += -${this.slot()}`,
        'r4 = 0',
        'call 181',
        'r7 = r0',
      );
    }
    this.lines.push('r1 = 0', 'r2 = 0', `r3 = ${this.number()}`, `r4 = ${this.number()}`, 'r5 = 0');
  }

  /** A loop counted on the stack or in R6. */
  loop(): void {
    const again = this.label();
    const turns = 1 + this.below(6);
    this.lines.push(`*(u64 *)(r10 - 56) = ${turns}`, `${again}:`);
    this.body(1 + this.below(3));
    this.lines.push('r5 = *(u64 *)(r10 - 56)', 'r5 += -1', '*(u64 *)(r10 - 56) = r5', `if r5 != 0 goto ${again}`);
  }
}

/** Text of the program of a seed; map 0 is an array of two values of 64 bytes. Written for XDP's context. */
export function verifierProgram(seed: number): string {
  const writer = new Writer(seed);
  const { lines } = writer;
  lines.push('r9 = r1', '*(u32 *)(r10 - 4) = 0', 'r2 = r10', 'r2 += -4', 'r1 = map 0 ll', 'call 1', 'if r0 != 0 goto start');
  lines.push('r0 = 0', 'exit', 'start:', 'r8 = r0');
  for (let at = 16; at <= 120; at += 8) lines.push(`*(u64 *)(r10 - ${at}) = ${writer.number()}`);
  for (const name of ['r6', 'r7']) lines.push('call 7', `${name} = r0`);
  lines.push('r1 = 0', 'r2 = 0', 'r3 = *(u64 *)(r8 + 0)', 'r4 = *(u32 *)(r8 + 8)', 'r5 = 0');
  const parts = 2 + writer.below(4);
  for (let i = 0; i < parts; i++) {
    writer.body(2 + writer.below(6));
    const kind = writer.below(5);
    if (kind === 0) writer.indexed();
    else if (kind === 1) writer.packet();
    else if (kind === 2) writer.call();
    else if (kind === 3) writer.loop();
  }
  lines.push('r0 = r6', 'exit');
  if (lines.includes('call part')) {
    lines.push('part:', 'r3 = r1', 'r4 = r2', 'r6 = r1', 'r7 = r2', 'r8 = r10', 'r8 += -64');
    for (let at = 8; at <= 64; at += 8) lines.push(`*(u64 *)(r10 - ${at}) = ${writer.number()}`);
    writer.body(3 + writer.below(4));
    lines.push('r0 = r4', 'exit');
  }
  if (lines.includes('r2 = func turn ll')) {
    lines.push('turn:', 'r3 = *(u64 *)(r2 + 0)', 'r4 = r1', 'r6 = 3', 'r7 = r1', 'r8 = r2');
    lines.push(`r3 ${writer.pick(['+=', '^=', '&=', '*='], '+=')} ${writer.number()}`, '*(u64 *)(r2 + 0) = r3', 'r0 = 0');
    lines.push(writer.below(2) === 0 ? 'if r1 == 2 goto stop' : 'if r3 == 9 goto stop', 'exit', 'stop:', 'r0 = 1', 'exit');
  }
  return lines.join('\n');
}
