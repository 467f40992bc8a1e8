// The one table of kernel functions (kfuncs) that Qdisc_ops programs know: prototype, what each argument must be, what comes
// back, in which operations it may be called, in which kernels it exists (Linux net/sched/bpf_qdisc.c, kernel/bpf/helpers.c;
// specification section 2). Data only; the verifier applies it.

/** What one argument must be. `struct:T` is a trusted pointer to kernel structure T. */
export type KfuncArg =
  | 'scalar'
  /** A number known when the program is loaded. */
  | 'constant'
  /** Filled in by the verifier; whatever the program passes does not matter. */
  | 'ignored'
  | `struct:${string}`
  /** An object of the program's own, owned. */
  | 'object'
  | 'percpu-object'
  | 'refcounted'
  | 'list-head'
  | 'list-node'
  | 'list-node-inside'
  | 'rb-root'
  | 'rb-node'
  | 'rb-node-inside'
  | 'less'
  | 'iterator-new'
  | 'iterator'
  | 'dynptr'
  | 'dynptr-new'
  /** Memory of the size in the next argument, or NULL. */
  | 'buffer-or-null'
  | 'any-pointer';

export type KfuncResult =
  | 'void'
  | 'scalar'
  | 'object'
  | 'percpu-object'
  | 'same-object'
  /** The object whose node sits in the list or tree of argument 1. */
  | 'list-object'
  | 'tree-object'
  | 'number'
  | 'slice'
  | 'untrusted';

export interface KfuncRow {
  readonly name: string;
  readonly prototype: string;
  readonly args: readonly KfuncArg[];
  readonly returns: KfuncResult;
  /** A: gives an owned reference. R: takes argument 1. N: may return NULL. P: takes over the node in argument 2. */
  readonly flags: string;
  /** Operations that may call it; null: all five; empty: none. */
  readonly ops: readonly string[] | null;
  /** Present in kernels from this one on; absent: 6.16. */
  readonly since?: '7.0';
  /** May be called while a spin lock is held. */
  readonly inLock: boolean;
  readonly sleepable?: boolean;
  readonly errors?: string;
  readonly summary: string;
}

const LIST_HEAD = 'struct bpf_list_head *head';
const LIST_NODE = 'struct bpf_list_node *node';
const RB_ROOT = 'struct bpf_rb_root *root';
const RB_NODE = 'struct bpf_rb_node *node';
const LESS = 'bool (*less)(struct bpf_rb_node *a, const struct bpf_rb_node *b)';

type Extra = Partial<Omit<KfuncRow, 'name' | 'prototype' | 'args' | 'returns' | 'summary'>>;

/** `prototype` is the C declaration; the name is what stands before its parenthesis. */
function row(prototype: string, args: string, returns: KfuncResult, summary: string, extra: Extra = {}): KfuncRow {
  const name = /(\w+)\(/.exec(prototype)?.[1] ?? '?';
  const list = args === '' ? [] : args.split(' ').map((arg) => arg as KfuncArg);
  return { name, prototype, args: list, returns, summary, flags: '', ops: null, inLock: false, ...extra };
}

/** The form of 7.x and the `_impl` form of older kernels with its dummy arguments. */
function both(prototype: string, impl: string, args: string, more: string, returns: KfuncResult, summary: string, extra: Extra) {
  return [
    row(prototype, args, returns, summary, { ...extra, since: '7.0' }),
    row(impl, `${args} ${more}`, returns, `${summary} Name used up to Linux 6.18.`, extra),
  ];
}

const QDISC_KFUNCS: readonly KfuncRow[] = [
  row(
    'void bpf_qdisc_skb_drop(struct sk_buff *skb, struct bpf_sk_buff_ptr *to_free_list)',
    'struct:sk_buff struct:bpf_sk_buff_ptr',
    'void',
    'Drops the packet; it is freed after the qdisc lock is released.',
    { flags: 'R', ops: ['enqueue'] },
  ),
  row('void bpf_kfree_skb(struct sk_buff *skb)', 'struct:sk_buff', 'void', 'Frees the packet now.', { flags: 'R' }),
  row('void bpf_kfree_skb_dtor(struct sk_buff *skb)', 'struct:sk_buff', 'void', 'Destructor of packets kept in kptr fields.', {
    flags: 'R',
    ops: [],
  }),
  row('u32 bpf_skb_get_hash(struct sk_buff *skb)', 'struct:sk_buff', 'scalar', 'Flow hash of the packet.'),
  row(
    'void bpf_qdisc_watchdog_schedule(struct Qdisc *sch, u64 expire, u64 delta_ns)',
    'struct:Qdisc scalar scalar',
    'void',
    'Runs the queue at monotonic time expire (ns), up to delta_ns late. One timer an instance.',
    { ops: ['enqueue', 'dequeue'] },
  ),
  row(
    'void bpf_qdisc_bstats_update(struct Qdisc *sch, const struct sk_buff *skb)',
    'struct:Qdisc struct:sk_buff',
    'void',
    'Counts the packet as sent: bytes and packets of its control block.',
    { ops: ['dequeue'] },
  ),
  row(
    'int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit)',
    'struct:sk_buff scalar dynptr-new',
    'scalar',
    'A read-only view of the packet.',
    { errors: '-EINVAL: flags are not 0; the view is then empty' },
  ),
  row(
    'int bpf_qdisc_init_prologue(struct Qdisc *sch, struct netlink_ext_ack *extack)',
    'struct:Qdisc struct:netlink_ext_ack',
    'scalar',
    'Inserted by the kernel before init.',
    { ops: [] },
  ),
  row(
    'void bpf_qdisc_reset_destroy_epilogue(struct Qdisc *sch)',
    'struct:Qdisc',
    'void',
    'Inserted by the kernel after reset and destroy.',
    {
      ops: [],
    },
  ),
];

const PUSH: Extra = { flags: 'P', inLock: true, errors: '-EINVAL: the node is linked already; the object is dropped' };

const OBJECT_KFUNCS: readonly KfuncRow[] = [
  ...both(
    'void *bpf_obj_new(u64 local_type_id__k)',
    'void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign)',
    'constant',
    'ignored',
    'object',
    'Allocates an object of one of the program’s own types.',
    { flags: 'AN' },
  ),
  ...both(
    'void bpf_obj_drop(void *p__alloc)',
    'void bpf_obj_drop_impl(void *p__alloc, void *meta__ign)',
    'object',
    'ignored',
    'void',
    'Gives the object back, with everything its fields own.',
    { flags: 'R' },
  ),
  ...both(
    'void *bpf_refcount_acquire(void *p__refcounted_kptr)',
    'void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign)',
    'refcounted',
    'ignored',
    'same-object',
    'A second reference to an object with a bpf_refcount.',
    { flags: 'AN', inLock: true },
  ),
  ...(['front', 'back'] as const).flatMap((end) => [
    ...both(
      `int bpf_list_push_${end}(${LIST_HEAD}, ${LIST_NODE})`,
      `int bpf_list_push_${end}_impl(${LIST_HEAD}, ${LIST_NODE}, void *meta__ign, u64 off)`,
      'list-head list-node',
      'ignored ignored',
      'scalar',
      `Puts the node at the ${end} of the list, which owns it then.`,
      PUSH,
    ),
    row(
      `struct bpf_list_node *bpf_list_pop_${end}(${LIST_HEAD})`,
      'list-head',
      'list-object',
      `Takes the ${end} node out of the list.`,
      {
        flags: 'AN',
        inLock: true,
      },
    ),
    row(`struct bpf_list_node *bpf_list_${end}(${LIST_HEAD})`, 'list-head', 'list-object', `Looks at the ${end} node.`, {
      flags: 'N',
      inLock: true,
    }),
  ]),
  row(
    `int bpf_list_add(${LIST_HEAD}, ${LIST_NODE}, struct bpf_list_node *prev)`,
    'list-head list-node list-node-inside',
    'scalar',
    'Puts the node after prev.',
    { ...PUSH, since: '7.0' },
  ),
  row(
    `struct bpf_list_node *bpf_list_del(${LIST_HEAD}, ${LIST_NODE})`,
    'list-head list-node-inside',
    'list-object',
    'Takes the node out of the list.',
    {
      flags: 'AN',
      inLock: true,
      since: '7.0',
    },
  ),
  row(`bool bpf_list_empty(${LIST_HEAD})`, 'list-head', 'scalar', 'True when the list holds nothing.', {
    inLock: true,
    since: '7.0',
  }),
  ...(['first', 'last'] as const).map((end) =>
    row(
      `bool bpf_list_is_${end}(${LIST_HEAD}, ${LIST_NODE})`,
      'list-head list-node-inside',
      'scalar',
      `True when the node is the ${end} one.`,
      {
        inLock: true,
        since: '7.0',
      },
    ),
  ),
  ...both(
    `int bpf_rbtree_add(${RB_ROOT}, ${RB_NODE}, ${LESS})`,
    `int bpf_rbtree_add_impl(${RB_ROOT}, ${RB_NODE}, ${LESS}, void *meta__ign, u64 off)`,
    'rb-root rb-node less',
    'ignored ignored',
    'scalar',
    'Puts the node into the tree, which owns it then; equal keys stay in order of insertion.',
    PUSH,
  ),
  row(
    `struct bpf_rb_node *bpf_rbtree_remove(${RB_ROOT}, ${RB_NODE})`,
    'rb-root rb-node-inside',
    'tree-object',
    'Takes the node out of the tree.',
    {
      flags: 'AN',
      inLock: true,
    },
  ),
  ...(['first', 'root'] as const).map((place) =>
    row(`struct bpf_rb_node *bpf_rbtree_${place}(${RB_ROOT})`, 'rb-root', 'tree-object', `Looks at the ${place} node.`, {
      flags: 'N',
      inLock: true,
    }),
  ),
  ...(['left', 'right'] as const).map((side) =>
    row(
      `struct bpf_rb_node *bpf_rbtree_${side}(${RB_ROOT}, ${RB_NODE})`,
      'rb-root rb-node-inside',
      'tree-object',
      `Looks at the ${side} child.`,
      {
        flags: 'N',
        inLock: true,
      },
    ),
  ),
];

const DYNPTR = 'const struct bpf_dynptr *p';

const GENERAL_KFUNCS: readonly KfuncRow[] = [
  row(
    'int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end)',
    'iterator-new scalar scalar',
    'scalar',
    'Starts counting.',
    {
      inLock: true,
      errors: '-EINVAL: start > end; -E2BIG: more than 8388608 numbers',
    },
  ),
  row('int *bpf_iter_num_next(struct bpf_iter_num *it)', 'iterator', 'number', 'The next number, or NULL at the end.', {
    flags: 'N',
    inLock: true,
  }),
  row('void bpf_iter_num_destroy(struct bpf_iter_num *it)', 'iterator', 'void', 'Ends the counting.', { inLock: true }),
  row(
    `void *bpf_dynptr_slice(${DYNPTR}, u64 offset, void *buffer__nullable, u64 buffer__szk)`,
    'dynptr scalar buffer-or-null constant',
    'slice',
    'Bytes of the view, read-only; NULL when out of range.',
    {
      flags: 'N',
    },
  ),
  row(
    `void *bpf_dynptr_slice_rdwr(${DYNPTR}, u64 offset, void *buffer__nullable, u64 buffer__szk)`,
    'dynptr scalar buffer-or-null constant',
    'slice',
    'Refused in a qdisc: packets are read-only.',
    {
      flags: 'N',
    },
  ),
  row(
    `int bpf_dynptr_clone(${DYNPTR}, struct bpf_dynptr *clone__uninit)`,
    'dynptr dynptr-new',
    'scalar',
    'A second view of the same bytes.',
  ),
  row(`int bpf_dynptr_adjust(${DYNPTR}, u64 start, u64 end)`, 'dynptr scalar scalar', 'scalar', 'Narrows the view.'),
  row(`u64 bpf_dynptr_size(${DYNPTR})`, 'dynptr', 'scalar', 'Bytes in the view.'),
  row(`bool bpf_dynptr_is_null(${DYNPTR})`, 'dynptr', 'scalar', 'True when the view is empty.'),
  row(`bool bpf_dynptr_is_rdonly(${DYNPTR})`, 'dynptr', 'scalar', 'True when the view cannot be written.'),
  row('void bpf_rcu_read_lock(void)', '', 'void', 'Enters an RCU read-side section.', {}),
  row('void bpf_rcu_read_unlock(void)', '', 'void', 'Leaves it.', {}),
  row('void bpf_preempt_disable(void)', '', 'void', 'Disables preemption.'),
  row('void bpf_preempt_enable(void)', '', 'void', 'Enables it again.'),
  row('void bpf_throw(u64 cookie)', 'scalar', 'void', 'Ends the program; nothing may be held.'),
  row(
    'void *bpf_rdonly_cast(const void *obj__ign, u32 btf_id__k)',
    'ignored constant',
    'untrusted',
    'A read-only view of an address.',
  ),
  row(
    'int bpf_copy_from_user_str(void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags)',
    'any-pointer scalar ignored scalar',
    'scalar',
    'Sleeps, so no qdisc can call it.',
    {
      sleepable: true,
    },
  ),
];

export const KFUNCS: readonly KfuncRow[] = [...QDISC_KFUNCS, ...OBJECT_KFUNCS, ...GENERAL_KFUNCS];

const byName = new Map(KFUNCS.map((entry) => [entry.name, entry]));

/** The row of a kernel function; null when the playground does not know it. */
export const kfuncNamed = (name: string): KfuncRow | null => byName.get(name) ?? null;

/** True when a program that implements `op` may call it. */
export const kfuncIsAllowed = (entry: KfuncRow, op: string): boolean => entry.ops === null || entry.ops.includes(op);
