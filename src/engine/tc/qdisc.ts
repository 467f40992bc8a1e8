// Contract between a qdisc and what surrounds it: what it may ask for, what a device asks of it, and its counters. Knows nothing of programs.

/** NET_XMIT codes (include/linux/netdevice.h). */
export const NET_XMIT = { SUCCESS: 0, DROP: 1, CN: 2, STOLEN: 0x10000, BYPASS: 0x20000 } as const;

/** What a qdisc may ask of the simulation. */
export interface QdiscServices {
  /** Simulated time in ns. */
  now(): number;
  /** Arms the one watchdog; replaces a pending expiry. */
  armWatchdog(qdisc: number, expiry: number): void;
  cancelWatchdog(qdisc: number): void;
  /** A packet is about to leave the ledger other than by transmission. */
  packetGone(slot: number, how: 'dropped' | 'leaked' | 'consumed'): void;
  /** A packet has come into being: a segment of another. */
  packetMade(slot: number): void;
}

/** Counters as `tc -s qdisc show` has them. */
export interface QdiscStatistics {
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly dropped: number;
  readonly overlimits: number;
  readonly requeues: number;
  readonly qlen: number;
  readonly backlog: number;
}

/** What a device's transmit run needs of its root qdisc. Slots are packet slots, -1 is none. */
export interface Qdisc {
  readonly index: number;
  /** Takes a packet from the stack; returns a NET_XMIT code. */
  enqueue(slot: number): number;
  /** The held packet if there is one, else what the discipline gives; -1 for nothing now. */
  dequeue(): number;
  /** Looks at the next packet by taking it and holding it (the kernel's generic peek). */
  peek(): number;
  /** Takes back a packet the driver refused. */
  requeue(slot: number): void;
  watchdogFired(): void;
}
