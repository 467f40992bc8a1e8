// Which profile a file is written for: the profile headers it includes, and the choice made outside (contracts 1). Knows
// nothing of what profiles contain.

import { PROFILE_IDS, type ProfileId } from '../abi/profile.ts';
import { PROFILES } from '../abi/profiles.ts';
import type { SourceFile } from '../base/source.ts';
import type { Preprocessed } from './preprocessor.ts';
import type { Reporter } from './report.ts';
import type { Place } from './token.ts';

const choices = (): string => PROFILES.flatMap((profile) => (profile.header === null ? [] : [`<${profile.header}>`])).join(', ');

/** The profile, null when none is needed, or `conflict` after a finding. */
export function profileOfFiles(
  main: SourceFile,
  source: Pick<Preprocessed, 'files' | 'includedAt'>,
  chosen: ProfileId | null,
  required: boolean,
  reporter: Reporter,
): ProfileId | null | 'conflict' {
  const top = { file: main, start: 0, end: Math.min(main.text.length, Math.max(0, main.text.indexOf('\n'))) };
  /** Place of the include that brought in a profile's header; of the first line when it came from elsewhere. */
  const placeOfHeader = (header: string | null): Place => {
    for (const [file, place] of source.includedAt) if (file.path === header && place.file === main) return place;
    return top;
  };
  const order = (header: string | null): number => source.files.findIndex((file) => file.path === header);
  const named = PROFILES.filter((profile) => source.files.some((file) => file.path === profile.header));
  const [first, second] = [...named].sort((a, b) => order(a.header) - order(b.header));
  if (chosen !== null && !PROFILES.some((profile) => profile.id === chosen)) {
    reporter.report('profile-not-built', top, [PROFILE_IDS.includes(chosen) ? chosen : String(chosen), choices()]);
    return 'conflict';
  }
  if (first !== undefined && second !== undefined) {
    reporter.report('two-profiles', placeOfHeader(second.header), [
      first.header ?? first.id,
      second.header ?? second.id,
      choices(),
    ]);
    return 'conflict';
  }
  if (first !== undefined && chosen !== null && first.id !== chosen) {
    reporter.report('profile-mismatch', placeOfHeader(first.header), [first.id, chosen, choices()]);
    return 'conflict';
  }
  const profile = first?.id ?? chosen;
  if (profile === null && required && !reporter.failed) {
    reporter.report('no-profile', top, [choices()]);
    return 'conflict';
  }
  return profile;
}
