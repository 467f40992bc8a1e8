// The egress side of one device: transmit run, driver ring, wire. The model is contracts 2: after a packet is taken the driver
// holds it for floor(len * 8e9 / rate) ns, it takes `ring` packets and then stops the queue. Knows nothing of programs or
// of where packets come from.

import { type BitsPerSecond, serialisationTime } from '../base/units.ts';
import { EVENT } from '../trace/event.ts';
import type { Recorder } from '../trace/recorder.ts';
import type { RunMemory } from '../vm/memory.ts';
import { countList, Tally } from './ownership.ts';
import type { PacketPool } from './packet.ts';
import type { Qdisc } from './qdisc.ts';

/** Packets one run of the queue may take (net.core.dev_weight). */
const TRANSMIT_BUDGET = 64;

/** What a device may ask of the simulation. */
export interface DeviceServices {
  now(): number;
  /** The wire will be free at `time`. */
  scheduleTransmitDone(device: number, time: number): void;
  cancelTransmitDone(device: number): void;
  /** Run the queue again at the present time, after what is pending. */
  scheduleRun(device: number): void;
}

export interface DeviceSetup {
  readonly index: number;
  readonly name: string;
  readonly rate: BitsPerSecond;
  readonly ring: number;
  readonly memory: RunMemory;
  readonly packets: PacketPool;
  readonly recorder: Recorder;
  readonly services: DeviceServices;
  /** The qdisc with a number. */
  readonly qdisc: (index: number) => Qdisc | null;
}

export class DeviceQueue {
  readonly index: number;
  readonly setup: DeviceSetup;
  readonly tally: Tally;
  /** [0] 1 + head of the ring, [1] 1 + tail, [2] packets in ring and on the wire, [3] 1 + slot on the wire, [4] down, [5] 1 + number of the root qdisc. */
  private readonly words: Int32Array;

  constructor(setup: DeviceSetup) {
    this.index = setup.index;
    this.setup = setup;
    this.words = setup.memory.hostInt32(8);
    this.tally = new Tally(setup.memory);
  }

  /** The qdisc that packets go through, or null. */
  get root(): Qdisc | null {
    return this.setup.qdisc((this.words[5] ?? 0) - 1);
  }

  setRoot(qdisc: number): void {
    this.words[5] = qdisc + 1;
  }

  get isUp(): boolean {
    return (this.words[4] ?? 0) === 0;
  }

  /** Packets in the ring and on the wire, counted by walking. */
  countInFlight(): number {
    return countList(this.setup.packets, (this.words[0] ?? 0) - 1) + ((this.words[3] ?? 0) > 0 ? 1 : 0);
  }

  /** Runs the queue: takes packets from the root until it gives none, the driver is full, or the budget is used. */
  transmitRun(): void {
    const { root } = this;
    if (!this.isUp || root === null) return;
    const { packets, ring } = this.setup;
    for (let budget = TRANSMIT_BUDGET; (this.words[2] ?? 0) < ring; budget--) {
      if (budget === 0) {
        this.setup.services.scheduleRun(this.index);
        return;
      }
      const slot = root.dequeue();
      if (slot < 0) return;
      packets.move(slot, 'ring');
      this.words[2] = (this.words[2] ?? 0) + 1;
      packets.next[slot] = -1;
      const tail = (this.words[1] ?? 0) - 1;
      if (tail < 0) this.words[0] = slot + 1;
      else packets.next[tail] = slot;
      this.words[1] = slot + 1;
      if ((this.words[3] ?? 0) === 0) this.startWire();
    }
  }

  private startWire(): void {
    const { packets, recorder, services, rate } = this.setup;
    const slot = (this.words[0] ?? 0) - 1;
    if (slot < 0) return;
    const next = packets.next[slot] ?? -1;
    this.words[0] = next + 1;
    if (next < 0) this.words[1] = 0;
    packets.next[slot] = -1;
    packets.move(slot, 'wire');
    this.words[3] = slot + 1;
    const end = services.now() + serialisationTime(packets.length[slot] ?? 0, rate);
    recorder.record(
      EVENT.TX_START,
      packets.id[slot] ?? 0,
      this.index,
      (end % 4294967296) | 0,
      Math.floor(end / 4294967296),
      packets.flow[slot] ?? 0,
    );
    services.scheduleTransmitDone(this.index, end);
  }

  /** The wire is free: the packet has left; the driver wakes the queue. */
  transmitDone(): void {
    const { packets, recorder } = this.setup;
    const slot = (this.words[3] ?? 0) - 1;
    if (slot < 0) return;
    this.words[3] = 0;
    this.words[2] = (this.words[2] ?? 0) - 1;
    this.tally.countSent();
    recorder.record(EVENT.TX_DONE, packets.id[slot] ?? 0, this.index, 0, 0, packets.flow[slot] ?? 0);
    packets.release(slot, 'sent');
    this.startWire();
    this.transmitRun();
  }

  /** Takes the device down: what the driver holds is gone; `lose` is told each packet before its slot is freed. */
  goDown(lose: (slot: number) => void): void {
    this.words[4] = 1;
    this.setup.services.cancelTransmitDone(this.index);
    const slots: number[] = [];
    if ((this.words[3] ?? 0) > 0) slots.push((this.words[3] ?? 0) - 1);
    for (let slot = (this.words[0] ?? 0) - 1; slot >= 0; slot = this.setup.packets.next[slot] ?? -1) slots.push(slot);
    for (let i = 0; i < 4; i++) this.words[i] = 0;
    for (const slot of slots) lose(slot);
  }

  goUp(): void {
    this.words[4] = 0;
  }
}
