// The header that csmith's programs include, in our words: integer types, arithmetic that is defined for all operands (an
// operation that C leaves undefined gives its first operand), a checksum over the globals, and `test` instead of `main`. Both
// the compiler under test and the native ones read this text.

const WIDTHS = [8, 16, 32, 64] as const;
const BASE: Readonly<Record<number, string>> = { 8: 'char', 16: 'short', 32: 'int', 64: 'long' };

const typedefs = WIDTHS.map(
  (bits) => `typedef signed ${BASE[bits]} int${bits}_t;\ntypedef unsigned ${BASE[bits]} uint${bits}_t;`,
).join('\n');

const limits = WIDTHS.map((bits) => {
  const max = (1n << BigInt(bits - 1)) - 1n;
  const suffix = bits === 64 ? 'L' : '';
  return `#define INT${bits}_MAX ${max}${suffix}\n#define INT${bits}_MIN (-${max}${suffix} - 1)\n#define UINT${bits}_MAX ${(1n << BigInt(bits)) - 1n}U${suffix}`;
}).join('\n');

/** `static T safe_OP_func_T_…(params) { return ok ? result : first; }` */
const fn = (type: string, name: string, params: string, ok: string, result: string): string =>
  `static ${type} ${name}(${params}) { return ${ok === '' ? `(${type})(${result})` : `${ok} ? (${type})(${result}) : a`}; }`;

function signedFunctions(bits: number): string[] {
  const t = `int${bits}_t`;
  const u = `uint${bits}_t`;
  const two = `${t} a, ${t} b`;
  const name = (op: string): string => `safe_${op}_func_${t}_s_s`;
  // Narrow types are computed in int; wide ones are checked first.
  const checked = (builtin: string, op: string): string => {
    const wrapped = bits < 32 ? `a ${op} b` : `(${u})a ${op} (${u})b`;
    return `static ${t} ${name(builtin)}(${two}) { return (${t})(${wrapped}); }`;
  };
  return [
    fn(t, `safe_unary_minus_func_${t}_s`, `${t} a`, `a != INT${bits}_MIN`, '-a'),
    checked('add', '+'),
    checked('sub', '-'),
    checked('mul', '*'),
    fn(t, name('mod'), two, `b != 0 && !(a == INT${bits}_MIN && b == -1)`, 'a % b'),
    fn(t, name('div'), two, `b != 0 && !(a == INT${bits}_MIN && b == -1)`, 'a / b'),
    ...shifts(t, 's', bits),
  ];
}

function shifts(t: string, sign: 's' | 'u', bits: number): string[] {
  const lanes = Math.max(32, bits);
  return (['s', 'u'] as const).flatMap((of) => {
    const count = of === 's' ? 'int b' : 'unsigned int b';
    const fits = of === 's' ? `b >= 0 && b < ${lanes}` : `b < ${lanes}`;
    const left = sign === 's' ? `${fits} && a >= 0 && a <= (INT${lanes}_MAX >> b)` : fits;
    const operand = sign === 'u' && bits < 32 ? '(uint32_t)a' : 'a';
    const right = sign === 's' ? `${fits} && a >= 0` : fits;
    return [
      fn(t, `safe_lshift_func_${t}_${sign}_${of}`, `${t} a, ${count}`, left, `${operand} << b`),
      fn(t, `safe_rshift_func_${t}_${sign}_${of}`, `${t} a, ${count}`, right, 'a >> b'),
    ];
  });
}

function unsignedFunctions(bits: number): string[] {
  const t = `uint${bits}_t`;
  const two = `${t} a, ${t} b`;
  const name = (op: string): string => `safe_${op}_func_${t}_u_u`;
  const wide = bits < 32 ? '(uint32_t)a' : 'a';
  return [
    fn(t, `safe_unary_minus_func_${t}_u`, `${t} a`, '', `-${wide}`),
    fn(t, name('add'), two, '', `${wide} + b`),
    fn(t, name('sub'), two, '', `${wide} - b`),
    fn(t, name('mul'), two, '', `${wide} * b`),
    fn(t, name('mod'), two, 'b != 0', 'a % b'),
    fn(t, name('div'), two, 'b != 0', 'a / b'),
    ...shifts(t, 'u', bits),
  ];
}

/** Text of csmith.h. */
export const CSMITH_HEADER = `#pragma once
${typedefs}
typedef unsigned long size_t;
${limits}
${WIDTHS.flatMap((bits) => [...signedFunctions(bits), ...unsignedFunctions(bits)]).join('\n')}
static uint64_t crc32_context = 1469598103934665603UL;
static uint64_t csmith_result;
static void transparent_crc(uint64_t value, const char *name, int flag)
{
	(void)name, (void)flag;
	crc32_context = (crc32_context ^ value) * 0x100000001b3UL;
	crc32_context ^= crc32_context >> 29;
}
static void transparent_crc_bytes(char *from, int count, const char *name, int flag)
{
	for (int i = 0; i < count; i++)
		transparent_crc((uint8_t)from[i], name, flag);
}
#define platform_main_begin() ((void)0)
#define crc32_gentab() ((void)0)
#define platform_main_end(crc, flag) (csmith_result = crc32_context)
#define main csmith_main
static int csmith_main(void);
unsigned long long test(void)
{
	csmith_main();
	return csmith_result;
}
`;

/** Options that keep csmith to what a BPF program can be. */
export const CSMITH_OPTIONS = (
  '--no-argc --no-float --max-funcs 4 --max-block-size 3 --max-block-depth 3 --max-expr-complexity 5 --max-array-dim 2 ' +
  '--max-array-len-per-dim 3 --max-pointer-depth 2 --max-struct-fields 5 --max-union-fields 3 --concise --no-packed-struct'
).split(' ');
