// Recorded verdicts of real kernels on small Qdisc_ops programs (prelude, default bodies, replaced bodies) as C files, and the
// comparison of messages with numbers set aside: for the command line's batches and for tests. Reads plain parsed JSON. Knows
// nothing of compilers or files.

const OPS = ['enqueue', 'dequeue', 'init', 'reset', 'destroy'] as const;
type Op = (typeof OPS)[number];

/** Names of the functions that implement the operations, as the recorded objects had them. */
const FUNCTION_NAMES: Readonly<Record<Op, string>> = {
  enqueue: 'x_enq',
  dequeue: 'x_deq',
  init: 'x_init',
  reset: 'x_reset',
  destroy: 'x_destroy',
};

export interface QdiscCaseResult {
  readonly verdict: string;
  readonly errno?: string | null;
  readonly messages?: readonly string[] | null;
}

/** One case: bodies that differ from the default ones. */
export interface QdiscCase extends Partial<Readonly<Record<Op, string>>> {
  readonly name: string;
  readonly declarations?: string;
  readonly extra_members?: string;
  readonly omit_members?: readonly string[];
  readonly result: Readonly<Record<string, QdiscCaseResult>>;
}

export interface QdiscCaseFile {
  readonly prelude: string;
  readonly default_bodies: Readonly<Record<Op, string>>;
  readonly signatures: Readonly<Record<Op, string>>;
  readonly cases: readonly QdiscCase[];
}

/** `int (struct sk_buff *skb, …)` to the return type and the parameters. */
function splitSignature(signature: string): { readonly returns: string; readonly params: string } {
  const open = signature.indexOf('(');
  return { returns: signature.slice(0, open).trim(), params: signature.slice(open + 1, signature.lastIndexOf(')')) };
}

/** The C file of a case. */
export function sourceOfQdiscCase(file: QdiscCaseFile, given: QdiscCase): string {
  const omitted = given.omit_members ?? [];
  const functions = OPS.map((op) => {
    const { returns, params } = splitSignature(file.signatures[op]);
    return `SEC("struct_ops")\n${returns} BPF_PROG(${FUNCTION_NAMES[op]}, ${params})\n{ ${given[op] ?? file.default_bodies[op]} }\n`;
  });
  const members = OPS.filter((op) => !omitted.includes(op)).map((op) => `\t.${op} = (void *)${FUNCTION_NAMES[op]},\n`);
  if (!omitted.includes('id')) members.push('\t.id = "xq",\n');
  if (given.extra_members !== undefined) members.push(`\t${given.extra_members}\n`);
  const table = `SEC(".struct_ops")\nstruct Qdisc_ops xq = {\n${members.join('')}};\n`;
  return [file.prelude, given.declarations ?? '', ...functions, table].join('\n');
}

/** True for a parsed document of this kind. */
export function isQdiscCaseFile(value: unknown): value is QdiscCaseFile {
  return typeof value === 'object' && value !== null && 'prelude' in value && 'default_bodies' in value && 'cases' in value;
}

/** A message with everything that depends on the code generator set aside: numbers of any base and sign. */
export const withoutNumbers = (message: string): string =>
  message.replace(/-?\b(0x[0-9a-f]+|\d+)\b|(?<=\bR|fp|func#|arg#)-?\d+/gi, 'N');
