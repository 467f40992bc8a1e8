// Table of event kinds: what each record of the log means and what its columns hold. The log is the only thing the page
// draws from. Data only; knows nothing of who records or reads.
//
// Columns of every record: `t` (ns, double), `kind` and `flags` (bytes), `packet` (id, 0 none) and four 32-bit integers
// a, b, c, d as listed here. 64-bit numbers take two columns, low half first.

/** flags: the record opens a step. A step is one simulated happening (an arrival, an end of transmission, a timer …) with all it causes. */
export const FLAG_STEP = 1;

export const EVENT = {
  /** A packet reached the device. a flow, b bytes, c slot (its index in tree columns), d device. */
  ARRIVAL: 1,
  /** The enqueue program ended. a qdisc, b returned value, c instructions, d index of the action in ENQUEUE_ACTIONS. */
  ENQUEUE_RUN: 2,
  /** The dequeue program ended. packet: what it gave. a qdisc, b returned value, c instructions, d index in DEQUEUE_ACTIONS. */
  DEQUEUE_RUN: 3,
  /** Push into an skb map succeeded. a map, b c key, d slot of the call in the program. */
  MAP_PUSH: 4,
  /** Pop took the packet out. a map, b c key, d slot of the call. */
  MAP_POP: 5,
  /** Delete, flush or teardown took the packet out. a map, b c key, d slot of the call or -1. */
  MAP_REMOVE: 6,
  /** Push was refused because the map is full. a map, b c key, d slot of the call. */
  MAP_FULL: 7,
  /** One elementary change of a map's red-black tree. a map, b index in TREE_CHANGES, c slot of the node, d see TREE_CHANGES rows. */
  TREE: 8,
  /** The qdisc accepted the packet. a qdisc, b qlen after, c backlog bytes after. */
  QUEUED: 9,
  /** The packet was dropped. a reason (index in DROP_REASONS), b qdisc (-1 none), c slot of the deciding instruction (-1 none), d flow. */
  DROP: 10,
  /** The qdisc handed the packet to the device. a qdisc, b qlen after, c backlog after, d flow. */
  DEQUEUED: 11,
  /** The device began to send. a device, b c end of transmission (ns). */
  TX_START: 12,
  /** The device has sent the packet. a device, d flow. */
  TX_DONE: 13,
  /** The watchdog was armed. a qdisc, b c expiry (ns). */
  WATCHDOG_SET: 14,
  WATCHDOG_FIRED: 15,
  WATCHDOG_CANCELLED: 16,
  /** a device, b 1 up or 0 down. */
  LINK: 17,
  /** bpf_printk. a qdisc, b string, c slot of the call. */
  CONSOLE: 18,
  /** A run-time fault; the packet is dropped with reason FAULT. a qdisc, b string, c slot of the instruction, d 0 enqueue or 1 dequeue. */
  FAULT: 19,
  /** Something a person should know that is no fault. a qdisc, b string, c slot or -1, d 0 enqueue or 1 dequeue. */
  WARNING: 20,
  /** The driver refused the packet; it is held in front of the qdisc. a qdisc, b qlen after, c backlog after. */
  REQUEUE: 21,
  /** Throttled or over a limit. a qdisc. */
  OVERLIMIT: 22,
  /** A line of the scenario's tc was carried out during the run. a index in `events`, b string. */
  COMMAND: 23,
  /** The packet went to a child, was consumed, or left the ledger otherwise without a drop. a place (index in PLACES). */
  MOVED: 24,
  /** The run ended. a 0 duration reached, 1 stopped by a limit; b string. */
  END: 25,
  /** The counters changed without a packet coming in or going out in the ordinary way. a qdisc, b qlen after, c backlog after. */
  BACKLOG: 26,
  /** The queue runs again because the last run used its whole budget. a device. */
  QUEUE_RUN: 27,
  /** The packet got the CE mark (RFC 3168). a qdisc, b slot of the call, c 0 enqueue or 1 dequeue. */
  MARKED: 28,
  /** A qdisc below this one dropped a packet, which this one counts too. a qdisc, b qlen after, c backlog after. */
  DROP_BELOW: 29,
  /** A large packet was cut: this segment came into being. a id of the packet it was cut from, b bytes, c slot, d flow. */
  SEGMENT: 30,
  /** A tc command was refused while the run went on. a index in `events`, b string. */
  REFUSED: 31,
} as const;
export type EventKind = (typeof EVENT)[keyof typeof EVENT];
export type EventName = keyof typeof EVENT;

/** Name of each kind, by number. */
export const EVENT_NAMES: readonly (EventName | undefined)[] = (() => {
  const names: (EventName | undefined)[] = [];
  for (const [name, kind] of Object.entries(EVENT)) names[kind] = name as EventName;
  return names;
})();

/** Column d of TREE, by change: link parent * 2 + side (-1 for the root), rotate side, paint colour, swap successor's slot, splice unused. */
export const TREE_CHANGE_ARGUMENT = ['parent * 2 + side, or -1', 'side', 'colour', 'slot of the successor', 'unused'] as const;

/** Drop reasons (contracts 3), in the order of their numbers in the log. */
export const DROP_REASONS = [
  { name: 'PROG_DROP', meaning: 'the program returned DROP' },
  { name: 'MAP_FULL', meaning: 'the program returned DROP after push said -ENOBUFS' },
  { name: 'DELETED', meaning: 'the program (or a person) deleted it from a map' },
  { name: 'LOST', meaning: 'the program said QUEUED but put the packet nowhere' },
  { name: 'NO_CHILD', meaning: 'the class has no child qdisc' },
  { name: 'DEVICE_DOWN', meaning: 'the device went down' },
  { name: 'DESTROYED', meaning: 'the qdisc was destroyed' },
  { name: 'CHANGED', meaning: 'a change of configuration threw it away' },
  { name: 'FAULT', meaning: 'the program faulted' },
  { name: 'NO_QDISC', meaning: 'the device had no qdisc or was down' },
  { name: 'QDISC_GENERIC', meaning: 'the program dropped it' },
  { name: 'QDISC_OVERLIMIT', meaning: 'the program dropped it: over a limit' },
  { name: 'QDISC_CONGESTED', meaning: 'the program dropped it: it saw congestion' },
] as const;
export type DropReason = (typeof DROP_REASONS)[number]['name'];
/** Index of a reason. */
export const dropReason = (name: DropReason): number => DROP_REASONS.findIndex((reason) => reason.name === name);

/** Places of the ledger (invariant 4), in the order of their numbers in memory and in the log. */
export const PLACES = [
  'nowhere',
  'stack',
  'program',
  'map',
  'child',
  'held',
  'ring',
  'wire',
  'sent',
  'consumed',
  'dropped',
  'leaked',
] as const;
export type Place = (typeof PLACES)[number];
