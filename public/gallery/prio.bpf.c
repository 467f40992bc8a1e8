// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Strict priority in one tree. The band stands in the top byte of the key, a
 * running number below it, so the tree is sorted by band first and by arrival
 * second. Dequeue asks the bands in order; a lower band waits as long as a
 * higher one has packets, for ever if need be.
 */
#include <qdisc/v4.h>

#define BANDS 4

/* Packets one band may hold (a knob). */
const volatile __u32 band_limit = 32;

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 512);
	__type(key, __u64);
} bands SEC(".maps");

static __u64 head[BANDS], tail[BANDS];

static __always_inline __u64 key_of(__u32 band, __u64 number)
{
	return ((__u64)band << 56) | number;
}

SEC("qdisc/enqueue")
int prio_enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 band = ctx->skb->priority;

	if (band >= BANDS)
		band = BANDS - 1;
	if (tail[band] - head[band] >= band_limit)
		return SCH_BPF_DROP;
	if (bpf_skb_map_push(&bands, ctx->skb, key_of(band, tail[band])))
		return SCH_BPF_DROP;
	tail[band]++;
	return SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int prio_dequeue(struct sch_bpf_ctx *ctx)
{
	__u32 band;

	for (band = 0; band < BANDS; band++) {
		struct __sk_buff *skb = bpf_skb_map_pop(&bands, key_of(band, head[band]));

		if (skb) {
			head[band]++;
			ctx->skb = skb;
			break;
		}
	}
	return SCH_BPF_OK;
}

char _license[] SEC("license") = "Dual MIT/GPL";
