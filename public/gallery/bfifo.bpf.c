// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * bfifo, as Linux has it: first in, first out, at most `limit` bytes. A packet
 * fits or is dropped; a small one may still fit where a large one did not.
 */
#include <qdisc/lab.h>

#define SLOTS 65536

/* Bytes (tc: limit; the kernel's default is txqueuelen full-sized packets). */
const volatile __u32 limit = 1514000;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, SLOTS);
	__type(key, __u64);
} queue SEC(".maps");

/* Lengths by number: a popped packet cannot be read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} lengths SEC(".maps");

static __u64 head, tail, backlog;

SEC("qdisc/enqueue")
int bfifo_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 slot = tail % SLOTS, bytes = ctx->skb->wire_len;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);

	if (!length || backlog + bytes > limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	*length = bytes;
	backlog += bytes;
	tail++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int bfifo_dequeue(struct sch_bpf_ctx *ctx)
{
	__u32 slot = head % SLOTS;
	__u32 *length = bpf_map_lookup_elem(&lengths, &slot);
	struct __sk_buff *skb = bpf_skb_map_pop_min(&queue);

	if (skb) {
		if (length)
			backlog -= *length;
		head++;
		ctx->skb = skb;
	}
	return SCH_BPF_DEQUEUED;
}

char _license[] SEC("license") = "Dual MIT/GPL";
