// How messages name an argument: 7.x says R1, older kernels arg#0 in several spellings. Knows nothing else.

import type { Walk } from './walk.ts';

const isCurrent = (walk: Walk): boolean => (walk.rules.model?.kernel ?? '7.2') === '7.2';

/** `R1`, or `arg#0`. */
export const argumentName = (walk: Walk, index: number): string => (isCurrent(walk) ? `R${index}` : `arg#${index - 1}`);
/** In the message about NULL: `R1`, or `arg0`. */
export const nullArgumentName = (walk: Walk, index: number): string => (isCurrent(walk) ? `R${index}` : `arg${index - 1}`);
/** For views and iterators: `R1`, or `arg #0`. */
export const viewArgumentName = (walk: Walk, index: number): string => (isCurrent(walk) ? `R${index}` : `arg #${index - 1}`);
