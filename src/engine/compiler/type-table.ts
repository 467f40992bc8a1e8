// The object's own type table: every complete struct and union that functions, variables, maps and type numbers lead to, in order
// of first mention (what clang's BTF would hold). Knows nothing of code.

import type { CType, RecordType } from '../abi/ctype.ts';
import { bare } from '../abi/ctype.ts';

export class TypeTable {
  readonly types: CType[] = [];
  private readonly indices = new Map<CType, number>();
  private readonly walked = new Set<CType>();

  /** Index of a type, which is added when it is new; typedefs and qualifiers do not count. */
  indexOf(type: CType): number {
    const named = bare(type);
    const known = this.indices.get(named);
    if (known !== undefined) return known;
    const index = this.types.length;
    this.types.push(named);
    this.indices.set(named, index);
    this.reach(named);
    return index;
  }

  /** Adds every complete record that a type leads to. */
  reach(type: CType): void {
    const work: CType[] = [type];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const t = bare(next);
      if (this.walked.has(t)) continue;
      this.walked.add(t);
      switch (t.kind) {
        case 'pointer':
          work.push(t.to);
          break;
        case 'array':
          work.push(t.of);
          break;
        case 'function':
          work.push(...t.params.map((param) => param.type).reverse(), t.returns);
          break;
        case 'struct':
        case 'union':
          this.record(t, work);
          break;
        default:
      }
    }
  }

  private record(type: RecordType, work: CType[]): void {
    if (type.members === null) return;
    if (!this.indices.has(type)) {
      this.indices.set(type, this.types.length);
      this.types.push(type);
    }
    for (const member of [...type.members].reverse()) work.push(member.type);
  }
}
