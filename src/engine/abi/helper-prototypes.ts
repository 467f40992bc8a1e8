// C prototypes of the kernel's base set of helpers that the call table has no row for (include/uapi/linux/bpf.h): what
// struct_ops programs may call besides (specification 2.4). Data only; the verifier's rules are elsewhere.

export interface HelperPrototype {
  readonly id: number;
  readonly name: string;
  readonly returns: string;
  readonly params: string;
}

const row = (id: number, returns: string, name: string, params: string): HelperPrototype => ({ id, name, returns, params });

export const HELPER_PROTOTYPES: readonly HelperPrototype[] = [
  row(8, '__u32', 'bpf_get_smp_processor_id', 'void'),
  row(12, 'long', 'bpf_tail_call', 'void *ctx, void *prog_array_map, __u32 index'),
  row(14, '__u64', 'bpf_get_current_pid_tgid', 'void'),
  row(15, '__u64', 'bpf_get_current_uid_gid', 'void'),
  row(26, 'long', 'bpf_skb_load_bytes', 'const void *skb, __u32 offset, void *to, __u32 len'),
  row(80, '__u64', 'bpf_get_current_cgroup_id', 'void'),
  row(87, 'long', 'bpf_map_push_elem', 'void *map, const void *value, __u64 flags'),
  row(88, 'long', 'bpf_map_pop_elem', 'void *map, void *value'),
  row(89, 'long', 'bpf_map_peek_elem', 'void *map, void *value'),
  row(93, 'long', 'bpf_spin_lock', 'struct bpf_spin_lock *lock'),
  row(94, 'long', 'bpf_spin_unlock', 'struct bpf_spin_lock *lock'),
  row(97, 'long', 'bpf_skb_ecn_set_ce', 'struct __sk_buff *skb'),
  row(113, 'long', 'bpf_probe_read_kernel', 'void *dst, __u32 size, const void *unsafe_ptr'),
  row(118, '__u64', 'bpf_jiffies64', 'void'),
  row(125, '__u64', 'bpf_ktime_get_boot_ns', 'void'),
  row(130, 'long', 'bpf_ringbuf_output', 'void *ringbuf, void *data, __u64 size, __u64 flags'),
  row(131, 'void *', 'bpf_ringbuf_reserve', 'void *ringbuf, __u64 size, __u64 flags'),
  row(132, 'void', 'bpf_ringbuf_submit', 'void *data, __u64 flags'),
  row(133, 'void', 'bpf_ringbuf_discard', 'void *data, __u64 flags'),
  row(134, '__u64', 'bpf_ringbuf_query', 'void *ringbuf, __u64 flags'),
  row(153, 'void *', 'bpf_per_cpu_ptr', 'const void *percpu_ptr, __u32 cpu'),
  row(154, 'void *', 'bpf_this_cpu_ptr', 'const void *percpu_ptr'),
  row(165, 'long', 'bpf_snprintf', 'char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len'),
  row(169, 'long', 'bpf_timer_init', 'struct bpf_timer *timer, void *map, __u64 flags'),
  row(170, 'long', 'bpf_timer_set_callback', 'struct bpf_timer *timer, void *callback_fn'),
  row(171, 'long', 'bpf_timer_start', 'struct bpf_timer *timer, __u64 nsecs, __u64 flags'),
  row(172, 'long', 'bpf_timer_cancel', 'struct bpf_timer *timer'),
  row(177, 'long', 'bpf_trace_vprintk', 'const char *fmt, __u32 fmt_size, const void *data, __u32 data_len'),
  row(181, 'long', 'bpf_loop', '__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags'),
  row(182, 'long', 'bpf_strncmp', 'const char *s1, __u32 s1_sz, const char *s2'),
  row(194, 'void *', 'bpf_kptr_xchg', 'void *dst, void *ptr'),
  row(195, 'void *', 'bpf_map_lookup_percpu_elem', 'void *map, const void *key, __u32 cpu'),
  row(197, 'long', 'bpf_dynptr_from_mem', 'void *data, __u64 size, __u64 flags, struct bpf_dynptr *ptr'),
  row(201, 'long', 'bpf_dynptr_read', 'void *dst, __u64 len, const struct bpf_dynptr *src, __u64 offset, __u64 flags'),
  row(202, 'long', 'bpf_dynptr_write', 'const struct bpf_dynptr *dst, __u64 offset, void *src, __u64 len, __u64 flags'),
  row(203, 'void *', 'bpf_dynptr_data', 'const struct bpf_dynptr *ptr, __u64 offset, __u64 len'),
  row(208, '__u64', 'bpf_ktime_get_tai_ns', 'void'),
];
