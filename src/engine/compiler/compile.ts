// The compiler's driver: one source file in, a ProgramObject or diagnostics out. Runs the stages in order and stops after the
// first that finds an error. Never throws for anything a person wrote.

import { headersOf } from '../abi/headers.ts';
import type { ProfileId } from '../abi/profile.ts';
import { type Diagnostic, type DiagnosticNote, sortDiagnostics } from '../base/diagnostic.ts';
import type { SourceFile } from '../base/source.ts';
import type { ProgramObject } from '../object/program-object.ts';
import { checkUnit } from './check-declarations.ts';
import { checkSections } from './check-sections.ts';
import { headerThatDeclares } from './declared-elsewhere.ts';
import { generateObject } from './generate.ts';
import { HeaderFinder } from './header-finder.ts';
import { parseTranslationUnit } from './parse-declarations.ts';
import { Parser } from './parser.ts';
import { preprocess } from './preprocessor.ts';
import { profileOfFiles } from './profile-choice.ts';
import { Reporter } from './report.ts';

export type OptimisationLevel = 0 | 1 | 2;
export type CpuVersion = 'v1' | 'v2' | 'v3' | 'v4';

export interface CompileOptions {
  /** Profile chosen outside the file (page or --profile); null: the file must name one by including <qdisc/v4.h> … */
  readonly profile: ProfileId | null;
  readonly optimise: OptimisationLevel;
  readonly cpu: CpuVersion;
  readonly defines?: readonly (readonly [string, string])[];
  /** Extra include files by path, searched before the bundled ones. */
  readonly headers?: readonly SourceFile[];
  /** When false a source that names no profile is fine (command line `eval`). Default true. */
  readonly requireProfile?: boolean;
  /** Whether the object says where variables are, for the debugger. Code is the same either way. Default true. */
  readonly variables?: boolean;
}

/** `object` is null exactly when a diagnostic is an error. `ir` prints the intermediate form on demand. */
export interface CompileResult {
  readonly object: ProgramObject | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** What {@link compileWithIr} adds: the optimised intermediate form of each function as text. */
export interface CompileResultWithIr extends CompileResult {
  readonly ir: string;
}

/** Compiles one file. Deterministic; bounded in time and memory for any input. */
export function compile(file: SourceFile, options: CompileOptions): CompileResult {
  const { object, diagnostics } = run(file, options, false);
  return { object, diagnostics };
}

/** Compiles and prints the intermediate form (`--emit ir`). */
export const compileWithIr = (file: SourceFile, options: CompileOptions): CompileResultWithIr => run(file, options, true);

function run(file: SourceFile, options: CompileOptions, wantIr: boolean): CompileResultWithIr {
  const reporter = new Reporter();
  const result = guarded(file, options, reporter, wantIr);
  const object = reporter.failed ? null : result.object;
  return { object, ir: result.ir, diagnostics: sortDiagnostics(reporter.diagnostics) };
}

/** The limits on nesting are far below any stack we know; should one be smaller still, that is a message, too. */
function guarded(
  file: SourceFile,
  options: CompileOptions,
  reporter: Reporter,
  wantIr: boolean,
): { object: ProgramObject | null; ir: string } {
  try {
    return stages(file, options, reporter, wantIr);
  } catch (fault) {
    if (!(fault instanceof RangeError) || !fault.message.includes('call stack')) throw fault;
    reporter.report('nesting-too-deep', { file, start: 0, end: 0 });
    return NOTHING;
  }
}

const NOTHING = { object: null, ir: '' } as const;

function stages(
  file: SourceFile,
  options: CompileOptions,
  reporter: Reporter,
  wantIr: boolean,
): { object: ProgramObject | null; ir: string } {
  const finder = new HeaderFinder(options.headers ?? [], options.profile);
  const source = preprocess(
    file,
    { defines: options.defines ?? [], findHeader: finder.find, headerNames: finder.names },
    reporter,
  );
  if (source.stopped || source.tornApart) return NOTHING;
  const { tokens, files } = source;
  const profile = profileOfFiles(file, source, options.profile, options.requireProfile ?? true, reporter);
  if (profile === 'conflict') return NOTHING;
  const read = new Set(files);
  reporter.hints = (code, args) => declarationHint(code, args, read);
  const items = parseTranslationUnit(new Parser(tokens, reporter));
  if (reporter.full) return NOTHING;
  const unit = checkUnit(items, reporter, file);
  checkSections(unit, unit.helpers, profile, reporter, file);
  if (reporter.failed) return NOTHING;
  const { optimise: level, cpu, variables = true } = options;
  return generateObject(unit, { file, files, profile, level, cpu, variables, wantIr }, reporter);
}

const UNDECLARED: ReadonlySet<string> = new Set(['undeclared', 'undeclared-function', 'unknown-type']);

/** For a name that is not declared: which bundled header would declare it. */
function declarationHint(code: string, [name = '']: readonly string[], read: ReadonlySet<SourceFile>): readonly DiagnosticNote[] {
  if (!UNDECLARED.has(code)) return [];
  const header = headerThatDeclares(name, headersOf(null), read);
  return header === null ? [] : [{ message: `'${name}' is declared in <${header}>, which this file does not include` }];
}
