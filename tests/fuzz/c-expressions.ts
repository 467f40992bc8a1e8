// Random integer expressions of C without side effects and without undefined behaviour: every operator is written plainly where
// the bounds of its operands allow it, and in unsigned arithmetic where it could overflow.

import type { GeneratedFunction, Parameter, Place, Scope, StructType } from './c-scope.ts';
import { isStruct, placesOf } from './c-scope.ts';
import {
  ALL,
  CHAR,
  cast,
  common,
  converted,
  highest,
  INT,
  type IntType,
  LONG,
  literal,
  lowest,
  PLAIN,
  promote,
  ranged,
  UINT,
  ULLONG,
  ULONG,
  USHORT,
  unsignedOf,
  type Value,
  within,
} from './c-types.ts';
import type { Choice } from './random-choice.ts';

/** What expressions may use beside the scope. */
export interface Surroundings {
  readonly prefix: string;
  readonly structs: readonly StructType[];
  /** Functions defined so far. */
  readonly functions: readonly GeneratedFunction[];
  /** Takes the cost of a call from the budget; false: too dear here. */
  readonly afford: (cost: number) => boolean;
  fresh(): string;
}

const INTERESTING = [
  0n,
  1n,
  2n,
  3n,
  5n,
  7n,
  8n,
  10n,
  15n,
  16n,
  31n,
  32n,
  63n,
  64n,
  100n,
  127n,
  128n,
  255n,
  256n,
  1000n,
  4095n,
  65535n,
];
const sorted = (values: readonly bigint[]): bigint[] => values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const max = (...values: bigint[]): bigint => sorted(values).at(-1) ?? 0n;
const min = (...values: bigint[]): bigint => sorted(values)[0] ?? 0n;

export class Expressions {
  private readonly choice: Choice;
  private readonly around: Surroundings;

  constructor(choice: Choice, around: Surroundings) {
    this.choice = choice;
    this.around = around;
  }

  /** Any expression; `depth` bounds its size. */
  any(scope: Scope, depth: number): Value {
    if (depth <= 0 || this.choice.chance(12)) return this.leaf(scope);
    const make = this.choice.weighted<() => Value>([
      [34, () => this.binary(scope, depth)],
      [8, () => this.unary(scope, depth)],
      [10, () => cast(this.any(scope, depth - 1), this.choice.pick(ALL))],
      [9, () => this.compare(scope, depth)],
      [5, () => this.logical(scope, depth)],
      [7, () => this.conditional(scope, depth)],
      [9, () => this.leaf(scope)],
      [5, () => this.builtin(scope, depth)],
      [3, () => this.statementExpression(scope, depth)],
      [2, () => this.compound(scope, depth)],
      [2, () => this.selection(scope, depth)],
      [3, () => this.pointers(scope)],
      [2, () => this.comma(scope, depth)],
      [7, () => this.call(scope, depth)],
    ]);
    return make();
  }

  /** An index below a power of two. */
  index(scope: Scope, below: number): string {
    if (this.choice.chance(45)) return String(this.choice.below(below));
    return `${this.leaf(scope).text} & ${below - 1}`;
  }

  constant(): Value {
    const type = this.choice.pick([INT, INT, UINT, LONG, ULONG, ULLONG, this.choice.pick(PLAIN)]);
    const t = promote(type);
    let value = this.choice.weighted<() => bigint>([
      [50, () => this.choice.pick(INTERESTING)],
      [25, () => -this.choice.pick(INTERESTING)],
      [10, () => BigInt(this.choice.below(4294967296))],
      [5, () => (BigInt(this.choice.below(4294967296)) << 32n) | BigInt(this.choice.below(4294967296))],
      [5, () => highest(t) - BigInt(this.choice.below(3))],
      [5, () => lowest(t) + BigInt(this.choice.below(3))],
    ])();
    if (!within(t, value, value)) value = t.signed ? BigInt.asIntN(t.bits, value) : BigInt.asUintN(t.bits, value);
    return literal(value, t);
  }

  read(place: Place): Value {
    const { bits, type } = place;
    if (bits === null) return ranged(place.text(), type);
    const range = { low: type.signed ? -(1n << BigInt(bits - 1)) : 0n, high: (1n << BigInt(type.signed ? bits - 1 : bits)) - 1n };
    // gcc computes with the very width of a wide bit-field, clang with its type: a cast makes them agree.
    if (bits > 31) return { ...range, type, text: `(${type.name})${place.text()}` };
    return { ...range, type: type.bool ? type : bits < 32 ? INT : type, text: place.text() };
  }

  leaf(scope: Scope): Value {
    if (scope.places.length > 0 && this.choice.chance(70)) return this.read(this.choice.pick(scope.places));
    if (scope.structs.length > 0 && this.choice.chance(35)) {
      const places = placesOf(this.choice.pick(scope.structs), (below) => String(this.choice.below(below)));
      if (places.length > 0) return this.read(this.choice.pick(places));
    }
    if (scope.arrays.length > 0 && this.choice.chance(35)) {
      const array = this.choice.pick(scope.arrays);
      const place = scope.places.length > 0 ? this.read(this.choice.pick(scope.places)).text : '1';
      const index = this.choice.chance(50) ? String(this.choice.below(array.length)) : `${place} & ${array.length - 1}`;
      return ranged(`${array.name}[${index}]`, array.type);
    }
    if (this.choice.chance(6)) return this.sizes();
    if (this.choice.chance(3))
      return ranged(`"${this.choice.pick(['abcd', 'q\\x80z9', '\\n\\377xy'])}"[${this.choice.below(5)}]`, CHAR);
    return this.constant();
  }

  private sizes(): Value {
    if (this.around.structs.length > 0 && this.choice.chance(60)) {
      const type = this.choice.pick(this.around.structs);
      const plain = type.fields.filter((field) => field.bits === null);
      if (plain.length > 0 && this.choice.chance(50))
        return ranged(`__builtin_offsetof(${type.name}, ${this.choice.pick(plain).name})`, ULONG, 0n, 4096n);
      return ranged(`sizeof(${type.name})`, ULONG, 1n, 4096n);
    }
    return ranged(`sizeof(${this.choice.pick(ALL).name})`, ULONG, 1n, 8n);
  }

  private unary(scope: Scope, depth: number): Value {
    const value = this.any(scope, depth - 1);
    const op = this.choice.pick(['-', '~', '!', '+'] as const);
    const t = promote(value.type);
    const safe = converted(value, t);
    switch (op) {
      case '!':
        return ranged(`(!${value.text})`, INT, 0n, 1n);
      case '+':
        return { ...safe, text: `(+${value.text})` };
      case '~':
        return ranged(`(~${value.text})`, t, t.signed ? -safe.high - 1n : undefined, t.signed ? -safe.low - 1n : undefined);
      case '-':
        if (t.signed && safe.low === lowest(t)) {
          const u = unsignedOf(t);
          return cast(ranged(`(-(${u.name})${value.text})`, u), t);
        }
        return ranged(`(- ${value.text})`, t, t.signed ? -safe.high : undefined, t.signed ? -safe.low : undefined);
    }
  }

  private binary(scope: Scope, depth: number): Value {
    const left = this.any(scope, depth - 1);
    const op = this.choice.weighted<string>([
      [14, '+'],
      [12, '-'],
      [8, '*'],
      [8, '&'],
      [7, '|'],
      [7, '^'],
      [8, '<<'],
      [9, '>>'],
      [6, '/'],
      [6, '%'],
    ]);
    if (op === '<<' || op === '>>') return this.shift(scope, depth, left, op);
    if (op === '/' || op === '%') {
      const right = this.any(scope, depth - 1);
      // Mostly unsigned: only v4 divides signed numbers.
      const t = common(left.type, right.type);
      return t.signed && this.choice.chance(75)
        ? this.divide(cast(left, unsignedOf(t)), cast(right, unsignedOf(t)), op)
        : this.divide(left, right, op);
    }
    return this.arithmetic(op, left, this.any(scope, depth - 1));
  }

  /** left op right for + - * & | ^. */
  arithmetic(op: string, left: Value, right: Value): Value {
    const t = common(left.type, right.type);
    const [a, b] = [converted(left, t), converted(right, t)];
    const bounds = boundsOf(op, a, b);
    const text = `(${left.text} ${op} ${right.text})`;
    if (bounds === null) return ranged(text, t);
    if (within(t, bounds[0], bounds[1])) return { text, type: t, low: bounds[0], high: bounds[1] };
    if (!t.signed) return ranged(text, t);
    const u = unsignedOf(t);
    return cast(ranged(`((${u.name})${left.text} ${op} (${u.name})${right.text})`, u), t);
  }

  private shift(scope: Scope, depth: number, left: Value, op: '<<' | '>>'): Value {
    const t = promote(left.type);
    const value = converted(left, t);
    const fixed = this.choice.chance(60);
    const count = BigInt(this.choice.below(t.bits));
    const by = fixed ? String(count) : `(${this.any(scope, depth - 2).text} & ${t.bits - 1})`;
    const most = fixed ? count : BigInt(t.bits - 1);
    if (op === '>>') {
      const low = value.low < 0n ? value.low : fixed ? value.low >> count : 0n;
      const high = value.high < 0n ? -1n : fixed && value.low >= 0n ? value.high >> count : value.high;
      return ranged(`(${left.text} >> ${by})`, t, low, high);
    }
    if (!t.signed) return ranged(`(${left.text} << ${by})`, t);
    if (value.low >= 0n && value.high << most <= highest(t)) return ranged(`(${left.text} << ${by})`, t, 0n, value.high << most);
    const u = unsignedOf(t);
    return cast(ranged(`((${u.name})${left.text} << ${by})`, u), t);
  }

  private divide(left: Value, right: Value, op: '/' | '%'): Value {
    const divisor = this.choice.weighted<() => Value>([
      [50, () => (common(left.type, INT).signed ? this.divisorConstant() : literal(BigInt(this.choice.between(1, 1000)), UINT))],
      [25, () => ranged(`((${right.text} & 15) + 1)`, common(right.type, INT), 1n, 16n)],
      [25, () => ranged(`(${right.text} | 1)`, common(right.type, INT))],
    ])();
    const t = common(left.type, divisor.type);
    const a = converted(left, t);
    const b = converted(divisor, t);
    const couldOverflow = t.signed && a.low === lowest(t) && b.low <= -1n && b.high >= -1n;
    const dividend = couldOverflow ? `(${left.text} & ${literal(highest(t), t).text})` : left.text;
    const size = max(a.high, -a.low, 0n);
    const bounds: readonly [bigint, bigint] = a.low >= 0n && b.low > 0n ? [0n, a.high] : [-size, size];
    return ranged(`(${dividend} ${op} ${divisor.text})`, t, ...(couldOverflow ? [] : bounds));
  }

  private divisorConstant(): Value {
    const value = this.constant();
    return value.low === 0n ? literal(3n, value.type) : value;
  }

  private compare(scope: Scope, depth: number): Value {
    const left = this.any(scope, depth - 1);
    const right = this.any(scope, depth - 1);
    return ranged(`(${left.text} ${this.choice.pick(['==', '!=', '<', '>', '<=', '>='])} ${right.text})`, INT, 0n, 1n);
  }

  private logical(scope: Scope, depth: number): Value {
    const left = this.any(scope, depth - 1);
    const right = this.any(scope, depth - 1);
    return ranged(`(${left.text} ${this.choice.pick(['&&', '||'])} ${right.text})`, INT, 0n, 1n);
  }

  private conditional(scope: Scope, depth: number): Value {
    const condition = this.any(scope, depth - 1);
    const yes = this.any(scope, depth - 1);
    const no = this.any(scope, depth - 1);
    if (this.choice.chance(15)) {
      const t = common(condition.type, no.type);
      return ranged(`(${condition.text} ?: ${no.text})`, t);
    }
    const t = common(yes.type, no.type);
    const [a, b] = [converted(yes, t), converted(no, t)];
    return ranged(`(${condition.text} ? ${yes.text} : ${no.text})`, t, min(a.low, b.low), max(a.high, b.high));
  }

  private comma(scope: Scope, depth: number): Value {
    const value = this.any(scope, depth - 1);
    return { ...value, text: `((void)${this.leaf(scope).text}, ${value.text})`, type: value.type };
  }

  private builtin(scope: Scope, depth: number): Value {
    const { text } = this.any(scope, depth - 1);
    const wide = this.choice.chance(50);
    const suffix = wide ? this.choice.pick(['l', 'll']) : '';
    const one = wide ? '1UL' : '1U';
    const bits = wide ? 64n : 32n;
    const width = wide ? 'unsigned long' : 'unsigned';
    return this.choice.pick<() => Value>([
      () => ranged(`__builtin_clz${suffix}((${width})${text} | ${one})`, INT, 0n, bits - 1n),
      () => ranged(`__builtin_ctz${suffix}((${width})${text} | ${one} << ${bits - 1n})`, INT, 0n, bits - 1n),
      () => ranged(`__builtin_popcount${suffix}(${text})`, INT, 0n, bits),
      () => ranged(`__builtin_parity${suffix}(${text})`, INT, 0n, 1n),
      () => ranged(`__builtin_ffs${suffix}(${text})`, INT, 0n, bits),
      () => ranged(`__builtin_bswap16(${text})`, USHORT),
      () => ranged(`__builtin_bswap32(${text})`, UINT),
      () => ranged(`__builtin_bswap64(${text})`, ULONG),
      () => ranged(`__builtin_expect(${text}, ${this.choice.below(2)})`, LONG),
      () => ranged(`__builtin_types_compatible_p(${this.choice.pick(ALL).name}, typeof(+${text}))`, INT, 0n, 1n),
    ])();
  }

  private statementExpression(scope: Scope, depth: number): Value {
    const value = this.any(scope, depth - 1);
    const name = this.around.fresh();
    if (this.choice.chance(30)) {
      const other = this.any(scope, depth - 1);
      const otherName = this.around.fresh();
      const text = `({ typeof(+${value.text}) ${name} = ${value.text}; typeof(+${other.text}) ${otherName} = ${other.text}; ${name} > ${otherName} ? ${name} : ${otherName}; })`;
      return ranged(text, common(value.type, other.type));
    }
    const type = this.choice.pick(ALL);
    const inner = ranged(name, type);
    const result = this.arithmetic(this.choice.pick(['+', '^', '&']), inner, this.leaf(scope));
    return { ...result, text: `({ ${type.name} ${name} = ${value.text}; ${result.text}; })` };
  }

  private compound(scope: Scope, depth: number): Value {
    const values = Array.from({ length: 1 << this.choice.between(1, 2) }, () => this.any(scope, depth - 2));
    const type = this.choice.pick(PLAIN);
    const list = values.map((value, at) =>
      this.choice.chance(25) ? `[${at}] = ${this.convertible(value, type)}` : this.convertible(value, type),
    );
    return ranged(`((${type.name}[]){${list.join(', ')}})[${this.index(scope, values.length)}]`, type);
  }

  /** In braces, constants that do not fit are written with a cast, as some compilers refuse them. */
  convertible(value: Value, type: IntType): string {
    return within(type, value.low, value.high) ? value.text : cast(value, type).text;
  }

  private selection(scope: Scope, depth: number): Value {
    const value = this.any(scope, depth - 1);
    const arms = [INT, UINT, LONG, ULONG, LLONG_NAME].map(
      (type, at) => `${typeof type === 'string' ? type : type.name}: ${at + this.choice.below(9)}`,
    );
    return ranged(`_Generic((+${value.text}), ${arms.join(', ')}, default: 77)`, INT, 0n, 100n);
  }

  private pointers(scope: Scope): Value {
    if (scope.arrays.length === 0) return this.leaf(scope);
    const array = this.choice.pick(scope.arrays);
    const i = this.index(scope, array.length);
    const j = this.index(scope, array.length);
    return this.choice.pick<() => Value>([
      () => ranged(`(&${array.name}[${i}] ${this.choice.pick(['<', '>=', '==', '!='])} &${array.name}[${j}])`, INT, 0n, 1n),
      () => ranged(`(&${array.name}[${i}] - &${array.name}[${j}])`, LONG, -64n, 64n),
      () => ranged(`(*(${array.name} + (${i})))`, array.type),
      () => ranged(`(${i})[${array.name}]`, array.type),
      () => ranged(`(sizeof(${array.name}) / sizeof(*${array.name}))`, ULONG, 1n, 64n),
    ])();
  }

  /** A call of a function without effects. */
  private call(scope: Scope, depth: number): Value {
    const callable = this.around.functions.filter((candidate) => candidate.pure && this.canPass(scope, candidate));
    if (callable.length === 0) return this.leaf(scope);
    const fn = this.choice.pick(callable);
    if (!this.around.afford(fn.cost)) return this.leaf(scope);
    return this.callOf(scope, depth, fn);
  }

  canPass(scope: Scope, fn: GeneratedFunction): boolean {
    return fn.params.every(
      (param) =>
        param.kind === 'value' ||
        (param.kind === 'pointer'
          ? scope.places.some((place) => place.addressable && place.writable && place.type === param.type)
          : scope.structs.some(
              (object) => object.type === param.type && (param.kind === 'struct' || (object.writable && object.root !== null)),
            )),
    );
  }

  private argument(scope: Scope, depth: number, param: Parameter): string {
    if (param.kind === 'value') return this.any(scope, Math.min(depth - 1, 2)).text;
    if (param.kind === 'struct') return this.choice.pick(scope.structs.filter((object) => object.type === param.type)).text;
    if (param.kind === 'struct-pointer') {
      const objects = scope.structs.filter((object) => object.type === param.type && object.writable && object.root !== null);
      return `&${this.choice.pick(objects).text}`;
    }
    const places = scope.places.filter((place) => place.addressable && place.writable && place.type === param.type);
    return `&${this.choice.pick(places).text()}`;
  }

  callOf(scope: Scope, depth: number, fn: GeneratedFunction): Value {
    const args = fn.params.map((param) => this.argument(scope, depth, param));
    const text = `${fn.name}(${args.join(', ')})`;
    if (!isStruct(fn.returns)) return ranged(text, fn.returns);
    const fields = fn.returns.fields.filter((field) => field.struct === null && field.length === null);
    const [field] = fields.length > 0 ? [this.choice.pick(fields)] : [];
    if (field === undefined) return ranged(`((void)${text}, 3)`, INT, 3n, 3n);
    return this.read({
      type: field.type,
      bits: field.bits,
      text: () => `${text}.${field.name}`,
      root: null,
      writable: false,
      addressable: false,
    });
  }
}

const LLONG_NAME = 'long long';

/** Bounds of an exact result, or null where only the type bounds it. */
function boundsOf(op: string, a: Value, b: Value): readonly [bigint, bigint] | null {
  switch (op) {
    case '+':
      return [a.low + b.low, a.high + b.high];
    case '-':
      return [a.low - b.high, a.high - b.low];
    case '*': {
      const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
      return [min(...corners), max(...corners)];
    }
    case '&':
      if (a.low >= 0n && b.low >= 0n) return [0n, min(a.high, b.high)];
      return a.low >= 0n ? [0n, a.high] : b.low >= 0n ? [0n, b.high] : null;
    default: {
      if (a.low < 0n || b.low < 0n) return null;
      const bits = max(a.high, b.high).toString(2).length;
      return [0n, (1n << BigInt(bits)) - 1n];
    }
  }
}
