// Names of the numbers in semantic tokens, in the order that src/engine/language/answers.ts gives them; a test compares the two.

export const SEMANTIC_LEGEND = {
  tokenTypes: ['function', 'parameter', 'variable', 'property', 'macro', 'type', 'struct', 'enum', 'enumMember', 'label'],
  tokenModifiers: ['readonly', 'defaultLibrary', 'static', 'declaration', 'modification'],
};
