// The answers of the language services, as plain values that can be sent to another thread. Offsets are UTF-16 units into the
// text that was asked about; places in headers name the header. Types only.

/** Half-open range of the text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A range in the text that was asked about (`header` null) or in a bundled header. */
export interface TextPlace extends TextRange {
  readonly header: string | null;
}

export type CompletionKind =
  | 'variable'
  | 'parameter'
  | 'field'
  | 'function'
  | 'macro'
  | 'type'
  | 'struct'
  | 'enum'
  | 'enumMember'
  | 'keyword'
  | 'header'
  | 'label'
  | 'section';

export interface CompletionItem {
  readonly label: string;
  readonly kind: CompletionKind;
  /** Type or prototype, one line. */
  readonly detail: string;
  /** Markdown, or empty. */
  readonly documentation: string;
  /** Text to insert; with `snippet` in the notation of snippets (`${1:name}`). */
  readonly insert: string;
  readonly snippet: boolean;
  /** Smaller is better; ties go by label. */
  readonly rank: number;
}

export interface CompletionAnswer {
  /** What is replaced: the word at the cursor. */
  readonly replace: TextRange;
  readonly items: readonly CompletionItem[];
}

export interface HoverAnswer {
  readonly range: TextRange;
  /** Markdown, one section a paragraph block. */
  readonly sections: readonly string[];
}

export interface SignatureAnswer {
  readonly label: string;
  /** Ranges of the parameters inside `label`. */
  readonly parameters: readonly { readonly start: number; readonly end: number; readonly documentation: string }[];
  readonly active: number;
  readonly documentation: string;
}

export interface DefinitionAnswer {
  /** The word that was asked about. */
  readonly origin: TextRange;
  readonly targets: readonly TextPlace[];
}

export interface HighlightAnswer extends TextRange {
  readonly write: boolean;
}

export interface TextEdit extends TextRange {
  readonly text: string;
}

/** Where the name is that would be renamed, or why it cannot be. */
export type RenamePlaceAnswer =
  | { readonly ok: true; readonly range: TextRange; readonly name: string }
  | { readonly ok: false; readonly reason: string };
export type RenameAnswer =
  | { readonly ok: true; readonly edits: readonly TextEdit[] }
  | { readonly ok: false; readonly reason: string };

export type OutlineKind =
  | 'function'
  | 'struct'
  | 'union'
  | 'enum'
  | 'field'
  | 'enumMember'
  | 'variable'
  | 'map'
  | 'type'
  | 'macro';

export interface OutlineItem {
  readonly name: string;
  readonly detail: string;
  readonly kind: OutlineKind;
  /** All of it. */
  readonly range: TextRange;
  /** Its name. */
  readonly selection: TextRange;
  readonly children: readonly OutlineItem[];
}

/** Names of token types, in the order of their numbers. */
export const TOKEN_TYPES = [
  'function',
  'parameter',
  'variable',
  'property',
  'macro',
  'type',
  'struct',
  'enum',
  'enumMember',
  'label',
] as const;
/** Names of token modifiers, in the order of their bits. */
export const TOKEN_MODIFIERS = ['readonly', 'defaultLibrary', 'static', 'declaration', 'modification'] as const;
