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

static long step(struct bpf_map *map, __u32 *key, struct entry *e, void *data)
{
	return e->packets > 4 ? 2 : 0;
}

SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	bpf_for_each_map_elem(&table, step, 0, 0);
	return bpf_skb_map_push(&queue, ctx->skb, 0) ? SCH_BPF_DROP : SCH_BPF_QUEUED;
}

SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_OK;
}
