// How the editor's providers reach the language services: which document a model is, and one way to ask that drops what is
// cancelled or outdated and never throws. Bundled headers are models of their own, read-only, in the scheme `header`.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import type { LanguageAnswer, LanguageDocument, LanguageQuestion, TextPlace } from '../../engine/index.ts';

type Model = Monaco.editor.ITextModel;
type MonacoApi = typeof Monaco;

export const HEADER_SCHEME = 'header';

/** What the page gives: the program that is shown, and a way to ask. */
export interface LanguageSource {
  /** The model of the program in the editor, its name and profile; null while there is none. */
  readonly program: () => { readonly model: Model; readonly path: string; readonly profile: LanguageDocument['profile'] } | null;
  readonly ask: (about: LanguageDocument, question: LanguageQuestion) => Promise<LanguageAnswer | null>;
}

/** The header a model shows; null for a program. */
export const headerOf = (model: Model): string | null =>
  model.uri.scheme === HEADER_SCHEME ? model.uri.path.replace(/^\//, '') : null;

/** Asks about a model; null when it is of no program, when the question is no longer wanted, or when its text has changed since. */
export async function askAbout(
  source: LanguageSource,
  model: Model,
  token: Monaco.CancellationToken,
  question: LanguageQuestion,
): Promise<LanguageAnswer | null> {
  const program = source.program();
  if (program === null || program.model.isDisposed()) return null;
  if (program.model !== model && headerOf(model) === null) return null;
  const version = program.model.getVersionId();
  const answer = await source.ask({ path: program.path, text: program.model.getValue(), profile: program.profile }, question);
  const outdated = model.isDisposed() || program.model.isDisposed() || program.model.getVersionId() !== version;
  return outdated || token.isCancellationRequested ? null : answer;
}

/** Lines and columns of offsets in a model. */
export function rangeIn(model: Model, { start, end }: { readonly start: number; readonly end: number }): Monaco.IRange {
  const from = model.getPositionAt(start);
  const to = model.getPositionAt(end);
  return { startLineNumber: from.lineNumber, startColumn: from.column, endLineNumber: to.lineNumber, endColumn: to.column };
}

/** Model of a bundled header, made or brought up to date from the worker; null when the program does not include it. */
async function headerModel(
  monaco: MonacoApi,
  source: LanguageSource,
  token: Monaco.CancellationToken,
  header: string,
): Promise<Model | null> {
  const program = source.program();
  if (program === null) return null;
  const answer = await askAbout(source, program.model, token, { kind: 'header', header });
  if (answer?.kind !== 'header' || answer.value === null) return null;
  const uri = monaco.Uri.from({ scheme: HEADER_SCHEME, path: `/${header}` });
  const known = monaco.editor.getModel(uri);
  if (known === null) return monaco.editor.createModel(answer.value, 'c', uri);
  if (known.getValue() !== answer.value) known.setValue(answer.value);
  return known;
}

/** Places as the editor wants them; those in headers open as models. */
export async function locations(
  monaco: MonacoApi,
  source: LanguageSource,
  token: Monaco.CancellationToken,
  places: readonly TextPlace[],
): Promise<Monaco.languages.Location[]> {
  const found: Monaco.languages.Location[] = [];
  for (const place of places) {
    const model =
      place.header === null ? (source.program()?.model ?? null) : await headerModel(monaco, source, token, place.header);
    if (model !== null && !token.isCancellationRequested) found.push({ uri: model.uri, range: rangeIn(model, place) });
  }
  return found;
}
