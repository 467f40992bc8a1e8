// From an object to something a scenario can attach: finds its programs by section, sets knobs, verifies each program. Knows
// nothing of C or of simulations.

import { bare, sizeOf } from './abi/ctype.ts';
import type { ApiProfile, ProfileId, ProgramKind, QuirkId } from './abi/profile.ts';
import { PROFILES, profileOf } from './abi/profiles.ts';
import { type Diagnostic, hasErrors } from './base/diagnostic.ts';
import { isKernelObject, verifyKernelObject } from './kernel-object.ts';
import type { LinkedProgram } from './object/link.ts';
import { linkProgram } from './object/link.ts';
import type { GlobalVariable, ObjectMap, ProgramObject } from './object/program-object.ts';
import { judgeStructOps, type ObjectVerdict } from './struct-ops-object.ts';
import type { AttachableProgram } from './tc/attachable-program.ts';
import { type KernelVersion, type VerifierReport, verify } from './verifier/verify.ts';

/** How to look at an object. */
export interface PrepareOptions {
  /** Profile chosen outside the object; null takes the object's own. */
  readonly profile: ProfileId | null;
  readonly quirks: readonly QuirkId[];
  /** Knobs: values of `const volatile` globals, by name. */
  readonly set: Readonly<Record<string, number | string>>;
  readonly logLevel?: 0 | 1 | 2;
  /** Whose verdict on a struct_ops object is wanted; 7.2 when absent. */
  readonly kernel?: KernelVersion;
}

/** One program with what the verifier said of it. */
export interface PreparedProgram {
  readonly linked: LinkedProgram;
  readonly accepted: boolean;
  readonly report: VerifierReport;
}

export interface Prepared {
  /** Present when everything was accepted. */
  readonly attachable: AttachableProgram | null;
  readonly profile: ApiProfile | null;
  readonly programs: readonly PreparedProgram[];
  readonly diagnostics: readonly Diagnostic[];
  /** What loading and registering the whole object ends with; null where a scenario attaches the programs. */
  readonly verdict: ObjectVerdict | null;
}

const problem = (code: string, message: string): Diagnostic => ({ severity: 'error', code, message, span: null, notes: [] });

/** Kind of program a section name stands for under a profile, or null for a section that holds none. */
function kindOfSection(section: string, profile: ApiProfile): ProgramKind | null {
  const row = profile.sections.find((item) => item.names.some((name) => section === name || section.startsWith(`${name}/`)));
  return row?.kind ?? null;
}

function chooseProfile(object: ProgramObject, chosen: ProfileId | null): ApiProfile | Diagnostic {
  if (object.profile !== null && chosen !== null && object.profile !== chosen) {
    return problem(
      'profile-mismatch',
      `"${object.name}" was compiled for profile ${object.profile} and cannot run under ${chosen}`,
    );
  }
  const id = object.profile ?? chosen;
  const known = PROFILES.map((profile) => profile.id).join(', ');
  if (id === null)
    return problem('profile-missing', `"${object.name}" names no profile: include <qdisc/v4.h> or choose one of ${known}`);
  return profileOf(id) ?? problem('profile-not-built', `profile ${id} is not available yet; there is: ${known}`);
}

function writeKnob(bytes: Uint8Array, variable: GlobalVariable, value: bigint): void {
  for (let i = 0; i < variable.size; i++) bytes[variable.offset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

/** Maps with the knobs written into fresh read-only data; problems for knobs that do not exist or do not fit. */
function turnKnobs(maps: readonly ObjectMap[], set: PrepareOptions['set'], problems: Diagnostic[]): ObjectMap[] {
  const wanted = new Map(Object.entries(set));
  const turned = maps.map((map) => {
    if (map.data === null || !map.data.readOnly) return map;
    const bytes = map.data.bytes.slice();
    for (const variable of map.data.variables) {
      const given = wanted.get(variable.name);
      if (given === undefined) continue;
      wanted.delete(variable.name);
      const type = bare(variable.type);
      const text = String(given).trim();
      if ((type.kind !== 'int' && type.kind !== 'enum') || !/^-?(\d+|0x[0-9a-f]+)$/i.test(text)) {
        problems.push(problem('knob-value', `knob ${variable.name} takes a whole number, not "${text}"`));
        continue;
      }
      const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
      const bits = sizeOf(type) * 8;
      if (BigInt.asIntN(bits, value) !== value && BigInt.asUintN(bits, value) !== value) {
        problems.push(problem('knob-value', `${text} does not fit knob ${variable.name} of ${bits} bits`));
        continue;
      }
      writeKnob(bytes, variable, value);
    }
    return { ...map, data: { ...map.data, bytes } };
  });
  for (const name of wanted.keys()) problems.push(problem('knob-unknown', `there is no knob (const volatile global) "${name}"`));
  return turned;
}

/** A struct_ops object: judged as a kernel would, but nothing runs it here yet. */
function prepareStructOps(
  object: ProgramObject,
  profile: ApiProfile,
  options: PrepareOptions,
  diagnostics: Diagnostic[],
): Prepared {
  const { verdict, programs } = judgeStructOps(object, options.kernel ?? '7.2', options.logLevel ?? 1);
  const prepared = programs.map(({ linked, result }) => ({ linked, accepted: result.ok, report: result.report }));
  for (const { report } of prepared) diagnostics.push(...report.diagnostics);
  const said = diagnostics.some((item) => item.severity === 'error');
  if (!verdict.accepted && !said) diagnostics.push(problem(`struct-ops-${verdict.stage}`, verdict.message ?? ''));
  if (verdict.accepted) {
    const message = 'a kernel would take these programs; running them against traffic is not available here yet';
    diagnostics.push({ severity: 'warning', code: 'struct-ops-not-run', message, span: null, notes: [] });
  }
  return { attachable: null, profile, programs: prepared, diagnostics, verdict };
}

/** Programs of other hooks of the kernel: verified as there; a scenario has no place for them. */
function prepareKernelObject(object: ProgramObject, logLevel: 0 | 1 | 2): Prepared {
  const verdicts = verifyKernelObject(object, logLevel);
  const programs = verdicts.map(({ linked, result }) => ({ linked, accepted: result.ok, report: result.report }));
  const diagnostics = programs.flatMap(({ report }) => report.diagnostics);
  const rejection = programs.find(({ accepted }) => !accepted)?.report.rejection ?? null;
  const verdict = {
    stage: 'load' as const,
    accepted: rejection === null,
    errno: rejection?.errno ?? 0,
    message: rejection?.kernelMessage ?? null,
    details: [],
  };
  if (rejection === null) {
    const message = 'a kernel would take these programs; they are no qdiscs, and a scenario has no place for them';
    diagnostics.push({ severity: 'warning', code: 'no-qdisc', message, span: null, notes: [] });
  }
  return { attachable: null, profile: null, programs, diagnostics, verdict };
}

/** Verifies every program of an object. Nothing that was not accepted becomes attachable. */
export function prepareObject(object: ProgramObject, options: PrepareOptions): Prepared {
  if (object.profile === null && options.profile === null && isKernelObject(object)) {
    return prepareKernelObject(object, options.logLevel ?? 1);
  }
  const profile = chooseProfile(object, options.profile);
  if ('severity' in profile) return { attachable: null, profile: null, programs: [], diagnostics: [profile], verdict: null };
  const diagnostics: Diagnostic[] = [];
  const maps = turnKnobs(object.maps, options.set, diagnostics);
  const tuned: ProgramObject = { ...object, maps };
  if (profile.id === 'struct_ops') return prepareStructOps(tuned, profile, options, diagnostics);
  const programs: PreparedProgram[] = [];
  const accepted: AttachableProgram['programs'][number][] = [];
  object.functions.forEach((item, index) => {
    if (item.section === '.text') return;
    const kind = kindOfSection(item.section, profile);
    if (kind === null) {
      diagnostics.push(
        problem('section-unknown', `section "${item.section}" of ${item.name} is no program section of profile ${profile.id}`),
      );
      return;
    }
    const linked = linkProgram(tuned, index, kind);
    const result = verify(linked, { profile: profile.id, logLevel: options.logLevel ?? 1 });
    programs.push({ linked, accepted: result.ok, report: result.report });
    diagnostics.push(...result.report.diagnostics);
    if (result.ok) accepted.push({ section: item.section, kind, verified: result.program });
  });
  for (const { kind, names, required } of profile.sections) {
    if (required && !programs.some((item) => item.linked.kind === kind)) {
      diagnostics.push(problem('program-missing', `there is no program in section "${names[0]}"`));
    }
  }
  const unknown = options.quirks.filter((quirk) => !profile.quirks.includes(quirk));
  for (const quirk of unknown) diagnostics.push(problem('quirk-unknown', `profile ${profile.id} has no quirk ${quirk}`));
  const complete = accepted.length === programs.length && !hasErrors(diagnostics);
  const attachable = complete ? { name: object.name, profile, quirks: new Set(options.quirks), maps, programs: accepted } : null;
  return { attachable, profile, programs, diagnostics, verdict: null };
}
