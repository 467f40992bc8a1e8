// Text of the bundled headers that struct_ops programs include besides vmlinux.h: bpf_tracing.h, bpf_core_read.h,
// bpf_experimental.h, bpf_qdisc_common.h, bpf_misc.h, bpf_may_goto.h. Our own words for the names of specification 3.4. Data only.

const MOST_ARGUMENTS = 12;

/** `___bpf_ctx_cast3(a, b, c)`: `ctx`, then one slot an argument. */
const contextSlots = Array.from({ length: MOST_ARGUMENTS + 1 }, (_, count) => {
  const params = Array.from({ length: count }, (__, i) => `a${i}`).join(', ');
  const slots = Array.from({ length: count }, (__, i) => `, (void *)ctx[${i}]`).join('');
  return `#define ___bpf_ctx_cast${count}(${params}) ctx${slots}\n`;
}).join('');

/** `___bpf_pair_params4(int, a, long, b)`: `, int a, long b`; and the slots that go there, cast to the types. For BPF_PROG2. */
const pairs = Array.from({ length: MOST_ARGUMENTS / 2 + 1 }, (_, count) => {
  const names = Array.from({ length: count }, (__, i) => `t${i}, n${i}`).join(', ');
  const params = Array.from({ length: count }, (__, i) => `, t${i} n${i}`).join('');
  const values = Array.from({ length: count }, (__, i) => `, (t${i})ctx[${i}]`).join('');
  return `#define ___bpf_pair_params${2 * count}(${names})${params === '' ? '' : ` ${params}`}
#define ___bpf_pair_values${2 * count}(${names})${values === '' ? '' : ` ${values}`}
`;
}).join('');

const counts = Array.from({ length: MOST_ARGUMENTS + 1 }, (_, i) => MOST_ARGUMENTS - i).join(', ');
const places = Array.from({ length: MOST_ARGUMENTS + 1 }, (_, i) => `_${i}`).join(', ');

export const TRACING_TEXT = `#pragma once
#include <bpf/bpf_helpers.h>
#define ___bpf_concat(a, b) a##b
#define ___bpf_apply(fn, n) ___bpf_concat(fn, n)
#define ___bpf_nth(${places}, N, ...) N
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, ${counts})
${contextSlots}#define ___bpf_ctx_cast(args...) ___bpf_apply(___bpf_ctx_cast, ___bpf_narg(args))(args)
#define BPF_PROG(name, args...) \\
name(unsigned long long *ctx); \\
static inline __attribute__((always_inline)) typeof(name(0)) ____##name(unsigned long long *ctx, ##args); \\
typeof(name(0)) name(unsigned long long *ctx) \\
{ \\
	return ____##name(___bpf_ctx_cast(args)); \\
} \\
static inline __attribute__((always_inline)) typeof(name(0)) ____##name(unsigned long long *ctx, ##args)
${pairs}#define ___bpf_pair_params(args...) ___bpf_apply(___bpf_pair_params, ___bpf_narg(args))(args)
#define ___bpf_pair_values(args...) ___bpf_apply(___bpf_pair_values, ___bpf_narg(args))(args)
#define BPF_PROG2(name, args...) \\
name(unsigned long long *ctx); \\
static inline __attribute__((always_inline)) typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_pair_params(args)); \\
typeof(name(0)) name(unsigned long long *ctx) \\
{ \\
	return ____##name(ctx ___bpf_pair_values(args)); \\
} \\
static inline __attribute__((always_inline)) typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_pair_params(args))
`;

export const CORE_READ_TEXT = `#pragma once
#include <bpf/bpf_helpers.h>
#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type) *)0, 0)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, 1)
#define bpf_core_cast(ptr, type) ((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))
#define ___bpf_field_ref1(field) (field)
#define ___bpf_field_ref2(type, field) (((typeof(type) *)0)->field)
#define ___bpf_field_pick(_1, _2, N, ...) N
#define ___bpf_field_ref(args...) ___bpf_field_pick(args, ___bpf_field_ref2, ___bpf_field_ref1)(args)
#define bpf_core_field_offset(field...) __builtin_preserve_field_info(___bpf_field_ref(field), 0)
#define bpf_core_field_size(field...) __builtin_preserve_field_info(___bpf_field_ref(field), 1)
#define bpf_core_field_exists(field...) __builtin_preserve_field_info(___bpf_field_ref(field), 2)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, 2)
#define bpf_core_enum_value_exists(enum_type, enum_value) \\
	__builtin_preserve_enum_value(*(typeof(enum_type) *)enum_value, 0)
#define bpf_core_enum_value(enum_type, enum_value) \\
	__builtin_preserve_enum_value(*(typeof(enum_type) *)enum_value, 1)
#define BPF_CORE_READ(src, a, ...) ___bpf_core_read(src, a, ##__VA_ARGS__)
#define ___bpf_core_arrow_pick(_1, _2, _3, _4, N, ...) N
#define ___bpf_core_read1(src, a) ((src)->a)
#define ___bpf_core_read2(src, a, b) ((src)->a->b)
#define ___bpf_core_read3(src, a, b, c) ((src)->a->b->c)
#define ___bpf_core_read4(src, a, b, c, d) ((src)->a->b->c->d)
#define ___bpf_core_read(src, fields...) ___bpf_core_arrow_pick(fields, ___bpf_core_read4, ___bpf_core_read3, ___bpf_core_read2, ___bpf_core_read1)(src, fields)
#define __kptr_field(x) (x)
`;

export const EXPERIMENTAL_TEXT = `#pragma once
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
#define bpf_obj_new(type) ((type *)bpf_obj_new(bpf_core_type_id_local(type)))
#define bpf_percpu_obj_new(type) ((type __percpu_kptr *)bpf_percpu_obj_new(bpf_core_type_id_local(type)))
#ifdef __QDISC_IMPL_KFUNCS__
#undef bpf_obj_new
#undef bpf_percpu_obj_new
#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), NULL))
#define bpf_percpu_obj_new(type) ((type __percpu_kptr *)bpf_percpu_obj_new_impl(bpf_core_type_id_local(type), NULL))
#define bpf_obj_drop(kptr) bpf_obj_drop_impl(kptr, NULL)
#define bpf_percpu_obj_drop(kptr) bpf_percpu_obj_drop_impl(kptr, NULL)
#define bpf_refcount_acquire(kptr) bpf_refcount_acquire_impl(kptr, NULL)
#define bpf_list_push_front(head, node) bpf_list_push_front_impl(head, node, NULL, 0)
#define bpf_list_push_back(head, node) bpf_list_push_back_impl(head, node, NULL, 0)
#define bpf_rbtree_add(head, node, less) bpf_rbtree_add_impl(head, node, less, NULL, 0)
#endif
#define private(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#define bpf_assert(cond) if (!(cond)) bpf_throw(0)
#define bpf_assert_with(cond, value) if (!(cond)) bpf_throw(value)
#define bpf_cmp_likely(left, op, right) ((left) op (right))
#define bpf_cmp_unlikely(left, op, right) ((left) op (right))
#include <bpf_may_goto.h>
`;

/** bpf_printk of more than three values goes through bpf_trace_vprintk, as libbpf does it. */
export const PRINTK_TEXT = `#undef bpf_printk
#define ___bpf_printk_nth(${places}, N, ...) N
#define ___bpf_printk_few(fmt, args...) ({ \\
	static const char ____fmt[] = fmt; \\
	bpf_trace_printk(____fmt, sizeof(____fmt), ##args); })
#define ___bpf_printk_many(fmt, args...) ({ \\
	static const char ____fmt[] = fmt; \\
	unsigned long long ____values[] = { args }; \\
	bpf_trace_vprintk(____fmt, sizeof(____fmt), ____values, sizeof(____values)); })
#define bpf_printk(fmt, args...) ___bpf_printk_nth(_, ##args, ${Array.from({ length: MOST_ARGUMENTS - 3 }, () => '___bpf_printk_many').join(', ')}, \\
	___bpf_printk_few, ___bpf_printk_few, ___bpf_printk_few, ___bpf_printk_few)(fmt, ##args)
`;

export const MAY_GOTO_TEXT = `#pragma once
#define can_loop __builtin_bpf_may_goto()
#define cond_break ({ if (!__builtin_bpf_may_goto()) break; })
#define cond_break_label(label) ({ if (!__builtin_bpf_may_goto()) goto label; })
#define __cond_break(expr) ({ if (!__builtin_bpf_may_goto()) expr; })
`;

export const QDISC_COMMON_TEXT = `#pragma once
#include <vmlinux.h>
#include <errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#define NET_XMIT_SUCCESS 0x00
#define NET_XMIT_DROP 0x01
#define NET_XMIT_CN 0x02
#define TC_PRIO_CONTROL 7
#define TC_PRIO_MAX 15
#ifndef private
#define private(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#endif
static inline __attribute__((always_inline)) struct qdisc_skb_cb *qdisc_skb_cb(const struct sk_buff *skb)
{
	return (struct qdisc_skb_cb *)skb->cb;
}
static inline __attribute__((always_inline)) unsigned int qdisc_pkt_len(const struct sk_buff *skb)
{
	return qdisc_skb_cb(skb)->pkt_len;
}
`;

const testTag = (name: string, params: string): string => `#define ${name}${params}\n`;

export const MISC_TEXT = `#pragma once
#include <bpf/bpf_helpers.h>
${[
  '__msg',
  '__not_msg',
  '__xlated',
  '__jited',
  '__regex',
  '__failure_msg',
  '__description',
  '__msg_unpriv',
  '__log_level',
  '__flag',
  '__retval',
  '__retval_unpriv',
  '__auxiliary_arg',
  '__load_if_JITed_arg',
  '__arch',
  '__caps_unpriv',
  '__linear_size',
  '__btf_path',
]
  .map((name) => testTag(name, '(x)'))
  .join('')}${[
  '__failure',
  '__success',
  '__failure_unpriv',
  '__success_unpriv',
  '__auxiliary',
  '__auxiliary_unpriv',
  '__arch_x86_64',
  '__arch_arm64',
  '__load_if_JITed',
  '__load_if_no_JITed',
]
  .map((name) => testTag(name, ''))
  .join('')}#define __clobber_all "memory"
#define __sink(expr) asm volatile("" : "+g"(expr))
#define __imm(name) [name]"i"(name)
#ifndef __aligned
#define __aligned(x) __attribute__((aligned(x)))
#endif
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#define __used __attribute__((used))
`;
