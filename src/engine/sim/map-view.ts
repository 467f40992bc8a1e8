// Contents of maps as text, decoded by their C types, for the inspector and for dumps. Reads memory, changes nothing.

import { mapTypeOf } from '../abi/map-types.ts';
import { NO_NODE } from '../base/red-black-links.ts';
import { fromHalves } from '../base/u64.ts';
import { ArrayMap } from '../maps/array-map.ts';
import type { RunMap } from '../maps/map.ts';
import { SkbMap } from '../maps/skb-map.ts';
import type { PacketPool } from '../tc/packet.ts';
import { NO_QUIRKS, type Quirks } from '../tc/quirks.ts';
import type { RunMemory } from '../vm/memory.ts';
import { valueText } from './value-text.ts';

export interface MapView {
  readonly index: number;
  readonly name: string;
  readonly type: string;
  readonly used: number;
  readonly maxEntries: number;
  readonly entries: readonly { readonly key: string; readonly value: string }[];
  readonly truncated: boolean;
}

const ENTRY_LIMIT = 512;

function skbEntries(map: SkbMap, packets: PacketPool): { key: string; value: string }[] {
  const entries: { key: string; value: string }[] = [];
  for (let slot = map.nextPacket(NO_NODE); slot !== NO_NODE && entries.length < ENTRY_LIMIT; slot = map.nextPacket(slot)) {
    const key = fromHalves(packets.keyLow[slot] ?? 0, packets.keyHigh[slot] ?? 0).toString();
    entries.push({ key, value: `packet ${packets.id[slot]}, ${packets.length[slot]} bytes, flow ${packets.flow[slot]}` });
  }
  return entries;
}

function arrayEntries(map: ArrayMap, memory: RunMemory): { key: string; value: string }[] {
  const { definition } = map;
  if (definition.data !== null) {
    return definition.data.variables.map((variable) => ({
      key: variable.name,
      value: valueText(memory, map.values + variable.offset, variable.type, variable.size),
    }));
  }
  return Array.from({ length: Math.min(definition.maxEntries, ENTRY_LIMIT) }, (_, key) => ({
    key: String(key),
    value: valueText(memory, map.valueAddress(key), definition.valueType, definition.valueSize),
  }));
}

function hashEntries(map: RunMap, memory: RunMemory): { key: string; value: string }[] {
  const { definition } = map;
  const entries: { key: string; value: string }[] = [];
  map.walk(({ keyAddress, valueAddress }) => {
    entries.push({
      key: valueText(memory, keyAddress, definition.keyType, definition.keySize),
      value: valueText(memory, valueAddress, definition.valueType, definition.valueSize),
    });
    return entries.length < ENTRY_LIMIT;
  });
  return entries;
}

/** What quirk Q8 leaves of an skb map's contents. */
const REFUSED = { key: 'refused', value: 'lookup from user space gives -ENOTSUPP (Q8)' } as const;

/** One map's contents, at most 512 entries. Data sections list their variables by name. Never writes: a look changes no state. */
export function viewMap(map: RunMap, memory: RunMemory, packets: PacketPool, quirks: Quirks = NO_QUIRKS): MapView {
  const { definition } = map;
  const type = definition.data === null ? (mapTypeOf(definition.type)?.name ?? 'unknown') : 'data';
  const open = (): { key: string; value: string }[] => {
    if (map instanceof SkbMap) return quirks.has('Q8') ? [REFUSED] : skbEntries(map, packets);
    return map instanceof ArrayMap ? arrayEntries(map, memory) : hashEntries(map, memory);
  };
  const entries = open();
  return {
    index: map.index,
    name: definition.name,
    type,
    used: map.used,
    maxEntries: definition.maxEntries,
    entries,
    truncated: definition.data === null && entries.length < map.used,
  };
}
