// Variables in `.struct_ops` sections: which function each member points to and what plain data the others hold. Reads
// initialisers; nothing of the struct exists at run time as the program sees it.

import { sizeOf } from '../abi/ctype.ts';
import type { LineEntry, StructOpsMember, StructOpsVariable } from '../object/program-object.ts';
import { constantOf } from './constant.ts';
import { variableBytes } from './data-sections.ts';
import type { Reporter } from './report.ts';
import type { FunctionSymbol, GlobalVariable } from './tree.ts';
import { recordOf } from './types.ts';

/** Sections that libbpf registers as tables of operations. */
const SECTIONS: ReadonlySet<string> = new Set(['.struct_ops', '.struct_ops.link']);

export const isStructOps = (variable: GlobalVariable): boolean => variable.section !== null && SECTIONS.has(variable.section);

/** The table a variable stands for; null after a finding. `indexOf` numbers the object's functions. */
export function readStructOps(
  variable: GlobalVariable,
  line: LineEntry | null,
  indexOf: (symbol: FunctionSymbol) => number | null,
  reporter: Reporter,
): StructOpsVariable | null {
  const record = recordOf(variable.type);
  if (record === null || record.members === null || record.tag === null) {
    reporter.report('struct-ops-type', variable.place, [variable.name]);
    return null;
  }
  const { bytes, pointers } = variableBytes(variable);
  const members: StructOpsMember[] = [];
  for (const { name, offset, type } of record.members) {
    if (name === null) continue;
    const pointer = pointers.find((candidate) => candidate.offset === offset);
    if (pointer === undefined) {
      const own = bytes.slice(offset, offset + sizeOf(type));
      if (own.some((byte) => byte !== 0)) members.push({ member: name, kind: 'data', bytes: own });
      continue;
    }
    const base = constantOf(pointer.item.value)?.base ?? null;
    const index = base?.kind === 'function' ? indexOf(base) : null;
    if (base?.kind !== 'function' || index === null || !isProgram(base)) {
      reporter.report('struct-ops-member', pointer.item.value.place, [name, base?.name ?? '']);
      continue;
    }
    members.push({ member: name, kind: 'function', function: index });
  }
  return { name: variable.name, type: record.tag, section: variable.section ?? '.struct_ops', members, line };
}

const isProgram = (symbol: FunctionSymbol): boolean =>
  symbol.section === 'struct_ops' || (symbol.section?.startsWith('struct_ops/') ?? false);
