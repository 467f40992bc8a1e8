// The door of the language services: one question about one text in, one plain answer out. Keeps the last readings; everything
// else is a pure function of them. Never throws for anything a person types.

import type { ProfileId } from '../abi/profile.ts';
import type {
  CompletionAnswer,
  DefinitionAnswer,
  HighlightAnswer,
  HoverAnswer,
  OutlineItem,
  RenameAnswer,
  RenamePlaceAnswer,
  SignatureAnswer,
  TextPlace,
} from './answers.ts';
import { completionAt } from './completion.ts';
import { hoverAt } from './hover.ts';
import { definitionAt, fileNamed, highlightsAt, referencesAt } from './navigation.ts';
import { outlineOf } from './outline.ts';
import { renameAt, renamePlaceAt } from './rename.ts';
import { semanticTokensOf } from './semantic-tokens.ts';
import { signatureAt } from './signature.ts';
import { AnalysisStore, type SourceAnalysis } from './source-analysis.ts';

/** The text that is asked about. */
export interface LanguageDocument {
  readonly path: string;
  readonly text: string;
  /** Chosen in the page; null leaves it to the file. */
  readonly profile: ProfileId | null;
}

/** `header`: the offset is in that bundled header, as the text includes it. */
export type LanguageQuestion =
  | { readonly kind: 'completion' | 'signature' | 'highlights' | 'rename-place'; readonly offset: number }
  | { readonly kind: 'hover' | 'definition'; readonly offset: number; readonly header: string | null }
  | { readonly kind: 'references'; readonly offset: number; readonly header: string | null; readonly declarations: boolean }
  | { readonly kind: 'rename'; readonly offset: number; readonly name: string }
  | { readonly kind: 'outline' | 'tokens' }
  | { readonly kind: 'header'; readonly header: string };

export type LanguageAnswer =
  | { readonly kind: 'completion'; readonly value: CompletionAnswer }
  | { readonly kind: 'signature'; readonly value: SignatureAnswer | null }
  | { readonly kind: 'highlights'; readonly value: readonly HighlightAnswer[] }
  | { readonly kind: 'rename-place'; readonly value: RenamePlaceAnswer }
  | { readonly kind: 'rename'; readonly value: RenameAnswer }
  | { readonly kind: 'hover'; readonly value: HoverAnswer | null }
  | { readonly kind: 'definition'; readonly value: DefinitionAnswer | null }
  | { readonly kind: 'references'; readonly value: readonly TextPlace[] }
  | { readonly kind: 'outline'; readonly value: readonly OutlineItem[] }
  | { readonly kind: 'tokens'; readonly value: Uint32Array }
  /** Text of a bundled header; null when the program does not include it. */
  | { readonly kind: 'header'; readonly value: string | null };

/** Longest text that is answered for, UTF-16 units; the front end refuses longer files too. */
const LONGEST = 1 << 20;

export class LanguageServices {
  private readonly store = new AnalysisStore();

  /** The reading of a document, made when it is new. */
  analysisOf({ path, text, profile }: LanguageDocument): SourceAnalysis {
    return this.store.of(path, text.length > LONGEST ? '' : text, { profile });
  }

  ask(about: LanguageDocument, question: LanguageQuestion): LanguageAnswer {
    return answer(this.analysisOf(about), question);
  }
}

/** Answers one question about a reading. */
export function answer(analysis: SourceAnalysis, question: LanguageQuestion): LanguageAnswer {
  const { kind } = question;
  switch (kind) {
    case 'completion':
      return { kind, value: completionAt(analysis, question.offset) };
    case 'signature':
      return { kind, value: signatureAt(analysis, question.offset) };
    case 'highlights':
      return { kind, value: highlightsAt(analysis, question.offset) };
    case 'rename-place':
      return { kind, value: renamePlaceAt(analysis, question.offset) };
    case 'rename':
      return { kind, value: renameAt(analysis, question.offset, question.name) };
    case 'hover':
      return { kind, value: hoverAt(analysis, question.offset, question.header) };
    case 'definition':
      return { kind, value: definitionAt(analysis, question.offset, question.header) };
    case 'references':
      return { kind, value: referencesAt(analysis, question.offset, question.header, question.declarations) };
    case 'outline':
      return { kind, value: outlineOf(analysis) };
    case 'tokens':
      return { kind, value: semanticTokensOf(analysis) };
    case 'header':
      return { kind, value: fileNamed(analysis, question.header)?.text ?? null };
  }
}
