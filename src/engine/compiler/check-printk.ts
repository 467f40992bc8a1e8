// Formats of bpf_printk against the values behind them (kernel/bpf/helpers.c, bpf_bprintf_prepare). Knows nothing of how a call
// is made.

import { sizeOf } from '../abi/ctype.ts';
import { constantOf } from './constant.ts';
import type { Checker } from './scope.ts';
import type { Place } from './token.ts';
import type { TExpr } from './tree.ts';
import { isInteger, typeText } from './types.ts';

/** bpf_trace_printk. */
export const PRINTK_ID = 6;
const CONVERSION = /%(%|[-+ #0]*\d*(?:\.\d+)?(?:(ll?|z)?([diuxX])|p(?:[kK]s?|us|ks|B|i4|I4|i6|I6)?|s|c)|.?)/g;

interface Conversion {
  readonly text: string;
  /** Bytes of an integer conversion; null for others. */
  readonly bytes: number | null;
  readonly known: boolean;
}

/** `args` are all arguments of the call: format, its size, values. */
export function checkPrintk(c: Checker, args: readonly TExpr[], place: Place): void {
  const format = textOf(args[0]);
  if (format === null) return;
  const conversions = [...format.matchAll(CONVERSION)].flatMap((match): Conversion[] => {
    const [text, body, length, kind] = match;
    if (body === '%') return [];
    const known = /[diuxXpsckKBI46]$/.test(text);
    return [{ text, known, bytes: kind === undefined ? null : length === undefined ? 4 : 8 }];
  });
  const values = args.slice(2);
  for (const { text, known } of conversions) if (!known) c.report('printk-conversion', place, [text]);
  if (conversions.length !== values.length) {
    c.report('printk-arguments', place, [String(conversions.length), String(values.length)]);
    return;
  }
  conversions.forEach(({ text, bytes }, i) => {
    const value = values[i];
    if (value === undefined || bytes === null || !isInteger(value.type)) return;
    const size = Math.max(4, sizeOf(value.type));
    if (size > bytes) c.report('printk-type', value.place, [text, String(bytes), typeText(value.type)]);
  });
}

/** Text of a format: a string literal, or an array of characters that never changes. */
function textOf(format: TExpr | undefined): string | null {
  let value = format;
  while (value?.kind === 'convert') value = value.value;
  if (value?.kind !== 'address' || value.object.kind !== 'global') return null;
  const bytes: number[] = [];
  for (const item of value.object.variable.init?.items ?? []) {
    const byte = constantOf(item.value)?.value;
    if (byte === undefined) return null;
    if (byte === 0n) break;
    bytes.push(Number(BigInt.asUintN(8, byte)));
  }
  return bytes.length === 0 ? null : String.fromCharCode(...bytes);
}
