// What a pointer of a program leads to, as text: a packet, an entry of a map, a global variable, the context, the stack. Reads, never writes.
// Knows nothing of variables.

import { ArrayMap } from '../maps/array-map.ts';
import { HashMap } from '../maps/hash-map.ts';
import { MAP_HANDLE_BASE, type RunMap } from '../maps/map.ts';
import { HEADER_BYTES, type PacketPool } from '../tc/packet.ts';
import { FRAME_BYTES } from '../vm/machine.ts';
import type { MachineMoment } from './execution.ts';
import type { Experiment } from './experiment.ts';

/** An instruction of a program of a qdisc: what the debugger looks at. */
export interface WatchScene {
  readonly machine: MachineMoment;
  readonly experiment: Experiment;
  readonly qdisc: number;
}

const beyond = (offset: number): string => (offset === 0 ? '' : ` + ${offset}`);

/** What stands at an address, or null when that is nothing with a name. */
function nameOf(address: number, { machine, experiment, qdisc }: WatchScene): string | null {
  const instance = experiment.instances[qdisc];
  if (instance === undefined) return null;
  if (address === instance.qdisc.contextAddress) return 'the context';
  const { from, to } = experiment.stack;
  if (address >= from && address <= to) {
    const frame = machine.frames.findIndex(({ framePointer }) => address <= framePointer && address > framePointer - FRAME_BYTES);
    const below = (machine.frames[frame]?.framePointer ?? address) - address;
    return frame < 0 ? 'stack' : `stack${frame === 0 ? '' : ` of call ${frame}`} fp-${below}`;
  }
  const packet = packetAt(address, experiment.packets);
  if (packet !== null) return packet;
  for (const map of instance.maps.all) {
    const name = entryAt(address, map);
    if (name !== null) return name;
  }
  return null;
}

function packetAt(address: number, packets: PacketPool): string | null {
  const stride = packets.address(1) - packets.address(0);
  const slot = Math.floor((address - packets.address(0)) / stride);
  if (slot < 0 || slot >= packets.capacity) return null;
  const offset = address - packets.address(slot);
  const name = packets.alive(slot) ? `packet #${packets.id[slot]}` : 'a packet that is gone';
  const intoHeaders = address - packets.headers(slot);
  if (intoHeaders >= 0) return intoHeaders <= HEADER_BYTES ? `${name}, byte ${intoHeaders}` : null;
  return `${name}${beyond(offset)}`;
}

function entryAt(address: number, map: RunMap): string | null {
  const { definition } = map;
  if (address === MAP_HANDLE_BASE + map.index) return `map ${definition.name}`;
  if (map instanceof ArrayMap) {
    const offset = address - map.values;
    if (offset < 0 || offset >= map.stride * definition.maxEntries) return null;
    if (definition.data === null) return `${definition.name}[${Math.floor(offset / map.stride)}]${beyond(offset % map.stride)}`;
    const variable = definition.data.variables.findLast((item) => item.offset <= offset && offset < item.offset + item.size);
    return variable === undefined ? `${definition.name}${beyond(offset)}` : `${variable.name}${beyond(offset - variable.offset)}`;
  }
  if (!(map instanceof HashMap)) return null;
  let found: string | null = null;
  map.walk(({ valueAddress }) => {
    if (address < valueAddress || address >= valueAddress + definition.valueSize) return true;
    found = `an entry of ${definition.name}${beyond(address - valueAddress)}`;
    return false;
  });
  return found;
}

/** `0x1f40 → flows[3]`, `NULL`. */
export function pointerText(address: bigint, scene: WatchScene): string {
  if (address === 0n) return 'NULL';
  const bare = `0x${address.toString(16)}`;
  const name = address <= BigInt(scene.experiment.memory.programLimit) ? nameOf(Number(address), scene) : null;
  return name === null ? bare : `${bare} → ${name}`;
}
