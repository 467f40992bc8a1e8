#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "bpf_experimental.h"
#include "bpf_qdisc_common.h"

char _license[] SEC("license") = "GPL";

struct item {
	u64 when;
	struct sk_buff __kptr *skb;
	struct bpf_list_node node;
};

private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head items __contains(item, node);
u64 seen;

SEC("struct_ops/enqueue")
int BPF_PROG(my_enqueue, struct sk_buff *skb, struct Qdisc *sch, struct bpf_sk_buff_ptr *to_free)
{
	struct item *made = bpf_obj_new(typeof(*made));

	if (!made) {
		bpf_qdisc_skb_drop(skb, to_free);
		return NET_XMIT_DROP;
	}
	skb = bpf_kptr_xchg(&made->skb, skb);
	if (skb)
		bpf_qdisc_skb_drop(skb, to_free);
	bpf_list_push_back(&items, &made->node);
	return NET_XMIT_SUCCESS;
}

SEC("struct_ops/dequeue")
struct sk_buff *BPF_PROG(my_dequeue, struct Qdisc *sch)
{
	return NULL;
}

SEC("struct_ops/init")
int BPF_PROG(my_init, struct Qdisc *sch, struct nlattr *opt, struct netlink_ext_ack *extack)
{
	return 0;
}

SEC("struct_ops/reset")
void BPF_PROG(my_reset, struct Qdisc *sch)
{
}

SEC("struct_ops/destroy")
void BPF_PROG(my_destroy, struct Qdisc *sch)
{
	struct item *made = bpf_obj_new(typeof(*made));

	if (made)
		bpf_obj_drop(made);
}

SEC(".struct_ops")
struct Qdisc_ops ops = {
	.enqueue = (void *)my_enqueue,
	.dequeue = (void *)my_dequeue,
	.init = (void *)my_init,
	.reset = (void *)my_reset,
	.destroy = (void *)my_destroy,
	.id = "example",
};
