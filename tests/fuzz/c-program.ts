// Random C programs in the subset of the compiler: types, globals, functions, and `test`, which runs some statements and gives a
// checksum over everything. A seed gives a program, byte for byte. They are valid C11 with GNU extensions, have no undefined
// behaviour and always end, so that every compiler must find the same checksum.

import type { ArrayObject, Field, GeneratedFunction, Parameter, Place, Scope, StructObject, StructType } from './c-scope.ts';
import { placesOf } from './c-scope.ts';
import { Statements } from './c-statements.ts';
import {
  ALL,
  BOOL,
  CHAR,
  highest,
  INT,
  type IntType,
  LONG,
  literal,
  lowest,
  PLAIN,
  SCHAR,
  SHORT,
  UCHAR,
  UINT,
  ULONG,
  USHORT,
} from './c-types.ts';
import { Choice } from './random-choice.ts';

const BIT_FIELD_TYPES = [INT, UINT, UINT, SHORT, USHORT, SCHAR, UCHAR, ULONG, LONG, BOOL];
/** Statements that one run of `test` executes at most. */
const BUDGET = 3000;
const CALL_BUDGET = 120;

/** The program of a seed. `prefix` goes in front of every name of file scope, so that several fit into one file. */
export function generateProgram(seed: number, prefix = ''): string {
  return new ProgramGenerator(seed, prefix).run();
}

class ProgramGenerator {
  private readonly choice: Choice;
  private readonly prefix: string;
  private readonly lines: string[] = [];
  private readonly structs: StructType[] = [];
  private readonly functions: GeneratedFunction[] = [];
  private readonly places: Place[] = [];
  private readonly arrays: ArrayObject[] = [];
  private readonly objects: StructObject[] = [];
  private readonly sums: string[] = [];
  private names = 0;

  constructor(seed: number, prefix: string) {
    this.choice = new Choice(seed, 'c-program');
    this.prefix = prefix;
  }

  run(): string {
    for (let i = this.choice.between(1, 3); i > 0; i--) this.structType();
    if (this.choice.chance(60)) this.unionType();
    this.enumeration();
    for (let i = this.choice.between(3, 7); i > 0; i--) this.global();
    this.lines.push(
      `static unsigned long ${this.prefix}mix(unsigned long h, unsigned long v)`,
      '{',
      '\th = (h ^ v) * 0x100000001b3UL;',
      '\treturn h ^ (h >> 29);',
      '}',
    );
    for (let i = this.choice.between(1, 4); i > 0; i--) this.function();
    this.test();
    return `${this.lines.join('\n')}\n`;
  }

  private name(kind: string): string {
    return `${this.prefix}${kind}${this.names++}`;
  }

  private structType(): void {
    const packed = this.choice.chance(20);
    const fields: Field[] = [];
    let bytes = 8;
    for (let i = this.choice.between(1, 6); i > 0; i--) {
      const field = this.field(`m${i}`);
      fields.push(field);
      bytes += field.struct?.bytes ?? 8 * (field.length ?? 1);
    }
    const name = `struct ${this.name('s')}`;
    const text = fields.map(
      (field) => `\t${declaration(field)}${this.choice.chance(5) && field.bits === null ? ' __attribute__((aligned(8)))' : ''};`,
    );
    this.lines.push(`${name} {`, ...text, `}${packed ? ' __attribute__((packed))' : ''};`);
    const hasBool = fields.some((field) => field.type.bool || field.struct?.hasBool === true);
    this.structs.push({ name, union: false, packed, fields, bytes, hasBool });
  }

  private field(name: string): Field {
    const type = this.choice.pick(ALL);
    const plain = { name, type, bits: null, length: null, struct: null };
    if (this.choice.chance(30)) {
      const base = this.choice.pick(BIT_FIELD_TYPES);
      return { ...plain, type: base, bits: this.choice.between(1, base.bits) };
    }
    if (this.choice.chance(12)) return { ...plain, type: this.choice.pick(PLAIN), length: this.choice.pick([2, 4]) };
    const small = this.structs.filter((struct) => struct.bytes <= 40 && !struct.union);
    if (this.choice.chance(15) && small.length > 0) return { ...plain, struct: this.choice.pick(small) };
    return plain;
  }

  /** A union of equally large members, so that writing one writes them all. */
  private unionType(): void {
    const name = `union ${this.name('u')}`;
    const plain = { bits: null, length: null, struct: null };
    const fields: Field[] = [
      { ...plain, name: 'w', type: this.choice.pick([ULONG, LONG]) },
      { ...plain, name: 'h', type: this.choice.pick([UINT, INT]), length: 2 },
      { ...plain, name: 'q', type: this.choice.pick([USHORT, SHORT]), length: 4 },
      { ...plain, name: 'b', type: this.choice.pick([UCHAR, CHAR]), length: 8 },
    ];
    this.lines.push(`${name} {`, ...fields.map((field) => `\t${declaration(field)};`), '};');
    this.structs.push({ name, union: true, packed: false, fields, bytes: 8, hasBool: false });
  }

  private enumeration(): void {
    const first = this.name('E');
    const second = this.name('E');
    this.lines.push(`enum { ${first} = ${this.choice.between(-100, 100)}, ${second} };`);
    for (const name of [first, second])
      this.places.push({ type: INT, bits: null, text: () => name, root: name, writable: false, addressable: false });
  }

  private constant(type: IntType): string {
    const low = lowest(type);
    const span = highest(type) - low + 1n;
    const value =
      this.choice.chance(60) || span < 256n
        ? low + ((BigInt(this.choice.below(256)) + span / 2n) % span)
        : low + (((BigInt(this.choice.below(4294967296)) << 32n) | BigInt(this.choice.below(4294967296))) % span);
    return literal(value, type).text;
  }

  private global(): void {
    const kind = this.choice.below(10);
    if (kind < 2) return this.structGlobal();
    if (kind < 5) return this.arrayGlobal();
    const type = this.choice.pick(ALL);
    const name = this.name('g');
    const isVolatile = this.choice.chance(12);
    const init = this.choice.chance(75) ? ` = ${this.constant(type)}` : '';
    this.lines.push(`static ${isVolatile ? 'volatile ' : ''}${type.name} ${name}${init};`);
    this.places.push({ type, bits: null, text: () => name, root: name, writable: true, addressable: !isVolatile });
    this.sums.push(`h = ${this.prefix}mix(h, ${name});`);
  }

  private arrayGlobal(): void {
    const type = this.choice.pick(PLAIN);
    const name = this.name('a');
    const length = this.choice.pick([2, 4, 8, 16]);
    const isConst = this.choice.chance(25);
    if (this.choice.chance(25)) {
      // An array of arrays: its rows are arrays.
      const rows = this.choice.pick([2, 4]);
      const row = (): string => `{ ${Array.from({ length: this.choice.between(1, 4) }, () => this.constant(type)).join(', ')} }`;
      this.lines.push(`static ${type.name} ${name}[${rows}][4] = { ${Array.from({ length: rows }, row).join(', ')} };`);
      for (let at = 0; at < rows; at++) this.arrays.push({ name: `${name}[${at}]`, type, length: 4, writable: true });
      this.sums.push(`for (int i = 0; i < ${rows * 4}; i++) h = ${this.prefix}mix(h, ${name}[i / 4][i % 4]);`);
      return;
    }
    const values = Array.from({ length: this.choice.between(1, length) }, () => this.constant(type));
    if (this.choice.chance(30)) values[0] = `[0 ... ${this.choice.below(2)}] = ${values[0]}`;
    if (values.length > 2) values.length = Math.min(values.length, length - 1);
    const init = isConst || this.choice.chance(70) ? ` = { ${values.join(', ')} }` : '';
    this.lines.push(`static ${isConst ? 'const ' : ''}${type.name} ${name}[${length}]${init};`);
    this.arrays.push({ name, type, length, writable: !isConst });
    if (!isConst) this.sums.push(`for (int i = 0; i < ${length}; i++) h = ${this.prefix}mix(h, ${name}[i]);`);
  }

  private structGlobal(): void {
    const type = this.choice.pick(this.structs);
    const name = this.name('g');
    const length = this.choice.chance(30) ? this.choice.pick([2, 4]) : null;
    const init = this.choice.chance(60)
      ? ` = ${length === null ? this.initialiser(type) : `{ ${this.initialiser(type)}, ${this.initialiser(type)} }`}`
      : '';
    this.lines.push(`static ${type.name} ${name}${length === null ? '' : `[${length}]`}${init};`);
    for (let at = 0; at < (length ?? 1); at++)
      this.objects.push({
        text: length === null ? name : `${name}[${at}]`,
        type,
        writable: true,
        root: length === null ? name : `${name}[${at}]`,
      });
    const text = length === null ? name : `${name}[i]`;
    let inner = 0;
    const places = placesOf({ text, type, writable: true, root: name }, (below) => String(inner++ % below));
    const sums = places.map((place) => `h = ${this.prefix}mix(h, ${place.text()});`);
    this.sums.push(
      ...(length === null ? sums : [`for (int i = 0; i < ${length}; i++) {`, ...sums.map((sum) => `\t${sum}`), '}']),
    );
  }

  private initialiser(type: StructType): string {
    const fields = type.union ? type.fields.slice(0, 1) : type.fields;
    const items = fields.flatMap((field) => {
      if (!type.union && this.choice.chance(25)) return [];
      const head = `.${field.name} = `;
      if (field.struct !== null) return [head + this.initialiser(field.struct)];
      if (field.length !== null) return [`${head}{ ${this.constant(field.type)} }`];
      if (field.bits === null) return [head + this.constant(field.type)];
      return [head + this.constant({ ...field.type, bits: Math.min(field.bits, field.type.bits) })];
    });
    return items.length === 0 ? '{}' : `{ ${items.join(', ')} }`;
  }

  private statementsFor(): Statements {
    let local = 0;
    return new Statements(this.choice, {
      prefix: this.prefix,
      structs: this.structs,
      functions: this.functions,
      fresh: () => `v${local++}`,
    });
  }

  private function(): void {
    const pure = this.choice.chance(55);
    const returns = this.choice.chance(15) ? this.choice.pick(this.structs) : this.choice.pick(ALL);
    const params = Array.from(
      {
        length: this.choice.weighted([
          [20, 0],
          [25, 1],
          [30, 2],
          [10, 3],
          [10, 4],
          [5, 6],
        ]),
      },
      (_, at) => this.parameter(`p${at}`, pure),
    );
    const name = this.name('f');
    const hint = this.choice.weighted([
      [40, ''],
      [35, '__attribute__((noinline)) '],
      [15, 'inline '],
      [10, 'inline __attribute__((always_inline)) '],
    ]);
    const scope = this.scopeOf(params, pure);
    const statements = this.statementsFor();
    const cost = statements.body(scope, returns, this.choice.between(1, 4), CALL_BUDGET, pure);
    const list = params.map(parameterText).join(', ') || 'void';
    this.lines.push(`static ${hint}${returns.name} ${name}(${list})`, '{', ...statements.lines, '}');
    this.functions.push({ name, returns, params, pure, cost });
  }

  private parameter(name: string, pure: boolean): Parameter {
    const kind = this.choice.weighted([
      [70, 'value'],
      [12, 'struct'],
      [12, 'pointer'],
      [8, 'struct-pointer'],
    ] as const);
    if (kind === 'struct') return { kind, type: this.choice.pick(this.structs), name };
    if (kind === 'pointer' && !pure) return { kind, type: this.choice.pick([...ALL]), name };
    if (kind === 'struct-pointer' && !pure) return { kind, type: this.choice.pick(this.structs), name };
    return { kind: 'value', type: this.choice.pick(ALL), name };
  }

  /** Globals and parameters; a pure function writes only the latter. */
  private scopeOf(params: readonly Parameter[], pure: boolean): Scope {
    const places = this.places.map((place) => ({ ...place, writable: place.writable && !pure }));
    const arrays = this.arrays.map((array) => ({ ...array, writable: array.writable && !pure }));
    const structs = this.objects.map((object) => ({ ...object, writable: object.writable && !pure }));
    for (const param of params) {
      const { name } = param;
      if (param.kind === 'value')
        places.push({ type: param.type, bits: null, text: () => name, root: name, writable: true, addressable: true });
      else if (param.kind === 'pointer')
        places.push({ type: param.type, bits: null, text: () => `(*${name})`, root: null, writable: true, addressable: false });
      else if (param.kind === 'struct') structs.push({ text: name, type: param.type, writable: true, root: name });
      else structs.push({ text: `(*${name})`, type: param.type, writable: true, root: null });
    }
    return { places, arrays, structs };
  }

  private test(): void {
    const statements = this.statementsFor();
    const name = this.name('run');
    statements.body(this.scopeOf([], false), ULONG, this.choice.between(3, 9), BUDGET, false);
    this.lines.push(`static __attribute__((noinline)) unsigned long ${name}(void)`, '{', ...statements.lines, '}');
    this.lines.push(
      `unsigned long long ${this.prefix}test(void)`,
      '{',
      `\tunsigned long h = ${this.prefix}mix(1469598103934665603UL, ${name}());`,
      ...this.sums.map((sum) => `\t${sum}`),
      '\treturn h;',
      '}',
    );
  }
}

function declaration(field: Field): string {
  const type = field.struct?.name ?? field.type.name;
  return `${type} ${field.name}${field.length === null ? '' : `[${field.length}]`}${field.bits === null ? '' : ` : ${field.bits}`}`;
}

function parameterText(param: Parameter): string {
  return `${param.type.name} ${param.kind === 'pointer' || param.kind === 'struct-pointer' ? '*' : ''}${param.name}`;
}
