// bpf_trace_printk formatting (Linux bpf_bprintf_prepare, the integer and pointer conversions): memory in, text out. Knows
// nothing of consoles.

import type { Machine } from '../vm/machine.ts';

const MAX_VALUES = 3;
const MAX_FORMAT = 512;

/** Reads a NUL-terminated string of at most `limit` bytes as Latin-1; control characters become visible dots. */
export function readText(u8: Uint8Array, address: number, limit: number): string {
  let text = '';
  for (let i = 0; i < limit; i++) {
    const byte = u8[address + i] ?? 0;
    if (byte === 0) break;
    text += byte === 10 || (byte >= 32 && byte < 127) ? String.fromCharCode(byte) : '·';
  }
  return text;
}

/** The formatted line without its last newline, or null for a conversion the kernel refuses (-EINVAL). */
export function formatPrintk(machine: Machine, formatAddress: number, formatBytes: number): string | null {
  const format = readText(machine.memory.u8, formatAddress, Math.min(formatBytes, MAX_FORMAT));
  let used = 0;
  let refused = false;
  const text = format.replace(/%(%|(0?)(\d*)(ll|l|h|hh)?([diuxXpcs]))/g, (_all, percent, zero, width, length, conversion) => {
    if (percent === '%') return '%';
    if (used >= MAX_VALUES || conversion === 's') {
      refused = true;
      return '';
    }
    const register = 3 + used++;
    const low = machine.lo[register] ?? 0;
    const high = machine.hi[register] ?? 0;
    const wide = length === 'l' || length === 'll' || conversion === 'p';
    const value = wide ? (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) : BigInt(low >>> 0);
    const padded = (digits: string): string => digits.padStart(Number(width || 0), zero === '0' ? '0' : ' ');
    switch (conversion) {
      case 'd':
      case 'i':
        return padded(BigInt.asIntN(wide ? 64 : 32, value).toString());
      case 'u':
        return padded(value.toString());
      case 'x':
        return padded(value.toString(16));
      case 'X':
        return padded(value.toString(16).toUpperCase());
      case 'c':
        return String.fromCharCode(Number(value & 0x7fn));
      default:
        return `0x${value.toString(16)}`;
    }
  });
  if (refused) return null;
  return text.replace(/\n$/, '');
}
