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
import 'monaco-editor/features/find/register.js';
import 'monaco-editor/features/folding/register.js';
import 'monaco-editor/features/hover/register.js';
import 'monaco-editor/features/indentation/register.js';
import 'monaco-editor/features/lineSelection/register.js';
import 'monaco-editor/features/linesOperations/register.js';
import 'monaco-editor/features/multicursor/register.js';
import 'monaco-editor/features/smartSelect/register.js';
import 'monaco-editor/features/suggest/register.js';
import 'monaco-editor/features/toggleTabFocusMode/register.js';
import 'monaco-editor/features/wordHighlighter/register.js';
import 'monaco-editor/features/wordOperations/register.js';
import 'monaco-editor/languages/definitions/cpp/register.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import { offerCallDocs } from './call-docs.ts';

const COLOURS = {
  dark: { ground: '#11151a', text: '#dfe6ee', faint: '#7d8a99', line: '#1b2129', accent: '#6cb6ff' },
  light: { ground: '#fbfbfa', text: '#1b2128', faint: '#6a7582', line: '#f0f1f2', accent: '#0b62b8' },
} as const;

function defineTheme(name: 'dark' | 'light'): void {
  const { ground, text, faint, line, accent } = COLOURS[name];
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
    ],
    colors: {
      'editor.background': ground,
      'editor.foreground': text,
      'editorLineNumber.foreground': faint,
      'editorLineNumber.activeForeground': accent,
      'editor.lineHighlightBackground': line,
      'editor.lineHighlightBorder': line,
      'editorGutter.background': ground,
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
  offerCallDocs(monaco);
  return monaco;
}
