// Random statements of C that always end and have no undefined behaviour. Counts what they cost to execute, so that a program
// stays within a budget. Lines are whole statements or heads and ends of blocks, which is what the reducer relies on.

import { Expressions, type Surroundings } from './c-expressions.ts';
import { isStruct, type Place, placesOf, type Scope, type StructObject, type StructType } from './c-scope.ts';
import { ALL, common, INT, type IntType, LONG, literal, lowest, PLAIN, ranged, UINT, ULONG, within } from './c-types.ts';
import type { Choice } from './random-choice.ts';

/** Stack a function's own variables may take, bytes. */
const LOCAL_BYTES = 140;
const ATOMIC: readonly IntType[] = [INT, UINT, LONG, ULONG];

export class Statements {
  readonly lines: string[] = [];
  private readonly choice: Choice;
  private readonly around: Surroundings;
  readonly expressions: Expressions;
  /** How often the place at hand is executed, and what is left of the budget. */
  private weight = 1;
  private budget = 0;
  private indent = 1;
  private localBytes = 0;
  private returns: IntType | StructType | null = null;
  /** True in a function that may call only functions without effects. */
  private pure = false;

  constructor(choice: Choice, around: Omit<Surroundings, 'afford'>) {
    this.choice = choice;
    this.around = { ...around, afford: (cost) => this.afford(cost), fresh: () => around.fresh() };
    this.expressions = new Expressions(choice, this.around);
  }

  private afford(cost: number): boolean {
    if (cost * this.weight > this.budget) return false;
    this.budget -= cost * this.weight;
    return true;
  }

  /** Writes the statements of a function body; answers what executing them costs at most. */
  body(scope: Scope, returns: IntType | StructType | null, count: number, budget: number, pure: boolean): number {
    this.pure = pure;
    this.weight = 1;
    this.budget = budget;
    this.indent = 1;
    this.localBytes = LOCAL_BYTES;
    this.returns = returns;
    const inner = this.declarations(scope, this.choice.between(1, 4));
    this.statements(inner, count, 3);
    this.give(inner);
    return budget - this.budget + count + 5;
  }

  /** `return` of a random value. */
  private give(scope: Scope): void {
    if (this.returns === null) this.line('return;');
    else if (isStruct(this.returns)) this.line(`return ${this.structValue(scope, this.returns)};`);
    else this.line(`return ${this.expressions.any(scope, 3).text};`);
  }

  line(text: string): void {
    // Half of all accesses through pointers are written with an arrow.
    const arrows = this.choice.chance(50) ? text.replaceAll(/\(\*(\w+)\)\./g, '$1->') : text;
    this.lines.push('\t'.repeat(this.indent) + arrows);
  }

  private block(head: string, inner: () => void, tail = '}'): void {
    this.line(`${head === '' ? '' : `${head} `}{`);
    this.indent++;
    inner();
    this.indent--;
    this.line(tail);
  }

  /** Local variables, all with a value. */
  private declarations(scope: Scope, count: number): Scope {
    const places = [...scope.places];
    const arrays = [...scope.arrays];
    const structs = [...scope.structs];
    for (let i = 0; i < count; i++) {
      const name = this.around.fresh();
      const now: Scope = { places, arrays, structs };
      if (this.choice.chance(15) && this.around.structs.length > 0) {
        const type = this.choice.pick(this.around.structs);
        if (type.bytes > this.localBytes) continue;
        this.localBytes -= type.bytes;
        this.line(`${type.name} ${name} = ${this.structValue(now, type)};`);
        structs.push({ text: name, type, writable: true, root: name });
        continue;
      }
      if (this.choice.chance(15)) {
        const type = this.choice.pick(PLAIN);
        const length = this.choice.pick([2, 4, 8]);
        if ((type.bits / 8) * length > this.localBytes) continue;
        this.localBytes -= (type.bits / 8) * length;
        this.line(`${type.name} ${name}[${length}] = ${this.arrayInitialiser(now, type, length)};`);
        arrays.push({ name, type, length, writable: true });
        continue;
      }
      const type = this.choice.pick(ALL);
      if (this.localBytes < 8) continue;
      this.localBytes -= 8;
      const value = this.expressions.any(now, 2);
      const isVolatile = this.choice.chance(6);
      const auto = this.choice.chance(8) && !isVolatile;
      const actual = auto ? value.type : type;
      // The type of a bit-field has no name of its own: + gives the promoted one.
      if (auto) this.line(`__auto_type ${name} = (${actual.name})${value.text};`);
      else this.line(`${isVolatile ? 'volatile ' : ''}${type.name} ${name} = ${value.text};`);
      places.push({ type: actual, bits: null, text: () => name, root: name, writable: true, addressable: !isVolatile });
    }
    return { places, arrays, structs };
  }

  private arrayInitialiser(scope: Scope, type: IntType, length: number): string {
    const items: string[] = [];
    for (let at = 0; at < length; at++) {
      if (this.choice.chance(20)) break;
      const value = this.expressions.convertible(this.expressions.any(scope, 1), type);
      if (this.choice.chance(15) && at + 1 < length) {
        // clang takes only constants behind a range.
        items.push(`[${at} ... ${at + 1}] = ${this.expressions.convertible(this.expressions.constant(), type)}`);
        at++;
      } else items.push(this.choice.chance(20) ? `[${at}] = ${value}` : value);
    }
    return `{ ${items.join(', ')} }`;
  }

  /** An expression of a struct type: a variable, a compound literal. */
  private structValue(scope: Scope, type: StructType): string {
    const same = scope.structs.filter((object) => object.type === type);
    if (same.length > 0 && this.choice.chance(50)) return this.choice.pick(same).text;
    return `(${type.name})${this.structInitialiser(scope, type)}`;
  }

  private structInitialiser(scope: Scope, type: StructType): string {
    // Of a union the first member, which is its largest.
    const fields = type.union ? type.fields.slice(0, 1) : type.fields;
    const items = fields.flatMap((field): string[] => {
      if (!type.union && this.choice.chance(20)) return [];
      const head = `.${field.name} = `;
      if (field.struct !== null) return [head + this.structInitialiser(scope, field.struct)];
      if (field.length !== null) return [head + this.arrayInitialiser(scope, field.type, field.length)];
      const value = this.expressions.any(scope, 1);
      return [head + (field.bits === null ? this.expressions.convertible(value, field.type) : value.text)];
    });
    return items.length === 0 ? '{}' : `{ ${items.join(', ')} }`;
  }

  /** All places that can be read, members of structs and elements of arrays included. */
  private writable(scope: Scope): Place[] {
    const index = (below: number): string => this.expressions.index(scope, below);
    const fromStructs = scope.structs.filter((object) => object.writable).flatMap((object) => placesOf(object, index));
    const fromArrays = scope.arrays
      .filter((array) => array.writable)
      .map(
        (array): Place => ({
          type: array.type,
          bits: null,
          text: () => `${array.name}[${index(array.length)}]`,
          root: array.name,
          writable: true,
          addressable: true,
        }),
      );
    return [...scope.places.filter((place) => place.writable), ...fromStructs, ...fromArrays];
  }

  private statements(scope: Scope, count: number, depth: number): void {
    for (let i = 0; i < count; i++) this.statement(scope, depth);
  }

  /** A block with variables of its own. */
  private inner(scope: Scope, depth: number, count = this.choice.between(1, 3)): void {
    const own = this.choice.chance(30) ? this.declarations(scope, 1) : scope;
    this.statements(own, count, depth - 1);
  }

  private statement(scope: Scope, depth: number): void {
    if (!this.afford(1)) return;
    const simple: readonly (readonly [number, () => void])[] = [
      [22, () => this.assign(scope)],
      [14, () => this.compoundAssign(scope)],
      [6, () => this.step(scope)],
      [8, () => this.procedure(scope)],
      [5, () => this.wholeStruct(scope)],
      [3, () => this.fillArray(scope)],
      [4, () => this.atomic(scope)],
      [3, () => this.overflow(scope)],
      [4, () => this.nestedAssign(scope)],
      [3, () => this.indexSteps(scope)],
      [2, () => this.throughPointer(scope)],
    ];
    const nested: readonly (readonly [number, () => void])[] = [
      [13, () => this.branch(scope, depth)],
      [11, () => this.loop(scope, depth)],
      [6, () => this.switching(scope, depth)],
      [3, () => this.jumpOut(scope, depth)],
      [2, () => this.jumpBack(scope, depth)],
      [2, () => this.jumpIn(scope, depth)],
      [2, () => this.leave(scope)],
    ];
    this.choice.weighted(depth > 0 ? [...simple, ...nested] : simple)();
  }

  private assign(scope: Scope): void {
    const places = this.writable(scope);
    if (places.length === 0) return;
    this.line(`${this.choice.pick(places).text()} = ${this.expressions.any(scope, 4).text};`);
  }

  private compoundAssign(scope: Scope): void {
    const places = this.writable(scope).filter((place) => place.bits === null || place.bits < 32);
    if (places.length === 0) return;
    const place = this.choice.pick(places);
    const text = place.text();
    const read = this.expressions.read({ ...place, text: () => text });
    const value = this.expressions.any(scope, 3);
    const op = this.choice.pick(['+', '-', '*', '&', '|', '^', '+', '-']);
    const result = this.expressions.arithmetic(op, read, value);
    const plain = `(${read.text} ${op} ${value.text})`;
    if (result.text === plain) this.line(`${text} ${op}= ${value.text};`);
    else if (this.choice.chance(30) && read.low >= 0n)
      this.line(`${text} >>= ${this.choice.below(Math.min(8, place.type.bits))};`);
    else if (this.choice.chance(30)) this.line(`${text} ${this.choice.pick(['/', '%'])}= ${this.choice.between(2, 30)};`);
    else this.line(`${text} = ${result.text};`);
  }

  private step(scope: Scope): void {
    const places = this.writable(scope).filter((place) => place.type.bits < 32 || !place.type.signed);
    if (places.length === 0) return;
    const text = this.choice.pick(places.filter((place) => place.bits === null || place.bits < 32)).text();
    this.line(this.choice.pick([`${text}++;`, `++${text};`, `${text}--;`, `--${text};`]));
  }

  private branch(scope: Scope, depth: number): void {
    const { text } = this.expressions.any(scope, 3);
    this.block(`if (${text})`, () => this.inner(scope, depth), this.choice.chance(45) ? '} else {' : '}');
    if (this.lines.at(-1)?.endsWith('} else {') === true) {
      this.indent++;
      this.inner(scope, depth);
      this.indent--;
      this.line('}');
    }
  }

  private loop(scope: Scope, depth: number): void {
    const times = this.choice.between(1, 9);
    const name = this.around.fresh();
    const type = this.choice.pick([INT, INT, UINT, LONG, ULONG, this.choice.pick(PLAIN)]);
    const t = type.name;
    const place: Place = { type, bits: null, text: () => name, root: name, writable: false, addressable: false };
    const inside: Scope = { ...scope, places: [...scope.places, place] };
    const outer = this.weight;
    if (outer * times * 4 > this.budget) return;
    this.weight *= times;
    const body = (): void => {
      this.inner(inside, depth);
      if (this.choice.chance(25))
        this.line(`if (${this.expressions.any(inside, 2).text}) ${this.choice.pick(['break', 'continue'])};`);
      if (this.choice.chance(30)) this.statements(inside, 1, depth - 1);
    };
    const kind = this.choice.below(7);
    if (kind < 3 && this.choice.chance(8)) this.line(this.choice.pick(['#pragma unroll', '#pragma GCC unroll 4']));
    if (kind === 0) this.block(`for (${t} ${name} = 0; ${name} < ${times}; ${name}++)`, body);
    else if (kind === 1) this.block(`for (${t} ${name} = ${times}; ${name} > 0; --${name})`, body);
    else if (kind === 2) this.block(`for (${t} ${name} = 0; ${name} != ${times * 3}; ${name} += 3)`, body);
    else if (kind === 3 && type.bits >= 16) {
      const start = this.choice.between(1, 40);
      this.block(`for (${t} ${name} = ${start}; ${name} <= ${start + times - 1}; ${name}++)`, body);
    } else if (kind === 4) {
      this.block('', () => {
        this.line(`${t} ${name} = ${times};`);
        this.block(`while (${name}-- > 0)`, body);
      });
    } else if (kind === 5) {
      this.block('', () => {
        this.line(`${t} ${name} = 0;`);
        this.block('do', body, `} while (++${name} < ${times});`);
      });
    } else {
      this.block('', () => {
        this.line(`${t} ${name} = 0;`);
        this.block('for (;;)', () => {
          this.line(`if (${name}++ >= ${times}) break;`);
          body();
        });
      });
    }
    this.weight = outer;
  }

  private switching(scope: Scope, depth: number): void {
    const value = this.expressions.any(scope, 3);
    const wide = this.choice.chance(20);
    const head = wide ? value.text : `${value.text} & ${this.choice.pick([3, 7, 15, 31])}`;
    const labels = this.caseLabels(wide ? value.type : INT, wide);
    const withDefault = this.choice.chance(70);
    const defaultAt = this.choice.below(labels.length + 1);
    this.block(`switch (${head})`, () => {
      for (let at = 0; at <= labels.length; at++) {
        if (withDefault && at === defaultAt) this.caseBody(scope, depth, 'default:');
        const label = labels[at];
        if (label !== undefined) this.caseBody(scope, depth, label);
      }
    });
  }

  private caseBody(scope: Scope, depth: number, label: string): void {
    this.line(`${label} ;`);
    if (this.choice.chance(15)) return;
    this.block('', () => this.inner(scope, depth, this.choice.between(1, 2)));
    if (this.choice.chance(70)) this.line('break;');
  }

  /** Distinct labels in ascending order, some of them ranges. */
  private caseLabels(type: IntType, wide: boolean): string[] {
    const labels: string[] = [];
    const t = common(type, INT);
    let at = wide ? (this.choice.chance(50) ? lowest(t) : 0n) : 0n;
    for (let i = this.choice.between(1, 6); i > 0; i--) {
      at += BigInt(this.choice.between(0, wide && this.choice.chance(50) ? 1_000_000_000 : 3));
      const to = at + BigInt(this.choice.chance(25) ? this.choice.between(1, 3) : 0);
      if (!within(t, at, to)) break;
      const [low, high] = [literal(at, t).text, literal(to, t).text];
      labels.push(at === to ? `case ${low}:` : `case ${low} ... ${high}:`);
      at = to + 1n;
    }
    return labels;
  }

  private jumpOut(scope: Scope, depth: number): void {
    const label = this.around.fresh();
    this.block('', () => {
      this.inner(scope, depth, 1);
      this.line(`if (${this.expressions.any(scope, 2).text}) goto ${label};`);
      this.inner(scope, depth, 1);
    });
    this.line(`${label}: ;`);
  }

  private jumpBack(scope: Scope, depth: number): void {
    const times = this.choice.between(2, 5);
    if (this.weight * times * 4 > this.budget) return;
    const [label, counter] = [this.around.fresh(), this.around.fresh()];
    const outer = this.weight;
    this.weight *= times;
    this.block('', () => {
      this.line(`int ${counter} = 0;`);
      this.line(`${label}: ;`);
      this.statements(scope, 2, depth - 1);
      this.line(`if (++${counter} < ${times} && ${this.expressions.any(scope, 2).text}) goto ${label};`);
    });
    this.weight = outer;
  }

  /** A jump into the body of an if. */
  private jumpIn(scope: Scope, depth: number): void {
    const label = this.around.fresh();
    this.line(`if (${this.expressions.any(scope, 2).text}) goto ${label};`);
    this.block(`if (${this.expressions.any(scope, 2).text})`, () => {
      this.statements(scope, 1, depth - 1);
      this.line(`${label}: ;`);
      this.statements(scope, 1, depth - 1);
    });
  }

  private leave(scope: Scope): void {
    this.block(`if (${this.expressions.any(scope, 2).text})`, () => this.give(scope));
  }

  /** A call of a function that writes globals: alone, or its value into a fresh variable first. */
  private procedure(scope: Scope): void {
    const callable = this.around.functions.filter((fn) => (fn.pure || !this.pure) && this.expressions.canPass(scope, fn));
    if (callable.length === 0) return;
    const fn = this.choice.pick(callable);
    if (!this.afford(fn.cost)) return;
    const places = this.writable(scope);
    const call = this.expressions.callOf(scope, 2, fn);
    if (places.length === 0 || this.choice.chance(20)) return this.line(`(void)${call.text};`);
    const name = this.around.fresh();
    const direct =
      !isStruct(fn.returns) &&
      fn.params.length <= 5 &&
      fn.params.every((param) => param.kind === 'value') &&
      this.choice.chance(25);
    this.block('', () => {
      if (direct && !isStruct(fn.returns)) {
        const types = fn.params.map((param) => (param.kind === 'value' ? param.type.name : 'int'));
        const pointer = this.around.fresh();
        this.line(
          `${fn.returns.name} (*const ${pointer})(${types.join(', ') || 'void'}) = ${this.choice.pick(['', '&'])}${fn.name};`,
        );
        this.line(`${call.type.name} ${name} = ${call.text.replace(fn.name, pointer)};`);
      } else this.line(`${call.type.name} ${name} = ${call.text};`);
      this.line(`${this.choice.pick(places).text()} ${this.choice.pick(['=', '=', '^='])} ${name};`);
    });
  }

  private wholeStruct(scope: Scope): void {
    const targets = scope.structs.filter((object) => object.writable);
    if (targets.length === 0) return;
    const target = this.choice.pick(targets);
    const source = this.choice.pick(scope.structs.filter((object) => object.type === target.type));
    const apart = source.root !== null && target.root !== null && source.root !== target.root;
    this.choice.pick<() => void>([
      () => this.line(`${target.text} = ${this.structValue(scope, target.type)};`),
      () => this.line(`${target.text} = ${source.text};`),
      () =>
        this.line(`__builtin_${apart ? 'memcpy' : 'memmove'}(&${target.text}, &${source.text}, sizeof(${target.type.name}));`),
      () => this.line(`__builtin_memset(&${target.text}, ${this.fillByte(target)}, sizeof ${target.text});`),
    ])();
  }

  private fillByte(target: StructObject): number {
    return target.type.hasBool ? 0 : this.choice.below(256);
  }

  private fillArray(scope: Scope): void {
    const arrays = scope.arrays.filter((array) => array.writable);
    if (arrays.length === 0) return;
    const { name, type, length } = this.choice.pick(arrays);
    const count = this.choice.between(1, length / 2);
    const half = length / 2;
    const bytes = `${count} * sizeof(${type.name})`;
    this.line(
      this.choice.pick([
        `__builtin_memset(${name}, ${type.bool ? 0 : this.choice.below(256)}, ${bytes});`,
        `__builtin_memcpy(${name}, ${name} + ${half}, ${bytes});`,
        `__builtin_memmove(&${name}[${this.choice.below(half)}], ${name}, ${bytes});`,
      ]),
    );
  }

  private atomic(scope: Scope): void {
    const targets = scope.places.filter((place) => place.addressable && place.writable && ATOMIC.includes(place.type));
    const places = this.writable(scope);
    if (targets.length === 0) return;
    const target = this.choice.pick(targets);
    const address = `&${target.text()}`;
    const value = this.expressions.any(scope, 2).text;
    const op = this.choice.pick(['add', 'sub', 'and', 'or', 'xor']);
    const name = this.around.fresh();
    const call = this.choice.pick([
      `__sync_fetch_and_${op}(${address}, ${value})`,
      `__sync_${op}_and_fetch(${address}, ${value})`,
      `__atomic_fetch_${op}(${address}, ${value}, __ATOMIC_SEQ_CST)`,
      `__atomic_${op}_fetch(${address}, ${value}, __ATOMIC_RELAXED)`,
      `__atomic_exchange_n(${address}, ${value}, __ATOMIC_ACQ_REL)`,
      `__sync_lock_test_and_set(${address}, ${value})`,
      `__sync_val_compare_and_swap(${address}, ${this.expressions.leaf(scope).text}, ${value})`,
      `__sync_bool_compare_and_swap(${address}, ${this.expressions.leaf(scope).text}, ${value})`,
    ]);
    if (this.choice.chance(30)) return this.line(`(void)${call};`);
    this.block('', () => {
      this.line(`${target.type.name} ${name} = ${call};`);
      this.line(`${this.choice.pick(places).text()} = ${name};`);
    });
  }

  private overflow(scope: Scope): void {
    const places = this.writable(scope);
    if (places.length === 0) return;
    const type = this.choice.pick(PLAIN);
    const [result, flag] = [this.around.fresh(), this.around.fresh()];
    const [a, b] = [this.expressions.any(scope, 2), this.expressions.any(scope, 2)];
    this.block('', () => {
      this.line(`${type.name} ${result};`);
      this.line(
        `_Bool ${flag} = __builtin_${this.choice.pick(['add', 'sub', 'mul'])}_overflow(${a.text}, ${b.text}, &${result});`,
      );
      this.line(`${this.choice.pick(places).text()} = ${flag};`);
      this.line(`${this.choice.pick(places).text()} ^= ${result};`);
    });
  }

  /** Assignments inside expressions, only where their order is fixed. */
  private nestedAssign(scope: Scope): void {
    const places = this.writable(scope);
    if (places.length === 0) return;
    const [one, other] = [this.choice.pick(places), this.choice.pick(places)];
    const [x, y] = [one.text(), other.text()];
    const value = this.expressions.any(scope, 3).text;
    const test = this.expressions.any(scope, 2).text;
    const apart = one.root !== null && other.root !== null && !x.includes(other.root) && !y.includes(one.root);
    const assignment = `(${y} = ${value})`;
    this.choice.pick<() => void>([
      () => this.line(`${test} ${this.choice.pick(['&&', '||'])} ${assignment};`),
      () => this.line(`${test} ? (void)${assignment} : (void)(${x} = ${test});`),
      () => this.line(apart ? `${x} = ${assignment};` : `${assignment};`),
      () => this.line(`${assignment}, ${x} = ${test};`),
      () => this.block(`if (${assignment} > ${this.choice.below(100)})`, () => this.line(`${x} = ${test};`)),
    ])();
  }

  /** `a[i++]`, with an index of its own. */
  private indexSteps(scope: Scope): void {
    const arrays = scope.arrays.filter((array) => array.writable);
    if (arrays.length === 0) return;
    const { name, length } = this.choice.pick(arrays);
    const i = this.around.fresh();
    const t = this.choice.pick(['unsigned', 'unsigned char', 'unsigned long', 'unsigned short']);
    this.block('', () => {
      this.line(`${t} ${i} = ${this.expressions.any(scope, 2).text};`);
      this.line(`${name}[${i}++ & ${length - 1}] = ${this.expressions.any(scope, 3).text};`);
      this.line(`${name}[--${i} % ${length}] ${this.choice.pick(['=', '^=', '|='])} ${this.expressions.any(scope, 2).text};`);
      this.line(`${this.choice.pick(this.writable(scope)).text()} = ${name}[++${i} & ${length - 1}];`);
    });
  }

  /** A pointer that walks over an array. */
  private throughPointer(scope: Scope): void {
    const arrays = scope.arrays.filter((array) => array.writable);
    if (arrays.length === 0) return;
    const { name, length, type } = this.choice.pick(arrays);
    const p = this.around.fresh();
    const value = ranged(`*${p}`, type);
    if (this.weight * length * 2 > this.budget) return;
    this.block('', () => {
      this.line(`${type.name} *${p} = ${name};`);
      const step = this.expressions.arithmetic(
        this.choice.pick(['+', '^', '-', '*']),
        { ...value, text: `(${value.text})` },
        this.expressions.leaf(scope),
      );
      if (this.choice.chance(50))
        this.block(`for (; ${p} < ${name} + ${length}; ${p}++)`, () => this.line(`*${p} = ${step.text};`));
      else {
        this.block('do', () => this.line(`*${p} = ${step.text};`), `} while (++${p} != &${name}[${length}]);`);
        this.line(`${this.choice.pick(this.writable(scope)).text()} = ${p} - ${name};`);
      }
      this.line(`${this.choice.pick(this.writable(scope)).text()} = ${p}[-1];`);
    });
    this.budget -= this.weight * length;
  }
}
