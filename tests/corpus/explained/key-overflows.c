#include <qdisc/v4.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 64);
	__type(key, __u64);
} queue SEC(".maps");

SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	__u64 key = ((__u64)ctx->skb->priority << 48) | (bpf_ktime_get_ns() >> 16);

	return bpf_skb_map_push(&queue, ctx->skb, key) ? SCH_BPF_DROP : SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_OK;
}
