// Which profile a file is written for: the profile headers it includes, and the choice made outside (contracts 1). Knows
// nothing of what profiles contain.

import { PROFILE_IDS, type ProfileId } from '../abi/profile.ts';
import { PROFILES } from '../abi/profiles.ts';
import type { SourceFile } from '../base/source.ts';
import type { Reporter } from './report.ts';

const choices = (): string => PROFILES.flatMap((profile) => (profile.header === null ? [] : [`<${profile.header}>`])).join(', ');

/** The profile, null when none is needed, or `conflict` after a finding. */
export function profileOfFiles(
  main: SourceFile,
  files: readonly SourceFile[],
  chosen: ProfileId | null,
  required: boolean,
  reporter: Reporter,
): ProfileId | null | 'conflict' {
  const place = { file: main, start: 0, end: Math.min(main.text.length, Math.max(0, main.text.indexOf('\n'))) };
  const named = PROFILES.filter((profile) => files.some((file) => file.path === profile.header));
  const [first, second] = named;
  if (chosen !== null && !PROFILES.some((profile) => profile.id === chosen)) {
    reporter.report('profile-not-built', place, [PROFILE_IDS.includes(chosen) ? chosen : String(chosen), choices()]);
    return 'conflict';
  }
  if (first !== undefined && second !== undefined) {
    reporter.report('two-profiles', place, [first.header ?? first.id, second.header ?? second.id, choices()]);
    return 'conflict';
  }
  if (first !== undefined && chosen !== null && first.id !== chosen) {
    reporter.report('profile-mismatch', place, [first.id, chosen, choices()]);
    return 'conflict';
  }
  const profile = first?.id ?? chosen;
  if (profile === null && required && !reporter.failed) {
    reporter.report('no-profile', place, [choices()]);
    return 'conflict';
  }
  return profile;
}
