// A map as a person declares it, in one line: type, key, value, entries. Reads the struct that libbpf's macros make.

import { MAP_TYPES } from '../abi/map-types.ts';
import { arrayOf, pointerOf, recordOf, typeText } from '../compiler/types.ts';
import type { LanguageSymbol } from './symbol.ts';

/** `skbmap: __u64 → packet, 96 entries`; null when the symbol is no map. */
export function mapText(symbol: LanguageSymbol): string | null {
  const { thing } = symbol;
  if (thing?.kind !== 'global' || thing.section !== '.maps') return null;
  const members = recordOf(thing.type)?.members ?? [];
  const pointee = (name: string) => {
    const member = members.find((item) => item.name === name);
    return member === undefined ? null : (pointerOf(member.type)?.to ?? null);
  };
  const numberOf = (name: string): number | null => arrayOf(pointee(name) ?? thing.type)?.length ?? null;
  const type = MAP_TYPES.find(({ number }) => number === numberOf('type'))?.name ?? 'map';
  const textOf = (name: 'key' | 'value'): string | null => {
    const to = pointee(name);
    const size = numberOf(`${name}_size`);
    return to !== null ? typeText(to) : size === null ? null : `${size} bytes`;
  };
  const value = type === 'skbmap' ? 'packet' : textOf('value');
  const key = textOf('key');
  const sides = [key, value].filter((side) => side !== null).join(' → ');
  const entries = numberOf('max_entries');
  return [type, sides === '' ? '' : `: ${sides}`, entries === null ? '' : `, ${entries} entries`].join('');
}
