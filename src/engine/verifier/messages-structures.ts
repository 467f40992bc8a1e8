// Messages about structures of the kernel, views of bytes, iterators, and calls of the program's own functions. Data only.

import { EACCES, EFAULT, EINVAL, type Message } from './message.ts';

const VIEWS = {
  explanation: 'Views of bytes (dynptrs) and iterators live in stack slots of their own; the verifier follows them there.',
  fix: 'Declare the variable, initialise it with its own call, and use it through its own calls only.',
};
const LAYOUT = {
  explanation: 'A pointer to a structure is followed field by field, inside the structure.',
  fix: 'Access fields by their names.',
};

export const STRUCTURE_MESSAGES = {
  'struct-offset-varies': {
    kernel: 'R{reg} is ptr_{struct} invalid variable offset: off={off}, var_off={bits}',
    errno: EACCES,
    obligation: 'which field is meant is known when the program is loaded',
    ...LAYOUT,
  },
  'struct-offset-negative': {
    kernel: 'R{reg} is ptr_{struct} invalid negative access: off={off}',
    errno: EACCES,
    obligation: 'the access is inside the structure',
    ...LAYOUT,
  },
  'struct-beyond': {
    kernel: 'access beyond struct {struct} at off {off} size {size}',
    errno: EACCES,
    obligation: 'the access is inside the structure',
    ...LAYOUT,
  },
  'struct-across': {
    kernel: 'access beyond the end of member {field} (mend:{at}) in struct {struct} with off {off} size {size}',
    errno: EACCES,
    obligation: 'the access is inside one field',
    ...LAYOUT,
  },
  'struct-pointer-part': {
    kernel: 'cannot access ptr member {field} with moff {at} in struct {struct} with off {off} size {size}',
    errno: EACCES,
    obligation: 'a pointer is read whole',
    ...LAYOUT,
  },
  'struct-no-field': {
    kernel: "struct {struct} doesn't have field at offset {off}",
    errno: EINVAL,
    obligation: 'the access is to a field',
    ...LAYOUT,
  },
  'struct-read-only': {
    kernel: 'only read is supported',
    errno: EACCES,
    obligation: 'this structure is only read',
    explanation: 'The kernel lets a qdisc write a few fields of the packet and of the qdisc, nothing else.',
    fix: 'Do not store through this pointer.',
  },
  'struct-field-read-only': {
    kernel: 'no write support to {struct} at off {off}',
    errno: EACCES,
    obligation: 'only the fields open to qdiscs are written',
    explanation: 'Of a packet tstamp and the qdisc’s part of cb can be written, of a Qdisc limit, q.qlen and qstats.',
    fix: 'Keep the value in a structure of your own, or in cb (qdisc_skb_cb(skb)->data).',
  },
  'struct-write-beyond': {
    kernel: 'write access at off {off} with size {size} beyond the member of {struct} ended at {end}',
    errno: EACCES,
    obligation: 'the store stays inside the field',
    explanation: 'The store begins in a field that may be written and goes past its end.',
    fix: 'Store with the field’s own size.',
  },
  'argument-may-be-null': {
    kernel: 'the kernel may pass NULL here',
    errno: 0,
    obligation: 'opt and extack are not followed',
    explanation:
      'The kernel’s verifier takes this argument for never NULL and removes a check of it, but the kernel passes NULL when the qdisc is added without options: a real kernel crashes here.',
    fix: 'Do not use opt and extack.',
  },
  'packet-not-writable': {
    kernel: 'the prog does not allow writes to packet data',
    errno: EINVAL,
    obligation: 'a qdisc does not change packets',
    explanation: 'A qdisc can read packets but not change them.',
    fix: 'Use bpf_dynptr_slice.',
  },
  'dynptr-place': {
    kernel: '{place} expected pointer to stack or const struct bpf_dynptr',
    errno: EINVAL,
    obligation: 'the argument is the address of a struct bpf_dynptr',
    ...VIEWS,
  },
  'dynptr-not-new': {
    kernel: 'Dynptr has to be an uninitialized dynptr',
    errno: EINVAL,
    obligation: 'the argument is the address of a fresh struct bpf_dynptr',
    ...VIEWS,
  },
  'dynptr-not-there': {
    kernel: 'Expected an initialized dynptr as {place}',
    errno: EINVAL,
    obligation: 'the view is initialised and what it shows still exists',
    explanation: 'The view was never made, was written over, or its packet has been given away.',
    fix: 'Make the view first, and use it before the packet is dropped or stored.',
  },
  'dynptr-overwritten': {
    kernel: 'cannot overwrite referenced dynptr',
    errno: EINVAL,
    obligation: 'a view that owns memory is given back before it is overwritten',
    ...VIEWS,
  },
  'iterator-place': {
    kernel: '{place} expected pointer to an iterator on stack',
    errno: EINVAL,
    obligation: 'the argument is the address of a struct bpf_iter_num',
    ...VIEWS,
  },
  'iterator-not-new': {
    kernel: 'expected uninitialized iter_num as {place}',
    errno: EINVAL,
    obligation: 'an iterator is started once',
    ...VIEWS,
  },
  'iterator-not-there': {
    kernel: 'expected an initialized iter_num as {place}',
    errno: EINVAL,
    obligation: 'the iterator has been started and not ended',
    ...VIEWS,
  },
  'function-argument-number': {
    kernel: 'R{reg} is not a scalar',
    errno: EINVAL,
    obligation: 'the argument is a number',
    explanation: 'The prototype of the global function says number.',
    fix: 'Pass a number, or change the prototype.',
  },
  'function-result-kind': {
    kernel: 'At subprogram exit the register R0 is not a scalar value ({kind})',
    errno: EINVAL,
    obligation: 'a global function returns a number or nothing',
    explanation: 'Callers of a global function know only its prototype.',
    fix: 'Return a number, or make the function static.',
  },
  'too-many-arguments': {
    kernel: 'callee expects {count} args, stack arg1 is not initialized',
    errno: EFAULT,
    obligation: 'a function takes at most five arguments',
    explanation: 'Arguments are passed in registers, of which there are five.',
    fix: 'Pass a pointer to a structure, or let the function be inlined.',
  },
} as const satisfies Record<string, Message>;
