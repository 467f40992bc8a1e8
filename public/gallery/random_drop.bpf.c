// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Random drop: a full queue makes room by throwing out a packet it already
 * holds, any one, with equal chance. A flow that fills the queue is hit most.
 * This is what a queue that only pops its smallest element cannot do: the
 * victim is deleted by its key, wherever it stands in the tree.
 */
#include <qdisc/v4.h>

/* Packets the queue holds (a knob). */
const volatile __u32 limit = 40;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 256);
	__type(key, __u64);
} queue SEC(".maps");

static __u64 head, tail;
static __u32 held;

/* Some numbers between head and tail are holes: their packets were victims. */
static __always_inline void discard_one(void)
{
	__u64 span = tail - head, victim;
	int tries;

	if (span == 0)
		return;
	victim = bpf_get_prandom_u32() % span;
	for (tries = 0; tries < 64; tries++) {
		__u64 key = head + victim;

		if (bpf_map_delete_elem(&queue, &key) == 0) {
			held--;
			return;
		}
		victim = (victim + 1) % span;
	}
}

SEC("qdisc/enqueue")
int random_drop_enqueue(struct sch_bpf_ctx *ctx)
{
	if (held >= limit)
		discard_one();
	if (bpf_skb_map_push(&queue, ctx->skb, tail))
		return SCH_BPF_DROP;
	tail++;
	held++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int random_drop_dequeue(struct sch_bpf_ctx *ctx)
{
	int tries;

	for (tries = 0; tries < 256 && head != tail; tries++) {
		struct __sk_buff *skb = bpf_skb_map_pop(&queue, head);

		head++;
		if (skb) {
			held--;
			ctx->skb = skb;
			break;
		}
	}
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
