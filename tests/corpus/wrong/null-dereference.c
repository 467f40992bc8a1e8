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

SEC("qdisc/enqueue")
int enqueue(struct sch_bpf_ctx *ctx)
{
	__u32 key = ctx->skb->mark;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	*count += 1; //! map_value_or_null
	return SCH_BPF_DROP;
}
SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_OK;
}
