// Recorded verdict cases (bytecode, maps, references to maps, as BPF_PROG_LOAD takes them) to linked programs and back to a
// verdict: for the command line's batches and for tests. Reads plain parsed JSON; a field that is missing or of another type
// reads as empty. Knows nothing of files.

import { KERNEL_PROGRAM_TYPES, type KernelProgramType } from '../abi/calls-kernel.ts';
import { decode } from '../isa/codec.ts';
import { type LinkedProgram, NO_LINKED_PARTS } from '../object/link.ts';
import type { ObjectMap } from '../object/program-object.ts';
import { findSubprograms } from './control-flow.ts';
import { rulesOfKernelType } from './kernel-rules.ts';
import { type VerifierReport, verifyUnderRules } from './verify.ts';

export interface CaseMap {
  readonly type: string;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly inner?: CaseMap;
  readonly data?: string;
  readonly frozen?: boolean;
}

/** The fields of a case that a verdict depends on. */
export interface BytecodeCase {
  readonly name: string;
  readonly prog_type: string;
  readonly attach_type: number;
  readonly license: string;
  readonly prog_flags: readonly string[];
  readonly code: string;
  readonly maps: readonly CaseMap[];
  readonly map_refs: readonly (readonly [number, number])[];
}

const MAP_NUMBERS: Readonly<Record<string, number>> = {
  hash: 1,
  array: 2,
  prog_array: 3,
  perf_event_array: 4,
  percpu_hash: 5,
  percpu_array: 6,
  stack_trace: 7,
  cgroup_array: 8,
  lru_hash: 9,
  lru_percpu_hash: 10,
  lpm_trie: 11,
  array_of_maps: 12,
  hash_of_maps: 13,
  devmap: 14,
  sockmap: 15,
  cpumap: 16,
  xskmap: 17,
  sockhash: 18,
  cgroup_storage: 19,
  reuseport_sockarray: 20,
  percpu_cgroup_storage: 21,
  queue: 22,
  stack: 23,
  sk_storage: 24,
  devmap_hash: 25,
  ringbuf: 27,
};

function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(text.length / 2));
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

const READ_ONLY_FLAG = 128;

function mapOf(given: CaseMap, name: string): ObjectMap {
  const constant = given.frozen === true && (given.map_flags & READ_ONLY_FLAG) !== 0;
  return {
    name,
    type: MAP_NUMBERS[given.type] ?? 0,
    keySize: given.key_size,
    valueSize: given.value_size,
    maxEntries: given.max_entries,
    flags: given.map_flags,
    pinning: 0,
    keyType: null,
    valueType: null,
    data:
      constant && given.data !== undefined
        ? { section: '.rodata', bytes: fromHex(given.data), variables: [], readOnly: true, relocations: [] }
        : null,
    inner: given.inner === undefined ? null : mapOf(given.inner, `${name}.inner`),
    line: null,
  };
}

/** Map index that no program has: what a bogus file descriptor becomes. */
const NO_MAP = -1;

/** The case as the linker would have left it. */
export function programOfCase(given: BytecodeCase): LinkedProgram {
  const code = decode(fromHex(given.code));
  const named = new Map(given.map_refs.map(([slot, map]) => [slot, map]));
  for (let slot = 0; slot < code.length; slot++) {
    if (code.opcode[slot] !== 0x18) continue;
    const source = code.src[slot] ?? 0;
    if (source === 1 || source === 2) code.imm[slot] = named.get(slot) ?? NO_MAP;
    slot++;
  }
  const found = findSubprograms(code);
  // Cases carry no function names; the kernel prints none for them.
  const subprograms = Array.isArray(found)
    ? found.map((part) => ({ ...part, name: '' }))
    : [{ name: 'main', start: 0, end: code.length, linkage: 'static' as const }];
  return {
    ...NO_LINKED_PARTS,
    name: given.name,
    section: given.prog_type,
    kind: 'other',
    license: given.license,
    code,
    subprograms: code.length === 0 ? [] : subprograms,
    maps: given.maps.map((map, i) => mapOf(map, `map${i}`)),
    lines: [],
    files: [],
    kfuncs: [],
  };
}

/** True when the verifier has rules for the case's program type. */
export const isKernelType = (type: string): type is KernelProgramType => KERNEL_PROGRAM_TYPES.some((known) => known === type);

/** Verdict on one case; null when its program type is not supported. */
export function judgeCase(given: BytecodeCase, instructionLimit?: number, logLevel: 0 | 1 | 2 = 0): VerifierReport | null {
  if (!isKernelType(given.prog_type)) return null;
  return verifyUnderRules(
    programOfCase(given),
    rulesOfKernelType(given.prog_type, given.attach_type),
    { profile: null, logLevel, ...(instructionLimit === undefined ? {} : { instructionLimit }) },
    {
      strictAlignment: given.prog_flags.includes('strict_alignment'),
      saveOften: given.prog_flags.includes('test_state_freq'),
    },
  ).report;
}
