// Registry of the profiles that are built. Data only.

import type { ApiProfile, ProfileId } from './profile.ts';
import { PROFILE_LAB } from './profile-lab.ts';
import { PROFILE_STRUCT_OPS } from './profile-struct-ops.ts';
import { PROFILE_V4 } from './profile-v4.ts';
import { PROFILE_V5 } from './profile-v5.ts';

/** Profiles a program can run under today, in the order the page lists them. */
export const PROFILES: readonly ApiProfile[] = [PROFILE_V4, PROFILE_V5, PROFILE_LAB, PROFILE_STRUCT_OPS];

/** The profile with an id, or null when that profile is not built yet. */
export const profileOf = (id: ProfileId): ApiProfile | null => PROFILES.find((profile) => profile.id === id) ?? null;
