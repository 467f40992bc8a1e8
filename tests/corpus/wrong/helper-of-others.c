#include <qdisc/v4.h>

struct {
	__uint(type, BPF_MAP_TYPE_SKBMAP);
	__uint(max_entries, 64);
	__type(key, __u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static long (*const bpf_skb_load_bytes)(const void *skb, __u32 off, void *to, __u32 len) = (void *)26;

SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 word = 0;

	bpf_skb_load_bytes(ctx->skb, 0, &word, 4); //! func|helper
	return SCH_BPF_DROP;
}
SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_OK;
}
