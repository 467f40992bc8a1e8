// Catalogue of rejections and warnings: the kernel's wording (7.2), its error number, the rule in one sentence, and an
// explanation for somebody who has never met a verifier. Braces are filled in from the instruction at hand. Data only.

export interface Message {
  /** The first line of the kernel's log; our own words where no kernel has the rule. */
  readonly kernel: string;
  readonly errno: number;
  /** What had to hold. */
  readonly obligation: string;
  /** What is wrong and why the rule exists. */
  readonly explanation: string;
  /** What to change. */
  readonly fix: string;
}

export type MessageValues = Readonly<Record<string, string | number>>;

const EACCES = 13;
const EINVAL = 22;
const E2BIG = 7;

const BAD_INSN = {
  explanation:
    'The bytes of this instruction are not an instruction this machine runs. A compiler does not make such code; hand-written or damaged bytecode can.',
  fix: 'Compile the program again, or correct the instruction.',
};

export const MESSAGES = {
  // The shape of the program.
  'falls-off-the-end': {
    kernel: 'last insn is not an exit or jmp',
    errno: EINVAL,
    obligation: 'every function ends with exit or an unconditional jump',
    explanation: 'After its last instruction the function would run on into whatever bytes follow it.',
    fix: 'Make every path of the function reach a return.',
  },
  'jump-out-of-range': {
    kernel: 'jump out of range from insn {slot} to {target}',
    errno: EINVAL,
    obligation: 'a jump stays inside its own function',
    explanation: 'The jump leads outside the function it is in.',
    fix: 'Correct the target of the jump.',
  },
  'jump-into-wide': {
    kernel: 'jump into the middle of ldimm64 insn {slot}',
    errno: EINVAL,
    obligation: 'jumps go to the first slot of an instruction',
    explanation: 'A 64-bit constant takes two slots; this jump lands on the second, which is no instruction.',
    fix: 'Correct the target of the jump.',
  },
  unreachable: {
    kernel: 'unreachable insn {slot}',
    errno: EINVAL,
    obligation: 'every instruction can be reached from the start',
    explanation: 'No path leads to this instruction. The verifier refuses code that it cannot walk.',
    fix: 'Remove the code, or make something jump to it.',
  },
  'call-target-outside': {
    kernel: 'invalid insn idx {target} insn_cnt {count}',
    errno: EINVAL,
    obligation: 'a call goes to an instruction of the program',
    explanation: 'The call leads outside the program.',
    fix: 'Correct the call.',
  },
  recursion: {
    kernel: 'recursive call from {from}() to {to}()',
    errno: EINVAL,
    obligation: 'functions do not call themselves, directly or through others',
    explanation: 'The stack has 512 bytes in all, so the verifier must know how deep calls go. With recursion it cannot.',
    fix: 'Write the recursion as a loop with a fixed bound.',
  },
  'unknown-opcode': {
    kernel: 'unknown opcode {opcode}',
    errno: EINVAL,
    obligation: 'every opcode is in the instruction table',
    ...BAD_INSN,
  },
  'reserved-field': {
    kernel: '{name} uses reserved fields',
    errno: EINVAL,
    obligation: 'fields that an instruction does not use are zero',
    ...BAD_INSN,
  },
  'no-such-register': { kernel: 'R{reg} is invalid', errno: EINVAL, obligation: 'registers are R0 to R10', ...BAD_INSN },
  'atomic-opcode': {
    kernel: 'BPF_ATOMIC uses invalid atomic opcode {imm}',
    errno: EINVAL,
    obligation: 'the atomic operation exists',
    ...BAD_INSN,
  },
  'atomic-size': {
    kernel: 'invalid atomic operand size',
    errno: EINVAL,
    obligation: 'atomics work on 4 or 8 bytes',
    ...BAD_INSN,
  },
  'wide-load-second-half': {
    kernel: 'invalid bpf_ld_imm64 insn',
    errno: EINVAL,
    obligation: 'a 64-bit load has two slots',
    ...BAD_INSN,
  },
  'wide-load-unknown': {
    kernel: 'unrecognized bpf_ld_imm64 insn',
    errno: EINVAL,
    obligation: 'a 64-bit load names a kind of constant that exists',
    ...BAD_INSN,
  },
  'may-goto-fields': {
    kernel: 'invalid may_goto imm {imm}',
    errno: EINVAL,
    obligation: 'fields that may_goto does not use are zero',
    ...BAD_INSN,
  },
  'arena-cast': {
    kernel: 'addr_space_cast insn can only be used in a program that has an associated arena',
    errno: EINVAL,
    obligation: 'address-space casts need an arena',
    ...BAD_INSN,
  },
  'address-space-cast': {
    kernel: 'addr_space_cast insn can only convert between address space 1 and 0',
    errno: EINVAL,
    obligation: 'address-space casts go between spaces 0 and 1',
    ...BAD_INSN,
  },
  'not-a-map': {
    kernel: 'fd {fd} is not pointing to valid bpf_map',
    errno: 9,
    obligation: 'a map reference names a map of this object',
    explanation: 'The instruction refers to a map that does not exist.',
    fix: 'Define the map in section .maps.',
  },
  'direct-value-unsupported': {
    kernel: 'invalid access to map value pointer, value_size={size} off={off}',
    errno: EINVAL,
    obligation: 'the address lies inside the single value of an array map',
    explanation: 'The address of a global variable must lie inside its data section.',
    fix: 'Check the offset.',
  },
  'value-address-type': {
    kernel: 'invalid access to map value pointer, value_size={size} off={off}',
    errno: 524,
    obligation: 'only array maps with one entry give the address of their value',
    explanation: 'Only a data section (an array map with one entry) has a value with a fixed address.',
    fix: 'Use bpf_map_lookup_elem.',
  },
  // Budget.
  'too-large': {
    kernel: 'BPF program is too large. Processed {count} insn',
    errno: E2BIG,
    obligation: 'walking all paths takes at most {limit} instructions',
    explanation:
      'The verifier walks every path through the program. Here there are so many, or a loop goes round so often, that it gave up. It has not found a fault; it has not finished either.',
    fix: 'Give loops small fixed bounds, move work out of nested branches, or use bpf_for_each_map_elem instead of a long loop.',
  },
  'too-many-branches': {
    kernel: 'The sequence of {count} jumps is too complex.',
    errno: E2BIG,
    obligation: 'at most 8192 branches wait to be walked at once',
    explanation: 'There are too many open branches on one path.',
    fix: 'Split the function, or replace a chain of comparisons by a table lookup.',
  },
  'too-many-frames': {
    kernel: 'the call stack of {count} frames is too deep',
    errno: E2BIG,
    obligation: 'at most 16 functions are active at once',
    explanation: 'Functions call functions too deeply.',
    fix: 'Flatten the calls, or let the compiler inline them.',
  },
  'infinite-loop': {
    kernel: 'infinite loop detected at insn {slot}',
    errno: EINVAL,
    obligation: 'every loop makes progress towards its end',
    explanation:
      'The walk came back to this instruction with exactly the same values in all registers and on the stack: nothing in the loop moves it towards its end, so it could run for ever. A packet scheduler that never returns would hang the machine.',
    fix: 'Use a loop counter with a constant bound (for (int i = 0; i < 16; i++)), and change what the loop condition reads.',
  },
  'stack-too-deep': {
    kernel: 'combined stack size of {frames} calls is {bytes}. Too large',
    errno: EACCES,
    obligation: 'all frames of a chain of calls fit into 512 bytes of stack',
    explanation: 'A BPF program has 512 bytes of stack for a function and everything it calls. Local arrays and structs add up.',
    fix: 'Make local arrays smaller, or keep large data in an array map.',
  },
  // Registers and stack contents.
  'unread-register': {
    kernel: 'R{reg} !read_ok',
    errno: EACCES,
    obligation: 'a register is written before it is read',
    explanation:
      'On at least one path to this place nothing has put a value into the register. What it holds then is left over from before, or was destroyed by a call (a call keeps only R6 to R9).',
    fix: 'Give the variable a value on every path before it is used.',
  },
  'frame-pointer-written': {
    kernel: 'frame pointer is read only',
    errno: EACCES,
    obligation: 'R10 is never written',
    explanation: 'R10 points to the stack frame and cannot be changed.',
    fix: 'Copy it to another register first.',
  },
  'stack-unwritten': {
    kernel: 'invalid read from stack off {off}+{index} size {size}',
    errno: EACCES,
    obligation: 'stack bytes are written before they are read',
    explanation:
      'A local variable (or a part of it, such as the padding between two fields of a struct) is read although nothing has been stored there on this path.',
    fix: 'Initialise the variable: struct s x = {}; or __builtin_memset(&x, 0, sizeof(x)).',
  },
  'stack-unwritten-argument': {
    kernel: 'invalid read from stack R{reg} off {off}+{index} size {size}',
    errno: EACCES,
    obligation: 'memory passed to a call is initialised, every byte of it',
    explanation: 'The call reads all bytes of this memory, padding included, and some of them have never been written.',
    fix: 'Initialise the whole variable before the call: struct s x = {}; and then set its fields.',
  },
  'stack-outside': {
    kernel: 'invalid{use} stack R{reg} off={off} size={size}',
    errno: EACCES,
    obligation: 'stack accesses stay inside the 512 bytes of the frame',
    explanation:
      'The access lies outside the stack frame: an index into a local array is too large or negative, or the frame is too big.',
    fix: 'Check the index against the size of the array, or make the array smaller.',
  },
  'stack-variable-outside': {
    kernel: 'invalid variable-offset{use} stack R{reg} var_off={bits} off={off} size={size}',
    errno: EACCES,
    obligation: 'stack accesses stay inside the frame for every value the index can have',
    explanation: 'The index into a local array is not known to be small enough.',
    fix: 'Bound it before the access: if (i >= N) return …; or i &= N - 1 where N is a power of two.',
  },
  'stack-unbounded': {
    kernel: 'invalid unbounded variable-offset{use} stack R{reg}',
    errno: EACCES,
    obligation: 'an index into the stack has a lower and an upper bound',
    explanation: 'Nothing is known about the index into a local array.',
    fix: 'Bound it before the access: if (i >= N) return …;',
  },
  'spill-size': {
    kernel: 'invalid size of register spill',
    errno: EACCES,
    obligation: 'pointers are stored to the stack as 8 aligned bytes',
    explanation: 'Part of a pointer would be stored. A pointer is kept only as a whole.',
    fix: 'Store the pointer into an 8-byte aligned variable of pointer type.',
  },
  'spill-to-caller': {
    kernel: 'cannot spill pointers to stack into stack frame of the caller',
    errno: EINVAL,
    obligation: 'a pointer into a function’s own stack is not stored in its caller’s frame',
    explanation: 'The pointer would outlive the stack frame it points into.',
    fix: 'Return a value instead of the address of a local variable.',
  },
  'fill-size': {
    kernel: 'invalid size of register fill',
    errno: EACCES,
    obligation: 'stored pointers are read back as 8 aligned bytes',
    explanation: 'Part of a stored pointer is read.',
    fix: 'Read the variable with its own type.',
  },
  // Pointer arithmetic.
  'pointer-math-32': {
    kernel: 'R{reg} 32-bit pointer arithmetic prohibited',
    errno: EACCES,
    obligation: 'pointer arithmetic is done in 64 bits',
    explanation: 'Half of a pointer is no pointer.',
    fix: 'Use unsigned long or a pointer type for the calculation, not a 32-bit integer.',
  },
  'pointer-math-nullable': {
    kernel: 'R{reg} pointer arithmetic on {kind} prohibited, null-check it first',
    errno: EACCES,
    obligation: 'a pointer that may be NULL is checked before it is moved',
    explanation: 'The pointer comes from a call that can give NULL. NULL plus something would no longer look like NULL.',
    fix: 'Check it right after the call: if (!p) return …;',
  },
  'pointer-math-kind': {
    kernel: 'R{reg} pointer arithmetic on {kind} prohibited',
    errno: EACCES,
    obligation: 'only pointers to memory of known size are moved',
    explanation: 'A pointer of this kind must stay as it is.',
    fix: 'Do not add to or subtract from it.',
  },
  'pointer-math-far': {
    kernel: 'math between {kind} pointer and {value} is not allowed',
    errno: EINVAL,
    obligation: 'pointers move by less than 2^29 bytes at a time',
    explanation: 'The number added to the pointer is far larger than any object can be.',
    fix: 'Check the calculation; a negative 32-bit number may have become a large 64-bit one.',
  },
  'pointer-math-unbounded': {
    kernel: 'math between {kind} pointer and register with unbounded min value is not allowed',
    errno: EINVAL,
    obligation: 'a number added to a pointer has a lower bound',
    explanation: 'The number can be negative without limit, so the pointer could be anywhere afterwards.',
    fix: 'Use an unsigned index and check its upper bound before the access.',
  },
  'pointer-far': {
    kernel: 'value {value} makes {kind} pointer be out of bounds',
    errno: EINVAL,
    obligation: 'pointers stay within 2^29 bytes of their object',
    explanation: 'The number added can move the pointer far outside its object.',
    fix: 'Bound the number before it is added.',
  },
  'pointer-offset-far': {
    kernel: '{kind} pointer offset {value} is not allowed',
    errno: EINVAL,
    obligation: 'pointers stay within 2^29 bytes of their object',
    explanation: 'The pointer would leave its object by far.',
    fix: 'Bound the number before it is added.',
  },
  'pointer-from-number': {
    kernel: 'R{reg} tried to subtract pointer from scalar',
    errno: EACCES,
    obligation: 'a pointer is not subtracted from a number',
    explanation: 'Number minus pointer is neither a useful number nor a pointer.',
    fix: 'Exchange the operands.',
  },
  'stack-pointer-minus': {
    kernel: 'R{reg} subtraction from stack pointer prohibited',
    errno: EACCES,
    obligation: 'stack addresses are formed by adding a negative number',
    explanation: 'The verifier follows additions to the frame pointer only.',
    fix: 'Add the negated number.',
  },
  'pointer-bits': {
    kernel: 'R{reg} bitwise operator {sign} on pointer prohibited',
    errno: EACCES,
    obligation: 'bit operations are not applied to pointers',
    explanation: 'After a bit operation nobody can say where the pointer leads.',
    fix: 'Do the calculation on the index, before it is added to the pointer.',
  },
  'pointer-operator': {
    kernel: 'R{reg} pointer arithmetic with {sign} operator prohibited',
    errno: EACCES,
    obligation: 'only + and - are applied to pointers',
    explanation: 'After this operation nobody can say where the pointer leads.',
    fix: 'Do the calculation on the index, before it is added to the pointer.',
  },
  'pointer-with-pointer': {
    kernel: 'R{reg} pointer {sign} pointer prohibited',
    errno: EACCES,
    obligation: 'two pointers are only subtracted from each other',
    explanation: 'Only the distance of two pointers means something.',
    fix: 'Subtract them, or use one pointer and one number.',
  },
  'pointer-extension': {
    kernel: 'R{reg} sign-extension part of pointer',
    errno: EACCES,
    obligation: 'pointers are not sign-extended',
    explanation: 'Part of a pointer is no pointer.',
    fix: 'Use a pointer type for the variable.',
  },
  'division-by-zero': {
    kernel: 'div by zero',
    errno: EINVAL,
    obligation: 'a constant divisor is not zero',
    explanation: 'The program divides by the constant 0.',
    fix: 'Correct the divisor.',
  },
  'shift-amount': {
    kernel: 'invalid shift {imm}',
    errno: EINVAL,
    obligation: 'a shift is by less than the width of the register',
    explanation: 'Shifting by this much has no defined result.',
    fix: 'Shift by 0 to 31 (32-bit) or 0 to 63 (64-bit).',
  },
  // Memory.
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
  // Calls.
  'unknown-helper': {
    kernel: 'invalid func unknown#{id}',
    errno: EINVAL,
    obligation: 'the helper exists',
    explanation: 'There is no helper with this number.',
    fix: 'See the reference page for the calls of this profile.',
  },
  'helper-not-allowed': {
    kernel: 'program of this type cannot use helper {name}#{id}',
    errno: EINVAL,
    obligation: 'the helper is open to this kind of program',
    explanation: 'The call exists, but not for this kind of program under this profile.',
    fix: 'See the reference page for the calls of this profile.',
  },
  'kfunc-not-allowed': {
    kernel: 'calling kernel function {name} is not allowed',
    errno: EACCES,
    obligation: 'the kernel function is open to this kind of program',
    explanation: 'This kind of program cannot call that kernel function.',
    fix: 'See the reference page for the calls of this profile.',
  },
  'gpl-only': {
    kernel: 'cannot call GPL-restricted function from non-GPL compatible program',
    errno: EINVAL,
    obligation: 'the program’s license permits the call',
    explanation: 'Some kernel functions may only be called by programs under a GPL-compatible licence.',
    fix: 'Declare the licence: char _license[] SEC("license") = "GPL";',
  },
  'argument-kind': {
    kernel: 'R{reg} type={kind} expected={expected}',
    errno: EACCES,
    obligation: 'argument {reg} of the call is {expected}',
    explanation:
      'The call wants something else in this place than it is given. Where the kind given ends in _or_null, it only has to be compared with NULL first.',
    fix: 'Pass the right kind of value; check pointers for NULL after the call that gives them.',
  },
  'argument-value': {
    kernel: 'R{reg} of {name} must be one of {allowed}',
    errno: EINVAL,
    obligation: 'the argument is one of {allowed}',
    explanation: 'The call knows only these values.',
    fix: 'Pass one of them.',
  },
  'map-type': {
    kernel: 'cannot pass map_type {type} into func {name}#{id}',
    errno: EINVAL,
    obligation: 'the call works on this type of map',
    explanation: 'The call is not made for maps of this type.',
    fix: 'Use a map of the right type: bpf_skb_map_push and bpf_skb_map_pop take BPF_MAP_TYPE_SKBMAP.',
  },
  'tail-call-map': {
    kernel: 'expected prog array map for tail call',
    errno: EINVAL,
    obligation: 'tail calls go through a program array',
    explanation: 'The map given is no program array.',
    fix: 'Use a BPF_MAP_TYPE_PROG_ARRAY.',
  },
  'tail-call-in-subprogram': {
    kernel: 'tail_call is not allowed in subprogs without BTF',
    errno: EINVAL,
    obligation: 'tail calls are made from the entry function',
    explanation: 'A function that others call cannot leave by a tail call here.',
    fix: 'Make the tail call in the main function.',
  },
  'size-negative': {
    kernel: "R{reg} min value is negative, either use unsigned or 'var &= const'",
    errno: EACCES,
    obligation: 'a size is not negative',
    explanation: 'The size can be negative.',
    fix: 'Make it unsigned, or check it.',
  },
  'size-zero': {
    kernel: 'R{reg} invalid zero-sized read: u64=[{low},{high}]',
    errno: EACCES,
    obligation: 'a size is at least 1',
    explanation: 'The size can be zero, which this call does not take.',
    fix: 'Check that it is not zero.',
  },
  'size-unbounded': {
    kernel: "R{reg} unbounded memory access, use 'var &= const' or 'if (var < const)'",
    errno: EACCES,
    obligation: 'a size has an upper bound',
    explanation: 'Nothing limits the size on this path.',
    fix: 'Compare it with the size of the memory first.',
  },
  'storage-flags': {
    kernel: "get_local_storage() doesn't support non-zero flags",
    errno: EINVAL,
    obligation: 'flags are zero',
    explanation: 'This call takes no flags yet.',
    fix: 'Pass 0.',
  },
  'zero-sized': {
    kernel: 'invalid zero-sized read',
    errno: EACCES,
    obligation: 'at least one byte is passed',
    explanation: 'The call would read no bytes at all: the map has no key or no value.',
    fix: 'Use a call that suits the type of the map.',
  },
  'allocation-not-constant': {
    kernel: 'R{reg} is not a known constant',
    errno: EINVAL,
    obligation: 'the size asked for is a constant',
    explanation: 'How much memory is asked for must be known when the program is loaded.',
    fix: 'Pass a constant.',
  },
  'release-offset': {
    kernel: 'R{reg} must have zero offset when passed to release func or trusted arg to kfunc',
    errno: EINVAL,
    obligation: 'what is released is the pointer as it was given',
    explanation: 'The pointer was moved since it was acquired.',
    fix: 'Keep the original pointer and release that.',
  },
  'release-unreferenced': {
    kernel: 'release helper {name} expects referenced PTR_TO_BTF_ID passed to R{reg}',
    errno: EINVAL,
    obligation: 'only what was acquired is released',
    explanation: 'The program holds no reference to this object.',
    fix: 'Release only what an acquiring call gave.',
  },
  'leaked-reference': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'everything acquired is released on every path',
    explanation: 'The program ends while it still holds an object that a call gave it. The object would never be freed.',
    fix: 'Release it on every path, error paths included.',
  },
  'reference-lost': {
    kernel: 'invalid size of register spill',
    errno: EACCES,
    obligation: 'an owned object is not stored where it cannot be followed',
    explanation: 'The pointer would be stored at an index that is not known, and lost from sight.',
    fix: 'Keep it in a plain variable.',
  },
  'leaked-in-callback': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'a callback releases what it acquires',
    explanation: 'The callback ends while it still holds something that it acquired. It may run many times.',
    fix: 'Release it (push a popped packet again) before the callback returns.',
  },
  'callback-result': {
    kernel: 'At callback return the register R0 has {bounds} should have been in [{low}, {high}]',
    errno: EINVAL,
    obligation: 'a callback returns {low} to {high}',
    explanation: 'The callback tells the walk to go on (0) or to stop (1); other values mean nothing.',
    fix: 'Return 0 or 1 from the callback on every path.',
  },
  'callback-result-kind': {
    kernel: 'R0 not a scalar value',
    errno: EACCES,
    obligation: 'a callback returns a number',
    explanation: 'The callback returns a pointer.',
    fix: 'Return 0 or 1 from the callback.',
  },
  'stack-returned': {
    kernel: 'cannot return stack pointer to the caller',
    errno: EINVAL,
    obligation: 'a function does not return the address of a local variable',
    explanation: 'The stack frame is gone when the function has returned.',
    fix: 'Return the value, or let the caller pass a place to store it.',
  },
  'exit-value': {
    kernel: 'At program exit the register R0 has {has} should have been in [{low}, {high}]',
    errno: EINVAL,
    obligation: 'the program returns {low} to {high}',
    explanation: 'Programs of this kind may return only these values.',
    fix: 'Return one of them.',
  },
  'exit-value-kind': {
    kernel: 'At program exit the register R0 is not a known value ({kind})',
    errno: EINVAL,
    obligation: 'the program returns a number',
    explanation: 'The program returns a pointer.',
    fix: 'Return one of the profile’s return codes.',
  },
  // Packets of the qdisc profiles: rules of ours, since no kernel runs these programs.
  'opaque-packet': {
    kernel: "R{reg} invalid mem access '{kind}'",
    errno: EACCES,
    obligation: 'a packet from a map is not looked into',
    explanation:
      'Under this profile a packet that was popped, looked up or shown by for-each can be returned or pushed, but its fields cannot be read. Only the packet that enqueue is called with can be read.',
    fix: 'Store what dequeue needs (length, flow) in another map when the packet is enqueued.',
  },
  'packet-nullable': {
    kernel: 'R{reg} type={kind} expected=skb, popped_skb',
    errno: EACCES,
    obligation: 'a popped packet is compared with NULL before it is pushed',
    explanation: 'Pop gives NULL when no packet has that key, and NULL cannot be put into a map.',
    fix: 'Check it first: if (skb) bpf_skb_map_push(…);',
  },
  'packet-pushed-twice': {
    kernel: 'R{reg} packet is already in a map',
    errno: EINVAL,
    obligation: 'a packet is in at most one map, once',
    explanation: 'The tree node of a packet is inside the packet itself, so a packet in two places would break both trees.',
    fix: 'Push it only once. When the first push failed (it returned non-zero), pushing elsewhere is allowed: test its result.',
  },
  'packet-gone': {
    kernel: 'R{reg} packet is no longer owned by the program',
    errno: EINVAL,
    obligation: 'a packet is given away only once',
    explanation: 'The program has already given this packet away: into a map, or to the stack through ctx->skb.',
    fix: 'Use the packet once on each path.',
  },
  'packet-maybe-freed': {
    kernel: 'ctx->skb may have been freed',
    errno: EACCES,
    obligation: 'a packet is not used after it may have been dropped',
    explanation:
      'On this path the packet has been pushed into a map, and then a packet was deleted from a map. If both had the same key, the packet in ctx->skb is gone, and reading it would read freed memory.',
    fix: 'Read what you need from ctx->skb before deleting, or delete before pushing.',
  },
  'packet-overwritten': {
    kernel: 'ctx->skb already holds a packet',
    errno: EINVAL,
    obligation: 'ctx->skb takes one packet a call',
    explanation:
      'A second value would be stored over the packet in ctx->skb. The first packet would be lost: nobody could send or free it.',
    fix: 'Check ctx->skb (or the result of the first pop) for NULL before storing another, or push the first packet back into a map.',
  },
  'packet-slot-type': {
    kernel: 'ctx->skb takes a popped packet or NULL, not {kind}',
    errno: EACCES,
    obligation: 'only a popped packet or NULL is stored into ctx->skb',
    explanation: 'What is stored into ctx->skb is sent. Only a packet that pop has just given may go there.',
    fix: 'Store the result of bpf_skb_map_pop: ctx->skb = bpf_skb_map_pop(&map, key);',
  },
  'packet-leaked-enqueue': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'every packet that is popped is pushed again',
    explanation:
      'The program ends while it still holds a packet it has popped. In enqueue there is nowhere to send it and no call that frees it, so it would be lost, memory and all.',
    fix: 'Push it into a map again. To throw away a queued packet, call bpf_map_delete_elem(&map, &key) instead of pop.',
  },
  'packet-leaked-dequeue': {
    kernel: 'Unreleased reference id={id} alloc_insn={insn}',
    errno: EINVAL,
    obligation: 'every packet that is popped is stored into ctx->skb or pushed again',
    explanation:
      'The program ends while it still holds a packet it has popped. It was taken out of the map and not given to anybody: it would be lost, memory and all.',
    fix: 'Store it into ctx->skb, or push it into a map again, on every path.',
  },
  'queued-without-push': {
    kernel: 'packet is reported as queued but is in no map',
    errno: 0,
    obligation: 'a packet reported as queued is in a map',
    explanation:
      'On this path the program says that it has kept the packet, but it has pushed it nowhere. When that happens at run time the packet is dropped with reason LOST.',
    fix: 'Push the packet and test the result, or return the code for drop.',
  },
  'pushed-but-not-kept': {
    kernel: 'packet is in a map but not reported as queued',
    errno: 0,
    obligation: 'a packet that was pushed is reported as queued',
    explanation: 'On this path the packet was pushed into a map, but the return code says something else.',
    fix: 'Return the code for queued after a push that succeeded.',
  },
} as const satisfies Record<string, Message>;

export type MessageCode = keyof typeof MESSAGES;

export const isMessageCode = (code: string): code is MessageCode => Object.hasOwn(MESSAGES, code);

/** Puts values into the braces of a template; a brace without a value stays. */
export const fillTemplate = (template: string, values: MessageValues): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
