// `tc -s qdisc show` and `tc -s class show` for a run, in iproute2's format (tc/tc_qdisc.c print_qdisc, tc/tc_class.c print_class,
// tc/tc_util.c print_tcstats2_attr). Text only; reads a run, changes nothing.

import { present } from '../base/assert.ts';
import { formatSize } from '../base/quantity.ts';
import { classidText } from '../tc/qdisc-tree.ts';
import type { Experiment } from './experiment.ts';

interface Counters {
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly dropped: number;
  readonly overlimits: number;
  readonly requeues: number;
  readonly qlen: number;
  readonly backlog: number;
}

const counterLines = (s: Counters): string[] => [
  ` Sent ${s.sentBytes} bytes ${s.sentPackets} pkt (dropped ${s.dropped}, overlimits ${s.overlimits} requeues ${s.requeues})`,
  ` backlog ${formatSize(s.backlog)} ${s.qlen}p requeues ${s.requeues}`,
];

/** The id of a class by its place in the table. */
function classid(experiment: Experiment, slot: number): string {
  const { classes } = experiment.tree;
  const { handle } = present(experiment.instances[classes.qdiscOf(slot)], 'qdisc of a class').qdisc.setup;
  return classidText((handle | classes.minorOf(slot)) >>> 0);
}

/** Lines for every qdisc that is attached now: each root, then what hangs below it, by number. */
export function showQdiscs(experiment: Experiment): string[] {
  const lines: string[] = [];
  const { tree } = experiment;
  for (const device of experiment.devices) {
    const { root } = device;
    if (root === null) {
      lines.push(`qdisc noop 0: dev ${device.setup.name} root refcnt 2`);
      continue;
    }
    const below = tree
      .subtree(root.index)
      .sort((a, b) => Number(b.index === root.index) - Number(a.index === root.index) || a.index - b.index);
    for (const qdisc of below) {
      const { program, handle } = present(experiment.instances[qdisc.index], 'attached qdisc');
      const above = tree.classAbove(qdisc.index);
      const where = above < 0 ? 'root refcnt 2' : `parent ${classid(experiment, above)}`;
      const { name, profile } = program;
      lines.push(`qdisc bpf ${handle} dev ${device.setup.name} ${where} obj ${name} profile ${profile.id}`);
      lines.push(...counterLines(qdisc.statistics()));
    }
  }
  return lines;
}

/** Lines for every class of a device's qdiscs; queue lengths are the child's, packets and bytes what went through the class. */
export function showClasses(experiment: Experiment, device: number): string[] {
  const lines: string[] = [];
  const { tree } = experiment;
  const root = experiment.devices[device]?.root ?? null;
  for (const qdisc of root === null ? [] : tree.subtree(root.index).reverse()) {
    const { handle } = qdisc.setup;
    for (const slot of tree.classes.of(qdisc.index)) {
      const child = tree.childOf(slot);
      const leaf = child === null ? '' : `leaf ${classidText(child.setup.handle).replace(/0$/, '')} `;
      const above = classidText((handle | tree.classes.aboveOf(slot)) >>> 0).replace(/:0$/, ':');
      const { qlen = 0, backlog = 0 } = child?.statistics() ?? {};
      lines.push(`class bpf ${classid(experiment, slot)} parent ${above} ${leaf}`.trimEnd());
      lines.push(...counterLines({ ...tree.classes.statistics(slot), requeues: 0, qlen, backlog }));
    }
  }
  return lines;
}
