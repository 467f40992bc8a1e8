// Helpers that struct_ops programs may call (the kernel's base set, Linux kernel/bpf/helpers.c, bpf_base_func_proto and
// net/sched/bpf_qdisc.c) with the verifier's rules of their arguments. Timers are missing. Data only.

export interface StructOpsCallRow {
  readonly id: number;
  readonly name: string;
  /** Arguments by rule, in order, separated by blanks; see HelperArg of the verifier. */
  readonly args: string;
  readonly returns: string;
  readonly callback?: 'loop' | 'for-each-map-elem';
  readonly acquires?: boolean;
  readonly releases?: boolean;
}

const row = (id: number, name: string, args: string, returns = 'scalar', extra: Partial<StructOpsCallRow> = {}) => ({
  id,
  name: `bpf_${name}`,
  args,
  returns,
  ...extra,
});

export const STRUCT_OPS_CALLS: readonly StructOpsCallRow[] = [
  row(1, 'map_lookup_elem', 'map map-key', 'map-value-or-null'),
  row(2, 'map_update_elem', 'map map-key map-value anything'),
  row(3, 'map_delete_elem', 'map map-key'),
  row(5, 'ktime_get_ns', ''),
  row(6, 'trace_printk', 'memory size'),
  row(7, 'get_prandom_u32', ''),
  row(8, 'get_smp_processor_id', ''),
  row(12, 'tail_call', 'context map anything', 'void'),
  row(14, 'get_current_pid_tgid', ''),
  row(15, 'get_current_uid_gid', ''),
  row(42, 'get_numa_node_id', ''),
  row(80, 'get_current_cgroup_id', ''),
  row(87, 'map_push_elem', 'map map-value anything'),
  row(88, 'map_pop_elem', 'map map-value-out'),
  row(89, 'map_peek_elem', 'map map-value-out'),
  row(93, 'spin_lock', 'spin-lock', 'void'),
  row(94, 'spin_unlock', 'spin-unlock', 'void'),
  row(113, 'probe_read_kernel', 'memory-out size-or-zero anything'),
  row(115, 'probe_read_kernel_str', 'memory-out size-or-zero anything'),
  row(118, 'jiffies64', ''),
  row(123, 'get_current_ancestor_cgroup_id', 'anything'),
  row(125, 'ktime_get_boot_ns', ''),
  row(130, 'ringbuf_output', 'map memory size-or-zero anything'),
  row(131, 'ringbuf_reserve', 'map allocation-size anything', 'ringbuf-memory-or-null', { acquires: true }),
  row(132, 'ringbuf_submit', 'ringbuf-memory anything', 'void', { releases: true }),
  row(133, 'ringbuf_discard', 'ringbuf-memory anything', 'void', { releases: true }),
  row(134, 'ringbuf_query', 'map anything'),
  row(160, 'ktime_get_coarse_ns', ''),
  row(164, 'for_each_map_elem', 'map callback callback-context anything', 'scalar', { callback: 'for-each-map-elem' }),
  row(165, 'snprintf', 'memory-or-null size-or-zero string memory-or-null size-or-zero'),
  row(177, 'trace_vprintk', 'memory size memory-or-null size-or-zero'),
  row(181, 'loop', 'anything callback callback-context anything', 'scalar', { callback: 'loop' }),
  row(182, 'strncmp', 'memory size string'),
  row(194, 'kptr_xchg', 'kptr-field kptr-value', 'kptr-or-null', { acquires: true, releases: true }),
  row(195, 'map_lookup_percpu_elem', 'map map-key anything', 'map-value-or-null'),
  row(197, 'dynptr_from_mem', 'dynptr-memory size-or-zero anything dynptr-new'),
  row(201, 'dynptr_read', 'memory-out size-or-zero dynptr anything anything'),
  row(202, 'dynptr_write', 'dynptr anything memory size-or-zero anything'),
  row(203, 'dynptr_data', 'dynptr anything allocation-size', 'dynptr-bytes-or-null'),
  row(208, 'ktime_get_tai_ns', ''),
];
