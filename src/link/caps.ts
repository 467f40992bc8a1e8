// Caps that bind links and embeds (contracts 4): a link cannot ask for more than a page computes in a moment. Files and the
// command line go on without them. Looks at the shape only: the engine validates afterwards.

import { parseTime } from '../engine/base/quantity.ts';
import type { LinkProblem, LinkState } from './codec.ts';
import type { Json } from './difference.ts';

/** Largest a link may ask for. */
export const LINK_CAPS = { durationSeconds: 60, flows: 64, sourceCharacters: 65_536, watchCharacters: 2048 } as const;

const field = (value: Json | undefined, key: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as { readonly [key: string]: Json })[key]
    : undefined;

/** What a link asks too much of, or null. */
export function capProblem({ scenario, sources }: LinkState): LinkProblem | null {
  const tooMuch = (message: string): LinkProblem => ({ code: 'too-big', message: `The link asks for too much: ${message}.` });
  const duration = field(scenario, 'duration');
  if (typeof duration === 'string' && (parseTime(duration) ?? 0) > LINK_CAPS.durationSeconds * 1e9) {
    return tooMuch(`${duration} of simulated time; a link may have ${LINK_CAPS.durationSeconds} s`);
  }
  const flows = field(scenario, 'flows');
  if (Array.isArray(flows) && flows.length > LINK_CAPS.flows)
    return tooMuch(`${flows.length} flows; a link may have ${LINK_CAPS.flows}`);
  const programs = field(scenario, 'programs');
  const inline =
    typeof programs === 'object' && programs !== null ? Object.values(programs).map((item: Json) => field(item, 'source')) : [];
  for (const text of [...Object.values(sources), ...inline]) {
    if (typeof text === 'string' && text.length > LINK_CAPS.sourceCharacters) {
      return tooMuch(`a program of ${text.length} characters; a link may have ${LINK_CAPS.sourceCharacters}`);
    }
  }
  const watch = field(scenario, 'watch');
  if (typeof watch === 'string' && watch.length > LINK_CAPS.watchCharacters)
    return tooMuch(`a note of ${watch.length} characters`);
  return null;
}
