// Catalogue of everything the compiler says: one row a message with severity, text (%0, %1 … are filled in) and a longer
// explanation for the page. Codes are stable. Data only.

import type { Severity } from '../base/diagnostic.ts';

export interface CompileMessage {
  readonly severity: Severity;
  readonly text: string;
  readonly explanation: string;
  /** True where the explanation goes with the first finding of a run: what to do is not plain from the text. */
  readonly advice?: boolean;
}

const error = (text: string, explanation: string): CompileMessage => ({ severity: 'error', text, explanation });
/** What BPF has not: the finding says what to do instead. */
const refusal = (text: string, explanation: string): CompileMessage => ({ severity: 'error', text, explanation, advice: true });
const advice = (text: string, explanation: string): CompileMessage => ({ severity: 'warning', text, explanation, advice: true });
const warning = (text: string, explanation: string): CompileMessage => ({ severity: 'warning', text, explanation });

export const MESSAGES = {
  'too-many-errors': error(
    'too many errors emitted, stopping now',
    'After fifty errors the rest are usually consequences of the first. Fix those and compile again.',
  ),
  'file-too-large': error(
    "'%0' is larger than %1 characters",
    'A source file of more than a mebibyte is not read. Kernel programs are far smaller; check that the right file was opened.',
  ),
  'too-many-tokens': error(
    'the program expands to more than %0 tokens',
    'Macros that multiply their arguments many times over can grow without end. Expansion stops here.',
  ),
  'expansion-too-deep': error(
    'macros or conditionals are nested more than %0 deep',
    'A macro refers to others in a chain that does not end in reasonable depth.',
  ),
  'nesting-too-deep': error(
    'brackets, operators or blocks are nested too deep',
    'Brackets, blocks and operators may be nested only so deep. Split the expression or the function.',
  ),
  'unterminated-comment': error('unterminated /* comment', 'The comment runs to the end of the file. Close it with */.'),
  'unterminated-literal': error(
    "missing terminating '%0' character",
    'A string or character constant must end on the line where it begins.',
  ),
  'unterminated-conditional': error(
    'unterminated conditional directive',
    'Every #if, #ifdef and #ifndef needs an #endif in the same file.',
  ),
  'unterminated-macro-call': error(
    "unterminated call of function-like macro '%0'",
    'The file ended before the closing parenthesis of the macro call.',
  ),
  'stray-conditional': error('#%0 without #if', 'There is no open #if that this directive could belong to.'),
  'directive-after-else': error('#%0 after #else', '#else is the last branch of a conditional.'),
  'unknown-directive': error(
    "invalid preprocessing directive '#%0'%1",
    'The preprocessor knows include, define, undef, if, ifdef, ifndef, elif, else, endif, error, warning, pragma and line.',
  ),
  'macro-name-missing': error('macro name must be an identifier', '#define, #undef, #ifdef and #ifndef are followed by a name.'),
  'macro-name-reserved': error("'%0' cannot be used as a macro name", 'This name has a fixed meaning in the preprocessor.'),
  'macro-parameters': error(
    "malformed parameter list of macro '%0'",
    'Parameters are distinct names separated by commas; "..." or "name..." may stand at the end.',
  ),
  'macro-redefined': warning("'%0' macro redefined", 'The macro had another definition. #undef it first if the change is meant.'),
  'macro-argument-count': error(
    "macro '%0' takes %1 arguments, but was given %2",
    'Commas outside parentheses separate arguments of a macro.',
  ),
  'bad-paste': error("pasting formed '%0%1', an invalid preprocessing token", 'The ## operator must make one whole token.'),
  'pragma-operator': error('_Pragma takes a parenthesised string literal', 'Write _Pragma("unroll").'),
  'condition-empty': error('#%0 with no expression', 'A condition needs an integer constant expression.'),
  'condition-syntax': error(
    'invalid expression in #%0',
    'Conditions are integer constant expressions of numbers, characters, macros, operators and defined(NAME).',
  ),
  'include-syntax': error('expected "FILENAME" or <FILENAME>', 'An include names its file in quotes or angle brackets.'),
  'include-too-deep': error(
    '#include nested more than %0 deep',
    'A header includes itself, directly or in a circle, without an include guard.',
  ),
  'header-not-found': error(
    "'%0' file not found%1",
    'Only the bundled headers and files given to the compiler can be included. There is no file system behind the page.',
  ),
  'error-directive': error('%0', 'The source says so in an #error line.'),
  'warning-directive': warning('%0', 'The source says so in a #warning line.'),
  'stray-character': error("unexpected character '%0'", 'This character has no meaning in C outside strings and comments.'),
  'bad-escape': error(
    'invalid escape sequence or empty character constant in %0',
    'Known escapes are \\n \\t \\r \\0 \\x41 \\101 and the quoted quote or backslash.',
  ),
  'bad-number': error(
    "invalid integer constant '%0'",
    'Digits, an optional 0x, 0b or 0 in front, and u, l or ll behind, up to 64 bits.',
  ),
  'wide-string': error('wide string literals are not supported', 'BPF programs use byte strings.'),
  'expected-token': error("expected '%0' %1", 'The grammar needs this token here.'),
  'expected-expression': error('expected expression, found %0', 'An operand is missing.'),
  'expected-identifier': error('expected identifier', 'A name must stand here.'),
  'expected-member': error("expected a member name after '%0'", 'Write object.member or pointer->member.'),
  'expected-declarator': error("expected identifier or '(', found %0", 'A declaration names what it declares.'),
  'expected-declaration': error(
    "expected a declaration, found '%0'",
    'Outside functions only declarations and definitions may stand.',
  ),
  'expected-tag': error('declaration of anonymous %0 must be a definition', 'Give the type a tag or a body.'),
  'extraneous-brace': error("extraneous closing brace ('}')", 'There are more closing than opening braces above.'),
  'stray-else': error("'else' without a previous 'if'", 'A semicolon or a second statement may have ended the if before.'),
  'stray-case': error("'%0' statement not in switch statement", 'case and default belong inside a switch.'),
  'stray-break': error("'break' statement not in loop or switch statement", 'There is nothing here to break out of.'),
  'stray-continue': error("'continue' statement not in loop statement", 'There is no loop here to continue.'),
  'nested-function': refusal(
    "function definition of '%0' is not allowed here",
    'Functions cannot be defined inside functions. A brace of the function before may be missing.',
  ),
  'unknown-type': error("unknown type name '%0'%1", 'The name was not declared as a type before. A header may be missing.'),
  'implicit-int': error('type specifier missing', 'C99 removed the implicit int. Write the type.'),
  'two-types': error(
    'two or more data types in declaration',
    'Only one type may be named. A semicolon or comma may be missing before.',
  ),
  'bad-type-words': error("'%0' is no type", 'These type words cannot be combined.'),
  'two-storage-classes': error(
    "cannot combine '%0' with the storage class before it",
    'Only one of typedef, extern, static, auto and register is allowed.',
  ),
  'storage-not-allowed': error("storage class '%0' is not allowed here", 'Members and type names have no storage class.'),
  'thread-local': refusal(
    'thread-local storage is not supported',
    'BPF programs have no threads; use a per-CPU map or a global.',
  ),
  'floating-point': refusal(
    "floating point ('%0') is not supported",
    'eBPF has integer registers only. Use fixed-point numbers: scale by a power of two or by 1000.',
  ),
  int128: refusal('128-bit integers are not supported', 'eBPF has 64-bit registers. Split the value in two 64-bit halves.'),
  'variable-length-array': refusal(
    'variable-length arrays are not supported',
    'The stack of a BPF program is 512 bytes with fixed places. Use a constant size or a map.',
  ),
  'variadic-definition': refusal(
    'variadic functions cannot be defined',
    'BPF calls pass up to five registers; there is no argument list to walk. Use a macro, or pass a struct.',
  ),
  'computed-goto': refusal(
    'addresses of labels and computed goto are not supported',
    'BPF jumps have fixed targets. Use a switch.',
  ),
  'inline-assembly': refusal(
    'inline assembly with operands is not supported',
    'Write the operation in C. asm volatile("" ::: "memory") works as a barrier; BPF instructions that write only R0 to R5 are taken as they are.',
  ),
  'declares-nothing': warning('declaration does not declare anything', 'A name is missing, or the line can go.'),
  'auto-type-outside': error(
    "declaration of '%0' with deduced type requires an initialiser",
    '__auto_type takes its type from the value.',
  ),
  redefinition: error("redefinition of '%0'", 'The name has a meaning in this scope already.'),
  'conflicting-types': error(
    "conflicting types for '%0': '%1' here, '%2' before",
    'All declarations of one thing must have the same type.',
  ),
  'tag-mismatch': error(
    "use of '%0' with tag type that does not match previous declaration",
    'A tag names a struct, a union or an enum, not several of them.',
  ),
  'tag-redefined': error(
    "redefinition of '%0' with other contents",
    'A struct, union or enum may be repeated only with the same members in the same places.',
  ),
  'duplicate-member': error("duplicate member '%0'", 'Member names of one struct must differ.'),
  'member-function': error("field '%0' declared as a function", 'A member can be a pointer to a function.'),
  'flexible-not-last': error(
    "flexible array member '%0' is not at the end of the struct",
    'Only the last member may have an open length.',
  ),
  'incomplete-type': error("incomplete type '%0'", 'The type was declared but its body was never given.'),
  'incomplete-variable': error(
    "variable '%0' has incomplete type '%1'",
    'The compiler must know the size of a variable. The body of the type is missing.',
  ),
  'incomplete-member': error(
    "member access into incomplete type '%0'%1",
    'The struct was declared but its body was never given; a header may be missing.',
  ),
  'incomplete-arithmetic': error("arithmetic on a pointer to incomplete type '%0'", 'The size of one step is unknown.'),
  'size-of-incomplete': error("size of incomplete type '%0'", 'The type has no body, so it has no size.'),
  'size-of-bit-field': error('%0 of a bit-field', 'A bit-field has no size in bytes.'),
  'bad-bit-field': error(
    "bit-field '%0' of width %1 does not fit type '%2'",
    'A bit-field is at most as wide as its integer type; only an unnamed one may have width 0.',
  ),
  'unknown-mode': error("unknown machine mode '%0'", 'Known are QI, HI, SI and DI (8, 16, 32, 64 bits), byte, word and pointer.'),
  'bad-alignment': error('requested alignment %0 is not a power of two up to 4096', 'Alignments are powers of two.'),
  'type-too-large': refusal(
    "type '%0' is too large",
    'A type has at most 256 MiB, a section of static data 16 MiB. Large tables belong in a map.',
  ),
  'array-of': error("array of elements of type '%0'", 'Elements must be complete objects.'),
  'array-size-type': error("size of array has non-integer type '%0'", 'An array length is an integer.'),
  'array-negative': error("array '%0' has a negative size", 'An array length is at least zero.'),
  'function-returns': error("function cannot return '%0'", 'A function can return a pointer to it instead.'),
  'function-initialised': error("function '%0' is initialised like a variable", 'A function has a body, not a value.'),
  'void-parameter': error('parameter of type void', 'Only (void) alone is allowed, for "no parameters".'),
  'static-assertion': error('static assertion failed%0', 'The condition of _Static_assert is zero.'),
  'not-constant': error(
    '%0 is not a compile-time constant',
    'Only literals, enumerators, sizeof, addresses of globals and operators on them are constant.',
  ),
  'initialiser-too-large': error('initialiser has more than %0 elements', 'Fill large arrays in code or leave them zero.'),
  'array-initialiser': error("array of type '%0' needs an initialiser list or a string", 'Write { … }.'),
  'excess-elements': warning('excess elements in %0 initialiser', 'More values than places: the rest is ignored.'),
  'string-too-long': warning('initialiser string is longer than the array of %0', 'The rest of the string is cut off.'),
  'designator-kind': error('%0 designator cannot initialise %1', '.member is for structs and unions, [index] for arrays.'),
  'designator-range': error(
    'array designator index %0 is outside the array of %1',
    'Indices run from 0 to the length minus one.',
  ),
  undeclared: error("use of undeclared identifier '%0'%1", 'The name is not declared in any enclosing scope above.'),
  'undeclared-function': error(
    "call to undeclared function '%0'%1",
    'The function is neither declared above nor a built-in. A header may be missing, or the profile has no such helper.',
  ),
  'implicit-function': warning(
    "call to function '%0' before its declaration; it is taken to return int",
    'Declare the function above its first use.',
  ),
  'undeclared-label': error("use of undeclared label '%0'", 'The function has no such label.'),
  'unused-label': warning("unused label '%0'", 'No goto leads here.'),
  'unused-variable': warning("unused variable '%0'", 'Remove it, or mark it __attribute__((unused)).'),
  'unused-function': warning("unused function '%0'", 'Nothing calls this static function; it is left out of the program.'),
  'unused-value': warning('expression result unused', 'The value is computed and thrown away.'),
  'unused-comparison': warning('equality comparison result unused', 'Perhaps an assignment (=) was meant.'),
  'unreachable-code': warning('code will never be executed', 'The statement before always jumps away.'),
  'missing-return': warning(
    "non-void function '%0' does not return a value on every path",
    'Reaching the end leaves the result undefined; a BPF program would fail verification with "R0 !read_ok".',
  ),
  'empty-body': warning('%0 statement has empty body', 'The semicolon right behind the condition is the body.'),
  'assignment-in-condition': warning(
    'using the result of an assignment as a condition without parentheses',
    'Use == to compare, or write the assignment in an extra pair of parentheses.',
  ),
  'type-as-value': error(
    "unexpected type name '%0': expected expression",
    'A type cannot be computed with. sizeof(type) and (type)value can.',
  ),
  'bad-operand': error("invalid argument type '%1' to unary '%0'", 'The operator needs an integer.'),
  'bad-operands': error("invalid operands to binary '%0' ('%1' and '%2')", 'The operator does not work on these types.'),
  'not-scalar': error(
    "value of type '%0' is used where a number or pointer is required",
    'A condition is a number or a pointer.',
  ),
  'not-a-pointer': error("indirection requires pointer operand ('%0' invalid)", 'Only pointers can be dereferenced.'),
  'not-subscriptable': error(
    "subscripted value of type '%0' is not an array or pointer",
    'Only arrays and pointers have elements.',
  ),
  'index-type': error("array index of type '%0' is not an integer", 'Indices are integers.'),
  'index-outside': warning(
    'array index %0 is outside an array of %1 elements',
    'Reading there is undefined, and the verifier will refuse it.',
  ),
  'member-of-value': error(
    "member reference '%0' base type '%1' is not a structure or union",
    'Only structs and unions have members.',
  ),
  'no-member': error("no member named '%0' in '%1'%2", 'The struct or union has no such member.'),
  'arrow-on-value': error("member reference type '%0' is not a pointer", 'The -> operator needs a pointer to a struct or union.'),
  'arrow-on-record': error(
    "member reference type '%0' is not a pointer; did you mean to use '.'?",
    'The object itself, not a pointer to it, stands on the left.',
  ),
  'dot-on-pointer': error("member reference type '%0' is a pointer; did you mean to use '->'?", 'A pointer stands on the left.'),
  'not-callable': error("called object type '%0' is not a function or function pointer", 'Only functions can be called.'),
  'too-few-arguments': error("too few arguments to '%0': expected %1, have %2", 'The declaration asks for more.'),
  'too-many-arguments': error("too many arguments to '%0': expected %1, have %2", 'The declaration takes fewer.'),
  'helper-arguments': refusal(
    "more than five arguments in a call of '%0'",
    'Helpers take at most five arguments, in registers R1 to R5.',
  ),
  'many-arguments': advice(
    "'%0' takes more than five arguments; a BPF function has five registers for them",
    'The rest is passed through memory of the caller, which the kernel’s verifier refuses. Pass a struct by pointer, or make the function inline.',
  ),
  'recursive-function': advice(
    "function '%0' calls itself, directly or in a circle",
    'The verifier refuses recursion: the call chain must be known before the program runs.',
  ),
  'builtin-argument': error("invalid argument types in call of '%0'", 'See the documentation of the built-in function.'),
  'builtin-not-built': error("'%0' is not supported by this compiler%1", 'This built-in has no counterpart here yet.'),
  'atomic-type': advice(
    '_Atomic is read as volatile: operations on it are not atomic instructions',
    'eBPF has atomic instructions for words and double words: use __sync_fetch_and_add and its like, or __atomic_load_n and __atomic_store_n.',
  ),
  'atomic-width': refusal(
    "'%0' needs a 32-bit or 64-bit object, not '%1'",
    'eBPF has atomic instructions for words and double words only.',
  ),
  'atomic-cpu': error(
    'this atomic operation needs --cpu v3',
    'Instruction set v1 and v2 have only the atomic add without a result.',
  ),
  'statement-expression-outside': error('statement expression outside a function', '({ … }) needs a function around it.'),
  'generic-no-match': error("no association in _Generic matches type '%0'", 'Add an association for the type or a default.'),
  'address-of-value': error("cannot take the address of a value of type '%0'", 'Only objects in memory have addresses.'),
  'address-of-bit-field': error("address of bit-field '%0' requested", 'Bit-fields have no address.'),
  'not-assignable': error(
    'expression is not assignable',
    'Only variables, members, elements and what pointers point to can be assigned.',
  ),
  'array-assignment': error("array type '%0' is not assignable", 'Copy element by element, or with memcpy.'),
  'const-assignment': error("cannot assign to %0 with const-qualified type '%1'", 'The object was declared const.'),
  'bad-cast': error("cannot cast from type '%0' to type '%1'", 'Casts work between integers and pointers.'),
  'void-value': error('%0: the expression has no value', 'A function that returns void gives nothing to use.'),
  'incompatible-types': error('%0: the types are incompatible', 'No conversion leads from one type to the other.'),
  'incompatible-pointers': warning(
    'incompatible pointer types %0',
    'The pointers point to different types. Cast if this is meant.',
  ),
  'discards-qualifiers': warning('%0 discards qualifiers', 'Through the new pointer a const object could be changed.'),
  'integer-to-pointer': warning(
    'incompatible integer to pointer conversion %0',
    'A number is used as an address. Cast if this is meant.',
  ),
  'pointer-to-integer': warning(
    'incompatible pointer to integer conversion %0',
    'An address is used as a number. Cast if this is meant.',
  ),
  'constant-changes': warning(
    "implicit conversion from '%0' to '%1' changes value from %2 to %3",
    'The number does not fit the type.',
  ),
  'compare-pointers': warning("comparison of distinct pointer types ('%0' and '%1')", 'Cast one side if this is meant.'),
  'compare-pointer-integer': warning("comparison between pointer and integer ('%0' and '%1')", 'Cast one side if this is meant.'),
  'compare-negative': warning(
    "comparison of the negative number %0 as '%1', which is never negative",
    'The other side is unsigned, so the number becomes a large one.',
  ),
  'conditional-pointers': warning(
    "pointer type mismatch in conditional expression ('%0' and '%1')",
    'Both branches should have one type.',
  ),
  'conditional-mixed': warning(
    "pointer and integer mixed in conditional expression ('%0' and '%1')",
    'Cast one side if this is meant.',
  ),
  'conditional-types': error(
    "incompatible operand types in conditional expression ('%0' and '%1')",
    'Both branches must have one type.',
  ),
  'division-by-zero': warning("'%0' by zero is undefined", 'eBPF defines x / 0 as 0 and x % 0 as x, C does not.'),
  'shift-count': warning('shift count %0 is outside a value of %1 bits', 'The result is undefined.'),
  'sign-compare': warning(
    "comparison of integers of different signs: '%0' and '%1'",
    'The signed value is turned into an unsigned one first: a negative number becomes a very large one. Cast the side you mean.',
  ),
  shadow: warning(
    "declaration of '%0' shadows a %1",
    'Inside this block the name means the new variable; the outer one cannot be reached. Rename one of them.',
  ),
  'implicit-fallthrough': warning(
    'unannotated fall-through between switch labels',
    "Execution goes on from the case above into this one. Write 'break;', or '__attribute__((fallthrough));' where it is meant.",
  ),
  'printk-arguments': warning(
    'bpf_printk: the format takes %0 values, but %1 are given',
    'Each conversion of the format prints one value behind it.',
  ),
  'printk-conversion': warning(
    "bpf_printk: '%0' is no conversion that the kernel knows",
    'bpf_trace_printk knows %d %i %u %x with l and ll in front, %s, %c, %p and its pk, pB, pi4, pI4, pi6, pI6 forms, and %%.',
  ),
  'printk-type': warning(
    "bpf_printk: '%0' prints %1 bytes, but the value has type '%2'",
    'Write %llu or %lld for 64-bit values, %u or %d for smaller ones; the upper half would be lost otherwise.',
  ),
  precedence: warning(
    "'%0' binds tighter than '%1': this is a comparison inside the operand",
    'a & b == c means a & (b == c). Write the parentheses that you mean.',
  ),
  'not-precedence': warning(
    "'!' applies to the left operand of '%0' only",
    '!a & b means (!a) & b. Write !(a & b), or parentheses around !a where that is meant.',
  ),
  'chained-comparison': warning(
    'the result of a comparison is compared again',
    'a == b == c compares 0 or 1 with c. Write a == b && b == c.',
  ),
  'self-comparison': warning("'%0' is compared with itself, which is always %1", 'Another name was perhaps meant on one side.'),
  'self-assignment': warning("'%0' is assigned to itself", 'Another name was perhaps meant on one side.'),
  always: warning(
    "comparison of '%0' %1 %2 is always %3",
    'No value of this type makes the comparison come out otherwise: an unsigned value is never below zero, a narrow one never above its largest.',
  ),
  'enum-not-handled': warning('the switch does not handle %0', 'Add the cases, or a default.'),
  'case-not-in-enum': warning("case value %0 is not in '%1'", 'The enumeration has no enumerator of this value.'),
  uninitialised: warning(
    "variable '%0' is used, but nothing gives it a value",
    'Its value is whatever the stack held; the verifier refuses to read it. Initialise it where it is declared.',
  ),
  'unused-but-set': warning("variable '%0' is set, but its value is never used", 'Use it, or leave it out.'),
  'data-section': refusal(
    "variable '%0' is in section '%1', which no loader places in memory%2",
    'Variables go to .data, .bss, .rodata and sections named below them (.data.mine); maps to .maps, the license to license.',
  ),
  'no-program': advice(
    'no function of this file is a program: none has a section',
    'The kernel attaches functions by their section. Write SEC("qdisc/enqueue") in front of the function that takes packets in.',
  ),
  'missing-license': advice(
    "'%0' may be called only by programs with a license compatible with the GPL, and this file names none",
    'Add: char _license[] SEC("license") = "GPL";',
  ),
  'data-too-large': refusal(
    "with '%0' section %1 has %2 bytes; at most 16 MiB are taken",
    'Static data lies in the value of one array map. Use a map with as many entries as are needed.',
  ),
  'switch-type': error("statement requires expression of integer type ('%0' invalid)", 'switch works on integers.'),
  'duplicate-case': error("duplicate case value '%0'", 'Two labels of one switch have the same value.'),
  'duplicate-default': error('multiple default labels in one switch', 'Only one default is allowed.'),
  'empty-case-range': warning('empty case range', 'The first value is above the last.'),
  'return-without-value': error("non-void function '%0' should return a value", 'Write return VALUE;.'),
  'return-with-value': warning("void function '%0' should not return a value", 'The value is thrown away.'),
  'returns-local': warning(
    "address of stack memory associated with local variable '%0' returned",
    'The variable is gone when the function returns.',
  ),
  'cleanup-function': error("cleanup attribute of '%0' does not name a function", 'Write __attribute__((cleanup(function))).'),
  'signed-division': error(
    'signed division is not in instruction set %0: use unsigned types, or --cpu v4',
    'Before v4 eBPF divides unsigned numbers only; clang refuses this, too. Cast both operands to unsigned when they are never negative.',
  ),
  'stack-limit': refusal(
    "function '%0' needs %1 bytes of stack, of which a BPF function has 512",
    'Move large variables to a map (an array map with one entry), or make them smaller.',
  ),
  'jump-too-far': refusal("function '%0' is too long: a jump does not fit 16 bits", 'Split the function.'),
  'undefined-symbol': refusal(
    "'%0' is used but never defined",
    'There is no linker behind: everything a program uses must be in the file, except helpers and kernel functions.',
  ),
  'indirect-call': refusal(
    'call through a function pointer that is not known at compile time',
    'BPF cannot call through a register. Use a switch, or pass a function designator to a helper as a callback.',
  ),
  'large-copy': refusal(
    'copy or fill of %0 bytes is too large for a BPF program',
    'Each eight bytes take instructions. Use a loop over a map value, or smaller objects.',
  ),
  'dynamic-memory-builtin': refusal(
    "'%0' needs a constant size",
    'The compiler expands it in place, so the number of bytes must be known.',
  ),
  'map-definition': error(
    "map '%0': %1",
    'A map is a struct with __uint(type, …), __uint(max_entries, …), __type(key, …), __type(value, …) in SEC(".maps").',
  ),
  'old-map-definition': refusal(
    'map \'%0\' uses the old struct bpf_map_def in SEC("maps")',
    'libbpf 1.0 dropped these. Write struct { __uint(type, …); … } name SEC(".maps");.',
  ),
  'struct-ops-type': error(
    "'%0' in a .struct_ops section is not of a struct type",
    'The section holds tables of operations: struct Qdisc_ops with designated initialisers.',
  ),
  'struct-ops-member': error(
    'member \'%0\' must point to a program in SEC("struct_ops")',
    'A table of operations names programs: functions made with BPF_PROG whose section is struct_ops, or struct_ops/NAME.',
  ),
  'kernel-setting': error(
    "'%0' is no setting of the simulated kernel",
    'An extern in .kconfig gets its value from the kernel configuration when the object is loaded. Declare it __weak when it may be missing.',
  ),
  'no-profile': error(
    'no profile: include %0, or choose a profile outside the file',
    'The numbers of SCH_BPF_* and the helpers differ between the posted versions, so a file must say which it means.',
  ),
  'two-profiles': error(
    "two profiles in one file: '%0' and '%1'; include one of %2",
    'A program is written for one version of the interface.',
  ),
  'profile-mismatch': error(
    "the file is for profile '%0', but '%1' was chosen; choices are %2",
    'Change the include or the choice outside.',
  ),
  'profile-not-built': error("profile '%0' is not built; choices are %1", 'This version of the interface cannot be run here.'),
  'data-pointer': refusal(
    '%0 cannot be stored in static data',
    'Addresses of data can be; addresses of functions and maps cannot be.',
  ),
  'unknown-section': warning(
    "section '%0' of function '%1' is not one that a program can be attached by%2",
    'Known are qdisc/enqueue, qdisc/dequeue, qdisc/reset, struct_ops, tc, classifier and xdp among others.',
  ),
  'no-definition-kfunc': error("kernel function '%0' is declared without __ksym", 'Write extern … __ksym; after the prototype.'),
} as const satisfies Readonly<Record<string, CompileMessage>>;

export type MessageCode = keyof typeof MESSAGES;
