// The maps of one attached qdisc: created from its object's definitions, in the object's order. Knows nothing of programs.

import { mapTypeOf } from '../abi/map-types.ts';
import { ArrayMap } from '../maps/array-map.ts';
import { creationError } from '../maps/creation.ts';
import { HashMap } from '../maps/hash-map.ts';
import type { RunMap } from '../maps/map.ts';
import { SkbMap } from '../maps/skb-map.ts';
import { EVENT } from '../trace/event.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { RunMemory } from '../vm/memory.ts';
import type { AttachableProgram } from './attachable-program.ts';
import type { PacketPool } from './packet.ts';

export interface QdiscMaps {
  /** In the object's order. */
  readonly all: readonly RunMap[];
  /** By number in the log. */
  readonly skbMaps: ReadonlyMap<number, SkbMap>;
}

/** What the maps of a program need, and why some cannot be created. */
export function mapBytes(program: AttachableProgram): {
  host: number;
  program: number;
  packets: number;
  problems: readonly string[];
} {
  const needs = { host: 0, program: 0, packets: 0, problems: [] as string[] };
  for (const map of program.maps) {
    const error = creationError(map, program.profile.skbMapLimit);
    if (error !== null) {
      needs.problems.push(`map ${map.name} cannot be created (${error.errno}): ${error.reason}`);
      continue;
    }
    switch (mapTypeOf(map.type)?.name) {
      case 'skbmap':
        needs.host += 64;
        needs.program += 64;
        needs.packets += map.maxEntries;
        break;
      case 'hash': {
        const bytes = HashMap.bytes(map);
        needs.host += bytes.host;
        needs.program += bytes.program;
        break;
      }
      default:
        needs.program += ArrayMap.bytes(map);
    }
  }
  return needs;
}

/** Creates them; the caller has seen to it that {@link mapBytes} found no problem. The first gets the number `first`. */
export function createMaps(
  memory: RunMemory,
  packets: PacketPool,
  recorder: Recorder,
  program: AttachableProgram,
  first: number,
): QdiscMaps {
  const skbMaps = new Map<number, SkbMap>();
  const { quirks } = program;
  const all = program.maps.map((definition, position): RunMap => {
    const index = first + position;
    switch (mapTypeOf(definition.type)?.name) {
      case 'skbmap': {
        const posted = { topmostFirst: quirks.has('Q1'), leakyCounter: quirks.has('Q2'), brokenWalk: quirks.has('Q23') };
        const map = new SkbMap(memory, index, definition, packets, posted, (change, slot, argument) =>
          recorder.record(EVENT.TREE, packets.id[slot] ?? 0, index, change, slot, argument),
        );
        skbMaps.set(index, map);
        return map;
      }
      case 'hash':
        return new HashMap(memory, index, definition);
      default:
        return new ArrayMap(memory, index, definition);
    }
  });
  return { all, skbMaps };
}
