// A program object whose programs have all been verified, ready to be attached as a qdisc. Data only.

import type { ApiProfile, ProgramKind } from '../abi/profile.ts';
import type { ObjectMap } from '../object/program-object.ts';
import type { VerifiedProgram } from '../vm/instantiate.ts';
import type { Quirks } from './quirks.ts';

export interface AttachableProgram {
  readonly name: string;
  readonly profile: ApiProfile;
  readonly quirks: Quirks;
  readonly maps: readonly ObjectMap[];
  readonly programs: readonly { readonly section: string; readonly kind: ProgramKind; readonly verified: VerifiedProgram }[];
}
