// What the verifier must know of a program that implements a member of struct Qdisc_ops: its arguments, structures, kernel
// functions, helpers, and the kernel whose verdict is wanted (Linux net/sched/bpf_qdisc.c; specification 1 to 3). Knows
// nothing of states.

import { KERNEL_CALL_NAMES } from '../abi/calls-kernel.ts';
import { STRUCT_OPS_CALLS, type StructOpsCallRow } from '../abi/calls-struct-ops.ts';
import type { CType } from '../abi/ctype.ts';
import { QDISC_OPS, type QdiscOp } from '../abi/kernel-structs.ts';
import type { LinkedProgram } from '../object/link.ts';
import { argOf, returnOf } from './kernel-rules.ts';
import type { HelperRule, ProgramRules } from './program-rules.ts';
import { StructTable } from './special-fields.ts';

export type KernelVersion = '7.2' | '6.18' | '6.17';

export interface StructOpsModel {
  /** Member of Qdisc_ops. */
  readonly op: string;
  /** Null for a member that no program may implement. */
  readonly shape: QdiscOp | null;
  readonly kernel: KernelVersion;
  readonly structs: StructTable;
  /** The object's own types; a type id is an index into it plus one. */
  readonly types: readonly CType[];
}

function ruleOf(row: StructOpsCallRow): HelperRule {
  return {
    id: row.id,
    name: row.name,
    args: row.args === '' ? [] : row.args.split(' ').map(argOf),
    returns: returnOf(row.returns),
    mapTypes: row.id === 164 ? [1, 2, 5, 6, 9, 10] : null,
    allowed: [],
    gplOnly: false,
    movesPacket: false,
    readsPacket: true,
    callback: row.callback ?? null,
    acquires: row.acquires ?? false,
    releases: row.releases ?? false,
    consumesPacket: false,
    tailCall: row.id === 12,
  };
}

const helpers = new Map(STRUCT_OPS_CALLS.map((row) => [row.id, ruleOf(row)]));

/** Every type that the program's functions, kernel functions and maps mention. */
function declaredTypes(program: LinkedProgram): CType[] {
  const types: CType[] = [];
  for (const part of program.subprograms) if (part.type !== undefined && part.type !== null) types.push(part.type);
  for (const declared of program.kernelFunctions) if (declared !== null && declared.type !== null) types.push(declared.type);
  for (const map of program.maps) {
    if (map.valueType !== null) types.push(map.valueType);
    for (const variable of map.data?.variables ?? []) types.push(variable.type);
  }
  return [...types, ...program.types];
}

/** Rules of one struct_ops program. */
export function rulesOfStructOps(program: LinkedProgram, kernel: KernelVersion): ProgramRules {
  const op = program.structOps?.op ?? '';
  const shape = QDISC_OPS[op] ?? null;
  const model: StructOpsModel = {
    op,
    shape,
    kernel,
    structs: new StructTable(program.types, declaredTypes(program)),
    types: program.types,
  };
  return {
    name: 'struct_ops',
    contextName: `the arguments of ${op}`,
    context: () => null,
    packet: null,
    fieldName: () => null,
    helper: (id) => helpers.get(id) ?? null,
    helperName: (id) => {
      const name = KERNEL_CALL_NAMES[id];
      return name === undefined || id <= 0 ? null : `bpf_${name}`;
    },
    directPacket: 'none',
    exitRange: shape?.returns === 'sk_buff' ? { low: 0n, high: 0n } : null,
    legacyPacketLoads: false,
    ownership: 'none',
    ownershipIsStrict: true,
    poppedPacketIsReadable: true,
    stackMustBeWritten: false,
    keepCodes: [],
    model,
  };
}
