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
int enqueue(struct sch_bpf_ctx *ctx) //! stack
{
	volatile char buffer[600];

	buffer[ctx->skb->len & 511] = 1;
	return buffer[0];
}
SEC("qdisc/dequeue")
int dequeue(struct sch_bpf_ctx *ctx)
{
	ctx->skb = bpf_skb_map_pop(&queue, 0);
	return SCH_BPF_OK;
}
