// Messages about loads and stores: map values, packet data, context, sockets. Data only.

import { EACCES, EINVAL, type Message } from './message.ts';

export const MEMORY_MESSAGES = {
  misaligned: {
    kernel: 'misaligned {what}access off {off} size {size}',
    errno: EACCES,
    obligation: 'the address is a multiple of the size',
    explanation: 'The access is not aligned. On the stack every access must be.',
    fix: 'Use variables of the right type instead of casting addresses.',
  },
  'bad-pointer': {
    kernel: "R{reg} invalid mem access '{kind}'",
    errno: EACCES,
    obligation: 'memory is accessed through a pointer the verifier knows',
    explanation:
      'The program uses a number as an address, or a pointer that must not be read through. Only pointers whose origin the verifier has seen (context, stack, map values, packet data) may be followed; a number could lead anywhere in the kernel.',
    fix: 'Use the pointer that the context or a call gives, not one computed from numbers or read back from memory.',
  },
  'bad-pointer-nullable': {
    kernel: "R{reg} invalid mem access '{kind}'",
    errno: EACCES,
    obligation: 'a pointer that may be NULL is compared with NULL before it is used',
    explanation:
      'This pointer comes from a call that gives NULL when there is nothing to give (a key that is not in the map, for example). On this path it has not been checked, and following NULL would crash the kernel.',
    fix: 'Check it right after the call: if (!p) return …;',
  },
  'negative-offset': {
    kernel: 'R{reg} min value is negative, either use unsigned index or do a if (index >=0) check.',
    errno: EACCES,
    obligation: 'an offset into memory is not negative',
    explanation: 'The index can be negative, so the access could lie in front of the object.',
    fix: 'Make the index unsigned, or check index >= 0 as well as the upper bound.',
  },
  'unbounded-offset': {
    kernel: 'R{reg} unbounded memory access, make sure to bounds check any such access',
    errno: EACCES,
    obligation: 'an offset into memory has an upper bound',
    explanation: 'Nothing on this path limits how large the index can be, so the access could lie behind the object.',
    fix: 'Compare the index with the number of elements before the access: if (i >= N) return …;',
  },
  'map-value-bounds': {
    kernel: 'invalid access to map value, value_size={size} off={off} size={count}',
    errno: EACCES,
    obligation: 'accesses stay inside the map value',
    explanation:
      'The access goes past the end (or before the start) of the map’s value. Often an index is allowed to be one too large.',
    fix: 'Compare the index with the number of elements: if (i >= N) return …; or make the value larger.',
  },
  'map-key-bounds': {
    kernel: 'invalid access to key, key_size={size} off={off} size={count}',
    errno: EACCES,
    obligation: 'accesses stay inside the key',
    explanation: 'The access goes past the end of the key.',
    fix: 'Read only as many bytes as the map’s key has.',
  },
  'memory-bounds': {
    kernel: 'invalid access to memory, mem_size={size} off={off} size={count}',
    errno: EACCES,
    obligation: 'accesses stay inside the memory region',
    explanation: 'The access goes past the end of the memory.',
    fix: 'Check the index, or ask for more memory.',
  },
  'map-write-forbidden': {
    kernel: 'write into map forbidden, value_size={size} off={off} size={count}',
    errno: EACCES,
    obligation: 'read-only maps are not written',
    explanation: 'The variable is constant (const, .rodata), or the map was made read-only for programs.',
    fix: 'Remove const from the variable, or do not write it.',
  },
  'map-read-forbidden': {
    kernel: 'read from map forbidden, value_size={size} off={off} size={count}',
    errno: EACCES,
    obligation: 'write-only maps are not read',
    explanation: 'The map was made write-only for programs.',
    fix: 'Create the map without BPF_F_WRONLY_PROG.',
  },
  'packet-bounds': {
    kernel: 'invalid access to packet, off={off} size={size}, R{reg}(id={id},off={fixed},r={range})',
    errno: EACCES,
    obligation: 'packet bytes are compared with data_end before they are read',
    explanation:
      'A packet can be shorter than expected. Before bytes of it are read, the program must show that they are there, by comparing with data_end. On this path it has not, or not for as many bytes as are read here.',
    fix: 'Before the access: if (data + N > data_end) return …; where N covers everything that is read.',
  },
  'packet-past-end': {
    kernel: 'R{reg} offset is outside of the packet',
    errno: EINVAL,
    obligation: 'packet bytes at or past data_end are not read',
    explanation: 'On this path the comparison has shown that the packet ends before these bytes.',
    fix: 'Read the bytes on the other side of the comparison.',
  },
  'packet-read-only': {
    kernel: 'cannot write into packet',
    errno: EACCES,
    obligation: 'this kind of program only reads packets',
    explanation: 'Programs of this kind may look at packets but not change them.',
    fix: 'Do not store through packet pointers.',
  },
  'packet-argument': {
    kernel: 'helper access to the packet is not allowed',
    errno: EACCES,
    obligation: 'packet memory is not passed to this call',
    explanation: 'This call does not take packet memory.',
    fix: 'Copy the bytes to the stack first.',
  },
  'context-access': {
    kernel: 'invalid bpf_context access off={off} size={size}',
    errno: EACCES,
    obligation: 'the context is accessed field by field, by the table of its program kind',
    explanation:
      'This part of the context cannot be accessed like this: the field is read-only or hidden here, or the size is not the field’s.',
    fix: 'Use a field that this kind of program may access, with its own type.',
  },
  'packet-field': {
    kernel: 'invalid bpf_context access off={off} size={size}',
    errno: EACCES,
    obligation: 'fields of a packet are accessed by the table of struct __sk_buff',
    explanation:
      'This field of struct __sk_buff cannot be accessed like this: it is read-only or hidden in a qdisc, or the size is not the field’s.',
    fix: 'Writable are mark, priority, tc_index, tc_classid, queue_mapping, tstamp and cb; see the reference of struct __sk_buff.',
  },
  'variable-context-offset': {
    kernel: 'variable {kind} access var_off={bits} disallowed',
    errno: EACCES,
    obligation: 'the context is accessed at constant offsets',
    explanation: 'Which field is meant must be known when the program is loaded.',
    fix: 'Access the fields by name.',
  },
  'negative-context-offset': {
    kernel: 'negative offset {kind} ptr R{reg} off={off} disallowed',
    errno: EACCES,
    obligation: 'the context is accessed from its start',
    explanation: 'The pointer has been moved in front of the context.',
    fix: 'Access the fields by name.',
  },
  'moved-context': {
    kernel: 'dereference of modified {kind} ptr R{reg} off={off} disallowed',
    errno: EACCES,
    obligation: 'the context pointer is used as it was given',
    explanation:
      'The pointer to the context was moved before it was used. Its accesses are rewritten when the program is loaded, which works only from its start.',
    fix: 'Access the fields by name through the original pointer.',
  },
  'pointer-into-context': {
    kernel: 'invalid bpf_context access: {kind} stored',
    errno: EACCES,
    obligation: 'only numbers are stored into fields of the context',
    explanation: 'A pointer would be stored into a field that holds a number.',
    fix: 'Store a number.',
  },
  'mixed-pointers': {
    kernel: 'same insn cannot be used with different pointers',
    errno: EINVAL,
    obligation: 'one instruction always goes through the same kind of pointer',
    explanation:
      'Depending on the path, this instruction would access the context or other memory. Accesses to the context are rewritten when the program is loaded, so it must be one or the other.',
    fix: 'Write the access twice, once in each branch.',
  },
  'read-only-memory': {
    kernel: 'R{reg} cannot write into {kind}',
    errno: EACCES,
    obligation: 'this memory is only read',
    explanation: 'The kernel’s own objects (sockets, keys of a map) can be read but not changed.',
    fix: 'Do not store through this pointer.',
  },
  'socket-access': {
    kernel: 'R{reg} invalid {kind} access off={off} size={size}',
    errno: EACCES,
    obligation: 'socket fields are accessed by their table',
    explanation: 'There is no such field, or it cannot be read with this size.',
    fix: 'Use the fields of struct bpf_sock.',
  },
  'atomic-target': {
    kernel: 'BPF_ATOMIC stores into R{reg} {kind} is not allowed',
    errno: EACCES,
    obligation: 'atomics work on stack and map memory',
    explanation: 'Atomic operations cannot be done on this memory.',
    fix: 'Keep the counter in a map.',
  },
  'atomic-load-target': {
    kernel: 'BPF_ATOMIC loads from R{reg} {kind} is not allowed',
    errno: EACCES,
    obligation: 'atomics work on stack and map memory',
    explanation: 'Atomic operations cannot be done on this memory.',
    fix: 'Keep the counter in a map.',
  },
  'legacy-load-kind': {
    kernel: 'BPF_LD_[ABS|IND] instructions not allowed for this program type',
    errno: EINVAL,
    obligation: 'ldabs and ldind are for socket filters and classifiers',
    explanation: 'This kind of program cannot use the old packet load instructions.',
    fix: 'Use packet pointers from data to data_end.',
  },
  'legacy-load-context': {
    kernel: 'at the time of BPF_LD_ABS|IND R6 != pointer to skb',
    errno: EINVAL,
    obligation: 'R6 holds the context for ldabs and ldind',
    explanation: 'The old packet load instructions take the packet from R6.',
    fix: 'Copy the context to R6 first.',
  },
  'legacy-load-reference': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'no reference is held at ldabs and ldind, which may end the program',
    explanation: 'The old packet load instructions leave the program when the packet is too short; a reference would be lost.',
    fix: 'Release the reference first.',
  },
} as const satisfies Record<string, Message>;
