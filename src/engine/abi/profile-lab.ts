// Profile lab: the playground's own superset of v5, for what no posted version can do. So far: larger skb maps and taking out the smallest key. Data only.

import type { ApiProfile } from './profile.ts';
import { PROFILE_V5 } from './profile-v5.ts';

export const PROFILE_LAB: ApiProfile = {
  ...PROFILE_V5,
  id: 'lab',
  title: 'lab, the playground’s own',
  badge: 'ours: runs only here',
  header: 'qdisc/lab.h',
  skbMapLimit: 65_536,
  quirks: [],
};
