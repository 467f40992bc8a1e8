#include <qdisc/v4.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 64);
	__type(key, __u64);
} queue SEC(".maps");

struct entry {
	__u64 packets;
	__u32 sizes[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct entry);
} table SEC(".maps");

SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 key = 1;
	struct entry *e = bpf_map_lookup_elem(&table, &key);

	__u32 band = ctx->skb->priority;

	if (!e)
		return SCH_BPF_DROP;
	e->sizes[band] = ctx->skb->len;
	return bpf_skb_map_push(&queue, ctx->skb, 0) ? SCH_BPF_DROP : SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_OK;
}
