// The pfifo of another author: one key for every packet, headers of the kernel instead of ours, the map's result assigned to ctx->skb. It
// runs under its own profile, v5, and with quirk Q1 gives the order that the specification lists.

import { describe, expect, it } from 'vitest';
import {
  createExperiment,
  loadCompiler,
  prepareObject,
  type QuirkId,
  Recorder,
  renderDiagnostic,
  type Scenario,
} from '../src/engine/index.ts';
import { EVENT } from '../src/engine/trace/event.ts';
import { TraceLog } from '../src/engine/trace/reader.ts';

const sourceWith = (pop: string): string => `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(key_size, sizeof(__u64));
	__uint(max_entries, 1000);
} m SEC(".maps");

SEC("sch_bpf/enqueue")
int my_enqueue(struct sch_bpf_ctx *ctx)
{
	if (bpf_skb_map_push(&m, ctx->skb, 0))
		return SCH_BPF_DROP;
	return SCH_BPF_QUEUED;
}

SEC("sch_bpf/dequeue")
int my_dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = ${pop};
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "GPL";
`;

/** Ten packets come at once, then leave one by one: ids in the order of leaving. */
async function leavingOrder(source: string, quirks: readonly QuirkId[]): Promise<number[]> {
  const compile = await loadCompiler();
  const { object, diagnostics } = compile({ path: 'pfifo.c', text: source }, { profile: 'v5', optimise: 2, cpu: 'v3' });
  if (object === null) throw new Error(diagnostics.map(renderDiagnostic).join('\n'));
  const prepared = prepareObject(object, { profile: 'v5', quirks, set: {} });
  if (prepared.attachable === null) throw new Error(prepared.diagnostics.map(renderDiagnostic).join('\n'));
  const scenario: Scenario = {
    version: 1,
    title: 'ten at once',
    seed: 1,
    duration: '1s',
    programs: { main: { gallery: 'main' } },
    devices: [{ name: 'eth0', rate: '1mbit' }],
    tc: ['qdisc add dev eth0 root handle 800: bpf obj main enqueue sch_bpf/enqueue dequeue sch_bpf/dequeue'],
    flows: [{ name: 'burst', kind: 'burst', count: 11, interval: '10s', size: '1000b' }],
  };
  const log = new TraceLog();
  const result = createExperiment(scenario, new Map([['main', prepared.attachable]]), new Recorder((chunk) => log.append(chunk)));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  while (result.experiment.step());
  result.experiment.recorder.flush();
  const order: number[] = [];
  for (let index = log.find(-1, 1, [EVENT.DEQUEUED]); index >= 0; index = log.find(index, 1, [EVENT.DEQUEUED])) {
    order.push(log.at(index)?.packet ?? 0);
  }
  return order;
}

describe('a pfifo with one constant key, under v5', () => {
  const source = sourceWith('bpf_skb_map_pop(&m, 0)');
  it('lets packets leave in the order they came', async () => {
    expect(await leavingOrder(source, [])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('lets the ten that waited leave as posted (Q1): 4 to 9, 2, 3, 10, 1 of the ten', async () => {
    // Packet 1 goes straight to the idle link; 2 to 11 are the ten that wait.
    expect(await leavingOrder(source, ['Q1'])).toEqual([1, ...[4, 5, 6, 7, 8, 9, 2, 3, 10, 1].map((of) => of + 1)]);
  });

  it('compiles with a warning where the program calls the result a number', async () => {
    const compile = await loadCompiler();
    const { object, diagnostics } = compile(
      { path: 'pfifo.c', text: sourceWith('(long)bpf_skb_map_pop(&m, 0)') },
      { profile: 'v5', optimise: 2, cpu: 'v3' },
    );
    expect(diagnostics.map((item) => item.severity)).toEqual(['warning']);
    expect(object === null ? null : prepareObject(object, { profile: 'v5', quirks: [], set: {} }).attachable).not.toBeNull();
  });
});
