// Which profile a file is written for: the profile headers it includes, and the choice made outside (contracts 1). Knows
// nothing of what profiles contain.

import { type ApiProfile, PROFILE_IDS, type ProfileId } from '../abi/profile.ts';
import { PROFILES } from '../abi/profiles.ts';
import type { SourceFile } from '../base/source.ts';
import type { Preprocessed } from './preprocessor.ts';
import type { Reporter } from './report.ts';
import { type Place, placeOf, type Token } from './token.ts';

const choices = (): string => PROFILES.flatMap((profile) => (profile.header === null ? [] : [`<${profile.header}>`])).join(', ');

/** The profile, null when none is needed, or `conflict` after a finding. */
export function profileOfFiles(
  main: SourceFile,
  source: Pick<Preprocessed, 'files' | 'includedAt' | 'tokens'>,
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
  const table = structOpsPlace(source.tokens);
  const named = PROFILES.filter((profile) =>
    profile.header === null ? table !== null : source.files.some((file) => file.path === profile.header),
  );
  // The section stands below the includes.
  const rank = (profile: ApiProfile): number => (profile.header === null ? source.files.length : order(profile.header));
  const [first, second] = [...named].sort((a, b) => rank(a) - rank(b));
  if (chosen !== null && !PROFILES.some((profile) => profile.id === chosen)) {
    reporter.report('profile-not-built', top, [PROFILE_IDS.includes(chosen) ? chosen : String(chosen), choices()]);
    return 'conflict';
  }
  if (first !== undefined && second !== undefined) {
    const place = second.header === null ? (table ?? top) : placeOfHeader(second.header);
    reporter.report('two-profiles', place, [first.header ?? first.id, second.header ?? '.struct_ops', choices()]);
    return 'conflict';
  }
  if (first !== undefined && chosen !== null && first.id !== chosen) {
    const place = first.header === null ? (table ?? top) : placeOfHeader(first.header);
    reporter.report('profile-mismatch', place, [first.id, chosen, choices()]);
    return 'conflict';
  }
  const profile = first?.id ?? chosen;
  const qdisc = profile === null && required && !reporter.failed ? qdiscPlace(main, source.tokens) : null;
  if (qdisc !== null) {
    reporter.report('no-profile', qdisc, [choices()]);
    return 'conflict';
  }
  return profile;
}

/** Names that only qdiscs of a profile use. */
const QDISC_NAME = /^(sch_bpf_ctx|SCH_BPF_\w+|bpf_skb_map_\w+|BPF_MAP_TYPE_(SKBMAP|FLOWMAP))$/;

/**
 * Where the file shows that it is a qdisc, which must say of which profile; null for programs of other hooks of the kernel (a
 * classifier, XDP, a socket filter) and for plain functions, which need none.
 */
function qdiscPlace(main: SourceFile, tokens: readonly Token[]): Place | null {
  const found = tokens.find((token) => {
    if (placeOf(token).file !== main) return false;
    return token.kind === 'string' ? /^"(qdisc|sch_bpf)[/"]/.test(token.text) : QDISC_NAME.test(token.text);
  });
  return found === undefined ? null : placeOf(found);
}

/** Where the file first names a `.struct_ops` section, which is what makes it a struct_ops program (contracts 1). */
function structOpsPlace(tokens: readonly Token[]): Place | null {
  const found = tokens.find((token) => token.kind === 'string' && /^"\.struct_ops(\.link)?"$/.test(token.text));
  return found === undefined ? null : placeOf(found);
}
