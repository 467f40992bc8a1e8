// Joins one editor with the language services: registers the providers while the editor lives, and keeps which bundled header is
// open over it.

import type * as Monaco from 'monaco-editor/editor/editor.api.js';
import { useCallback, useEffect, useRef, useState } from 'react';
import { offerLanguage } from './language-providers.ts';
import { headerOf, type LanguageSource } from './language-source.ts';
import { preparedMonaco } from './monaco-setup.ts';

export interface OpenHeader {
  readonly model: Monaco.editor.ITextModel;
  readonly at: Monaco.IPosition;
}

/** What the page says about the program in the editor. */
export interface LanguageOfProgram {
  readonly path: string;
  readonly profile: NonNullable<ReturnType<LanguageSource['program']>>['profile'];
  readonly ask: LanguageSource['ask'];
}

/** Registers the services for `editor`; answers the header that is open over it. */
export function useLanguage(
  editor: Monaco.editor.ICodeEditor | null,
  program: LanguageOfProgram,
): { readonly header: OpenHeader | null; readonly closeHeader: () => void } {
  const [header, setHeader] = useState<OpenHeader | null>(null);
  const latest = useRef(program);
  latest.current = program;
  useEffect(() => {
    if (editor === null) return;
    const source: LanguageSource = {
      program: () => {
        const model = editor.getModel();
        return model === null ? null : { model, path: latest.current.path, profile: latest.current.profile };
      },
      ask: (about, question) => latest.current.ask(about, question),
    };
    const offered = offerLanguage(preparedMonaco(), source, (model, at) => {
      if (headerOf(model) !== null) setHeader({ model, at });
      else {
        setHeader(null);
        editor.setPosition(at);
        editor.revealPositionInCenterIfOutsideViewport(at);
        editor.focus();
      }
    });
    return () => {
      setHeader(null);
      offered.dispose();
    };
  }, [editor]);
  const { path } = program;
  // Another program is shown: its headers may be others.
  const shownPath = useRef(path);
  useEffect(() => {
    if (shownPath.current !== path) setHeader(null);
    shownPath.current = path;
  }, [path]);
  const closeHeader = useCallback(() => {
    setHeader(null);
    editor?.focus();
  }, [editor]);
  return { header, closeHeader };
}
