// Traffic: when the next packet of a flow comes and what it looks like. Each flow has its own random stream and its own
// words in host memory. Knows nothing of queues or devices beyond an index.

import { nextExponential } from '../base/exponential.ts';
import { PRNG_STATE_WORDS, type RandomStream, seedStream } from '../base/prng.ts';
import { parseRate, parseSize, parseTime } from '../base/quantity.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import { type PacketPool, SKB } from '../tc/packet.ts';
import type { RunMemory } from '../vm/memory.ts';
import type { ScenarioFlow } from './scenario.ts';

const ETHERNET = 14;
const IPV4 = 20;
const UDP = 17;
const TCP = 6;

/** floor(bits * 1e9 / rate) for bits below 2^53 and rates below 2.8e11, exactly and without bigints. */
export function exactNs(bits: number, rate: number): number {
  const seconds = Math.floor(bits / rate);
  const rest = bits - seconds * rate;
  const coarse = Math.floor((rest * 31_250) / rate);
  return seconds * NS_PER_SECOND + coarse * 32_000 + Math.floor(((rest * 31_250 - coarse * rate) * 32_000) / rate);
}

export class TrafficSource {
  readonly index: number;
  readonly name: string;
  readonly device: number;
  private readonly flow: ScenarioFlow;
  private readonly sizes: readonly number[];
  private readonly rate: number;
  private readonly start: number;
  private readonly stop: number;
  private readonly interval: number;
  /** Nanoseconds from packet to packet where the flow says so; 0 where its rate does. */
  private readonly fixedGap: number;
  private readonly spacing: number;
  private readonly random: RandomStream;
  /** [0] packets sent. */
  private readonly words: Int32Array;
  /** [0] bits sent, [1] next departure time. */
  private readonly doubles: Float64Array;

  constructor(memory: RunMemory, index: number, device: number, flow: ScenarioFlow, seed: number) {
    this.index = index;
    this.name = flow.name;
    this.device = device;
    this.flow = flow;
    this.sizes = [flow.size].flat().map((text) => parseSize(text) ?? 0);
    this.rate = parseRate(flow.rate ?? '1bit') ?? 1;
    this.start = parseTime(flow.start ?? '0ns') ?? 0;
    this.stop = flow.stop === undefined ? Number.POSITIVE_INFINITY : (parseTime(flow.stop) ?? 0);
    this.fixedGap = parseTime(flow.gap ?? '0ns') ?? 0;
    this.interval = parseTime(flow.interval ?? '0ns') ?? 0;
    this.spacing = flow.tstamp === undefined ? 0 : (parseRate(flow.tstamp) ?? 0);
    this.words = memory.hostInt32(2);
    this.doubles = memory.hostFloat64(2);
    this.random = { state: memory.hostInt32(PRNG_STATE_WORDS), at: 0 };
    seedStream(this.random, seed, `flow:${flow.name}`);
  }

  /** Bytes of host memory a source needs. */
  static readonly BYTES = 64;

  /** Time of the first packet, or infinity when there is none. */
  first(): number {
    const at = this.flow.kind === 'poisson' ? this.start + this.gap() : this.start;
    return at < this.stop ? at : Number.POSITIVE_INFINITY;
  }

  private size(): number {
    return this.sizes[(this.words[0] ?? 0) % this.sizes.length] ?? 0;
  }

  private gap(): number {
    return nextExponential(this.random, this.fixedGap > 0 ? this.fixedGap : (this.size() * 8 * NS_PER_SECOND) / this.rate);
  }

  /** Bytes of the packet due now. */
  length(): number {
    return this.size();
  }

  /** Fills in a packet that comes now: header bytes and the fields of `__sk_buff`. */
  fill(memory: RunMemory, packets: PacketPool, slot: number, now: number, ifindex: number): void {
    const { flow } = this;
    const length = packets.length[slot] ?? 0;
    packets.setField(slot, SKB.pktType, 4);
    packets.setField(slot, SKB.mark, flow.mark ?? 0);
    packets.setField(slot, SKB.priority, flow.prio ?? 0);
    packets.setField(slot, SKB.protocol, 0x0008);
    packets.setField(slot, SKB.ifindex, ifindex);
    packets.setField(slot, SKB.hash, this.hash());
    if (this.spacing > 0) {
      const time = Math.max(now, this.doubles[1] ?? 0);
      this.doubles[1] = time + exactNs(length * 8, this.spacing);
      packets.setField(slot, SKB.tstamp, (time % 4294967296) | 0);
      packets.setField(slot, SKB.tstamp + 4, Math.floor(time / 4294967296));
    }
    this.writeHeaders(memory, packets.headers(slot), length);
  }

  /** What skb_get_hash would give: fixed for a flow, well spread over flows. */
  private hash(): number {
    let h = Math.imul(this.index + 1, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
    return h ^ (h >>> 13);
  }

  private writeHeaders(memory: RunMemory, at: number, length: number): void {
    const { view } = memory;
    const { flow, index } = this;
    const tcp = flow.protocol === 'tcp';
    view.setUint16(at, 0x0200);
    view.setUint32(at + 2, index + 1);
    view.setUint16(at + 6, 0x0200);
    view.setUint32(at + 8, 0x01000000 + index);
    view.setUint16(at + 12, 0x0800);
    const ip = at + ETHERNET;
    view.setUint8(ip, 0x45);
    view.setUint8(ip + 1, ((flow.dscp ?? 0) << 2) | (flow.ect ?? 0));
    view.setUint16(ip + 2, length - ETHERNET);
    view.setUint16(ip + 4, (this.words[0] ?? 0) & 0xffff);
    view.setUint16(ip + 6, 0x4000);
    view.setUint8(ip + 8, 64);
    view.setUint8(ip + 9, tcp ? TCP : UDP);
    view.setUint32(ip + 12, 0x0a000001 + (index << 8));
    view.setUint32(ip + 16, 0x0a010001);
    let sum = 0;
    for (let i = 0; i < IPV4; i += 2) if (i !== 10) sum += view.getUint16(ip + i);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(ip + 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
    const transport = ip + IPV4;
    view.setUint16(transport, 10_000 + index);
    view.setUint16(transport + 2, 5_000 + index);
    if (tcp) {
      view.setUint32(transport + 4, Math.floor((this.doubles[0] ?? 0) / 8) >>> 0);
      view.setUint8(transport + 12, 0x50);
      view.setUint8(transport + 13, 0x10);
      view.setUint16(transport + 14, 0xffff);
    } else view.setUint16(transport + 4, length - ETHERNET - IPV4);
  }

  /** Counts the packet that came at `now` and gives the time of the next, or infinity. */
  next(now: number): number {
    const sizeNow = this.size();
    this.words[0] = (this.words[0] ?? 0) + 1;
    this.doubles[0] = (this.doubles[0] ?? 0) + sizeNow * 8;
    const at = this.after(now);
    return at < this.stop ? at : Number.POSITIVE_INFINITY;
  }

  private after(now: number): number {
    switch (this.flow.kind) {
      case 'constant':
        if (this.fixedGap > 0) return this.start + (this.words[0] ?? 0) * this.fixedGap;
        return this.start + exactNs(this.doubles[0] ?? 0, this.rate);
      case 'poisson':
        return now + this.gap();
      case 'burst': {
        const sent = this.words[0] ?? 0;
        return this.start + Math.floor(sent / (this.flow.count ?? 1)) * this.interval;
      }
    }
  }
}
