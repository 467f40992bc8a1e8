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
	return SCH_BPF_DROP;
}
SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	struct __sk_buff *skb = bpf_skb_map_pop(&queue, 0);

	if (!skb)
		return SCH_BPF_OK;
	ctx->delay = skb->len; //! packet|invalid mem access
	ctx->skb = skb;
	return SCH_BPF_OK;
}
