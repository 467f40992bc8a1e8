// Loads Monaco's core with only what this page uses, its worker from our own origin, the C language and two themes. The
// only file that names Monaco's modules.

import * as monaco from 'monaco-editor/editor/editor.api.js';
import 'monaco-editor/features/bracketMatching/register.js';
import 'monaco-editor/features/caretOperations/register.js';
import 'monaco-editor/features/clipboard/register.js';
import 'monaco-editor/features/codeAction/register.js';
import 'monaco-editor/features/codeEditor/register.js';
import 'monaco-editor/features/codicon/register.js';
import 'monaco-editor/features/comment/register.js';
import 'monaco-editor/features/contextmenu/register.js';
import 'monaco-editor/features/cursorUndo/register.js';
import 'monaco-editor/features/documentSymbols/register.js';
import 'monaco-editor/features/find/register.js';
import 'monaco-editor/features/folding/register.js';
import 'monaco-editor/features/gotoSymbol/register.js';
import 'monaco-editor/features/hover/register.js';
import 'monaco-editor/features/indentation/register.js';
import 'monaco-editor/features/lineSelection/register.js';
import 'monaco-editor/features/linesOperations/register.js';
import 'monaco-editor/features/multicursor/register.js';
import 'monaco-editor/features/parameterHints/register.js';
import 'monaco-editor/features/quickOutline/register.js';
import 'monaco-editor/features/readOnlyMessage/register.js';
import 'monaco-editor/features/referenceSearch/register.js';
import 'monaco-editor/features/rename/register.js';
import 'monaco-editor/features/semanticTokens/register.js';
import 'monaco-editor/features/smartSelect/register.js';
import 'monaco-editor/features/snippet/register.js';
import 'monaco-editor/features/suggest/register.js';
import 'monaco-editor/features/toggleTabFocusMode/register.js';
import 'monaco-editor/features/wordHighlighter/register.js';
import 'monaco-editor/features/wordOperations/register.js';
// Features whose registration leaves out a part that this page needs.
import 'monaco-editor/editor/contrib/gotoSymbol/browser/goToCommands.js';
import 'monaco-editor/editor/contrib/semanticTokens/browser/documentSemanticTokens.js';
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js';
import 'monaco-editor/languages/definitions/cpp/register.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';

const COLOURS = {
  dark: {
    ground: '#11151a',
    text: '#dfe6ee',
    faint: '#7d8a99',
    line: '#1b2129',
    accent: '#6cb6ff',
    raised: '#1e252e',
    edge: '#3a4552',
    soft: '#6cb6ff2e',
  },
  light: {
    ground: '#fbfbfa',
    text: '#1b2128',
    faint: '#6a7582',
    line: '#f0f1f2',
    accent: '#0b62b8',
    raised: '#ffffff',
    edge: '#c9cfd6',
    soft: '#0b62b81f',
  },
} as const;

/** Colours of names by what they stand for (semantic tokens). Constants share the colour of numbers. */
const MEANINGS = {
  function: { dark: '82d4c4', light: '00695c' },
  parameter: { dark: 'e5b79a', light: '8f4a1f' },
  variable: { dark: 'dfe6ee', light: '1b2128' },
  'variable.readonly': { dark: 'e8d6a0', light: '7a5a00' },
  property: { dark: 'b3c6e6', light: '345280' },
  macro: { dark: 'c6a0e8', light: '7a3aa8' },
  type: { dark: 'eaa7c7', light: 'a02a6c' },
  struct: { dark: 'eaa7c7', light: 'a02a6c' },
  enum: { dark: 'eaa7c7', light: 'a02a6c' },
  enumMember: { dark: 'e8bf6a', light: '8a5200' },
  label: { dark: '9aa8b8', light: '5f6b78' },
} as const;

/** What all editors of the page share. */
export const EDITOR_OPTIONS = {
  fontSize: 12.5,
  lineHeight: 19,
  fontFamily: 'ui-monospace, "JetBrains Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  minimap: { enabled: false },
  scrollBeyondLastLine: false,
  automaticLayout: true,
  tabSize: 8,
  insertSpaces: false,
  renderLineHighlight: 'line',
  overviewRulerLanes: 2,
  folding: true,
  lineNumbersMinChars: 3,
  glyphMargin: true,
  padding: { top: 8 },
  fixedOverflowWidgets: true,
  'semanticHighlighting.enabled': true,
  suggest: { showStatusBar: false, snippetsPreventQuickSuggestions: false, showWords: false },
  wordBasedSuggestions: 'off',
  parameterHints: { cycle: false },
  gotoLocation: { multipleDefinitions: 'peek' },
  ariaLabel: 'Program text. Press Escape, then Tab, to leave the editor.',
} as const;

function defineTheme(name: 'dark' | 'light'): void {
  const { ground, text, faint, line, accent, raised, edge, soft } = COLOURS[name];
  const dark = name === 'dark';
  monaco.editor.defineTheme(`playground-${name}`, {
    base: dark ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      { token: 'comment', foreground: dark ? '7f8d9c' : '5f6b78', fontStyle: 'italic' },
      { token: 'keyword', foreground: dark ? '8ab8f0' : '0b55a5' },
      { token: 'keyword.directive', foreground: dark ? 'c6a0e8' : '7a3aa8' },
      { token: 'string', foreground: dark ? 'a5cf8f' : '3a6e1c' },
      { token: 'number', foreground: dark ? 'e8bf6a' : '8a5200' },
      { token: 'identifier', foreground: text.slice(1) },
      ...Object.entries(MEANINGS).map(([token, colour]) => ({ token, foreground: colour[name] })),
    ],
    colors: {
      'editor.background': ground,
      'editor.foreground': text,
      'editorLineNumber.foreground': faint,
      'editorLineNumber.activeForeground': accent,
      'editor.lineHighlightBackground': line,
      'editor.lineHighlightBorder': line,
      'editorGutter.background': ground,
      'editor.rangeHighlightBackground': soft,
      'editor.wordHighlightBackground': soft,
      'editor.wordHighlightStrongBackground': dark ? '#f0a35e33' : '#a84a0026',
      'editorWidget.background': raised,
      'editorWidget.border': edge,
      'editorHoverWidget.background': raised,
      'editorHoverWidget.border': edge,
      'editorSuggestWidget.background': raised,
      'editorSuggestWidget.border': edge,
      'editorSuggestWidget.selectedBackground': dark ? '#2c4a6b' : '#cfe3f8',
      'editorSuggestWidget.selectedForeground': text,
      'editorSuggestWidget.selectedIconForeground': text,
      'editorSuggestWidget.highlightForeground': accent,
      'editorSuggestWidget.focusHighlightForeground': accent,
      'list.hoverBackground': line,
      'peekViewEditor.background': ground,
      'peekViewResult.background': raised,
      'peekViewTitle.background': raised,
      'peekView.border': accent,
      'textCodeBlock.background': line,
      'input.background': ground,
      focusBorder: accent,
    },
  });
}

/** Input longer than this was not typed by hand. */
const LONGEST_TYPED = 64;

/**
 * Monaco looks at typed text character by character, in time that grows with its square. Text that comes in one piece (from
 * an input method, a dictation, a test) is put in at once, as a paste is.
 */
function takeLongTextAtOnce(): void {
  monaco.editor.registerCommand('type', (_accessor: unknown, payload: { readonly text: string }) => {
    const focused = monaco.editor.getEditors().find((editor) => editor.hasTextFocus());
    focused?.trigger(payload.text.length > LONGEST_TYPED ? 'input' : 'keyboard', 'type', payload);
  });
}

let ready = false;

/** Prepares Monaco once and hands it out. */
export function preparedMonaco(): typeof monaco {
  if (ready) return monaco;
  ready = true;
  self.MonacoEnvironment = { getWorker: () => new EditorWorker() };
  defineTheme('dark');
  defineTheme('light');
  takeLongTextAtOnce();
  return monaco;
}
