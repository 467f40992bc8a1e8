// The page may not import the engine's code, so its legend is a copy.

import { expect, it } from 'vitest';
import { TOKEN_MODIFIERS, TOKEN_TYPES } from '../../engine/language/answers.ts';
import { SEMANTIC_LEGEND } from './semantic-legend.ts';

it('the legend of the editor is that of the language services', () => {
  expect(SEMANTIC_LEGEND).toEqual({ tokenTypes: TOKEN_TYPES, tokenModifiers: TOKEN_MODIFIERS });
});
