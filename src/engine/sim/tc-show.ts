// `tc -s qdisc show` for a run, in iproute2's format (tc/tc_qdisc.c print_qdisc, tc/tc_util.c print_tcstats2_attr). Text
// only; reads a run, changes nothing.

import { present } from '../base/assert.ts';
import { formatSize } from '../base/quantity.ts';
import type { Experiment } from './experiment.ts';

/** Lines for every qdisc that is attached now, in the order of their numbers. */
export function showQdiscs(experiment: Experiment): string[] {
  const lines: string[] = [];
  for (const device of experiment.devices) {
    const { root } = device;
    if (root === null) {
      lines.push(`qdisc noop 0: dev ${device.setup.name} root refcnt 2`);
      continue;
    }
    const instance = present(experiment.instances[root.index], 'root qdisc');
    const s = instance.qdisc.statistics();
    const backlog = `${formatSize(s.backlog)} ${s.qlen}p requeues ${s.requeues}`;
    const { name, profile } = instance.program;
    lines.push(
      `qdisc bpf ${instance.handle} dev ${device.setup.name} root refcnt 2 obj ${name} profile ${profile.id}`,
      ` Sent ${s.sentBytes} bytes ${s.sentPackets} pkt (dropped ${s.dropped}, overlimits ${s.overlimits} requeues ${s.requeues})`,
      ` backlog ${backlog}`,
    );
  }
  return lines;
}
