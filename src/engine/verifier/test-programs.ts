// Builds linked programs from assembly text for tests: subprograms found from the calls, maps given. For tests only.

import type { ProgramKind } from '../abi/profile.ts';
import { invariant } from '../base/assert.ts';
import { assemble } from '../isa/assemble.ts';
import { type LinkedProgram, NO_LINKED_PARTS } from '../object/link.ts';
import type { ObjectMap } from '../object/program-object.ts';
import { findSubprograms } from './control-flow.ts';

/** A map of a type, with the sizes given. */
const testMap = (type: number, keySize: number, valueSize: number, maxEntries: number, name = 'm'): ObjectMap => ({
  name,
  type,
  keySize,
  valueSize,
  maxEntries,
  flags: 0,
  pinning: 0,
  keyType: null,
  valueType: null,
  data: null,
  inner: null,
  line: null,
});

const SKB_MAP = testMap(201, 8, 0, 64, 'packets');
const ARRAY_MAP = testMap(2, 4, 48, 4, 'table');
const HASH_MAP = testMap(1, 8, 16, 4, 'flows');

/** A linked program from assembly; map 0 is the skb map, 1 the array, 2 the hash unless others are given. */
export function testProgram(
  text: string,
  kind: ProgramKind = 'qdisc/enqueue',
  maps: readonly ObjectMap[] = [SKB_MAP, ARRAY_MAP, HASH_MAP],
): LinkedProgram {
  const { code, problems } = assemble(text);
  invariant(problems.length === 0, `assembly: ${problems.map((problem) => `${problem.line}: ${problem.message}`).join('; ')}`);
  const subprograms = findSubprograms(code);
  invariant(Array.isArray(subprograms), 'calls inside the program');
  return {
    ...NO_LINKED_PARTS,
    name: 'test',
    section: kind,
    kind,
    license: 'GPL',
    code,
    subprograms,
    maps,
    lines: [],
    files: [],
    kfuncs: [],
  };
}
