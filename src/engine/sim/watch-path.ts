// Watch expressions that name an object: `flow`, `flow->deficit`, `queue.head[2]`, `*cursor`. A name is a local variable first, then a global one.
// Reads, never writes.

import { bare, type CType, type Member, sizeOf } from '../abi/ctype.ts';
import { ArrayMap } from '../maps/array-map.ts';
import { findLocal, type LocalScene, memoryAt, sourceOf } from './locals.ts';
import { pointerText } from './pointer-text.ts';
import { type ByteSource, memberText, numberAt, valueText } from './value-text.ts';

/** An object of the program, somewhere in a source of bytes. */
interface WatchedObject {
  readonly source: ByteSource;
  readonly at: number;
  readonly type: CType;
  /** Set for the member that the path ends with: it may be a bit-field. */
  readonly member?: { readonly of: number; readonly member: Member };
}

const PATH = /^(\*?)\s*([A-Za-z_]\w*)((?:\s*(?:->|\.)\s*[A-Za-z_]\w*|\s*\[\s*\d+\s*\])*)$/;
const STEP = /(->|\.)\s*([A-Za-z_]\w*)|\[\s*(\d+)\s*\]/g;

/** True for texts that {@link pathValue} reads. */
export const isPath = (text: string): boolean => PATH.test(text);

function named(scene: LocalScene, name: string): WatchedObject | null {
  const local = findLocal(scene, name);
  if (local !== null) return { source: sourceOf(local, scene), at: 0, type: local.type };
  for (const map of scene.experiment.instances[scene.qdisc]?.maps.all ?? []) {
    const variable = map.definition.data?.variables.find((item) => item.name === name);
    if (variable === undefined || !(map instanceof ArrayMap)) continue;
    return { source: memorySource(scene), at: map.values + variable.offset, type: variable.type };
  }
  return null;
}

const memorySource = (scene: LocalScene): ByteSource => ({
  u8: scene.experiment.memory.u8,
  pointer: (address) => pointerText(address, scene),
});

/** What a pointer leads to; a sentence when it leads nowhere. */
function follow(scene: LocalScene, { source, at, type }: WatchedObject, index: number): WatchedObject | string {
  const t = bare(type);
  if (t.kind === 'array') return { source, at: at + index * sizeOf(t.of), type: t.of };
  if (t.kind !== 'pointer') return 'not a pointer';
  const missing = source.missing?.(at, 8) ?? null;
  if (missing !== null) return missing;
  const address = numberAt(source, at, 8, false) + BigInt(index * sizeOf(t.to));
  if (memoryAt(scene, address, Math.max(1, sizeOf(t.to))) === null) return `0x${address.toString(16)} is not in program memory`;
  return { source: memorySource(scene), at: Number(address), type: t.to };
}

/** The member with a name, inside anonymous ones too. */
function memberOf(object: WatchedObject, name: string): WatchedObject | string {
  const t = bare(object.type);
  if (t.kind !== 'struct' && t.kind !== 'union') return 'not a structure';
  for (const member of t.members ?? []) {
    const inner = { source: object.source, at: object.at + member.offset, type: member.type, member: { of: object.at, member } };
    if (member.name === name) return inner;
    const nested = member.name === null ? memberOf(inner, name) : '';
    if (typeof nested !== 'string') return nested;
  }
  return `${t.kind} ${t.tag ?? ''} has no member "${name}"`.replace('  ', ' ');
}

/** The value of a path as text; null when its first name is no variable. */
export function pathValue(text: string, scene: LocalScene): string | null {
  const [, star = '', name = '', rest = ''] = PATH.exec(text) ?? [];
  let object: WatchedObject | string | null = named(scene, name);
  if (object === null) return null;
  for (const [, sign, member = '', index = '0'] of rest.matchAll(STEP)) {
    if (sign !== '.' && typeof object !== 'string') object = follow(scene, object, Number(index));
    if (sign !== undefined && typeof object !== 'string') object = memberOf(object, member);
    if (typeof object === 'string') return object;
  }
  if (star === '*' && typeof object !== 'string') object = follow(scene, object, 0);
  if (typeof object === 'string') return object;
  const { source, at, type, member } = object;
  if (member !== undefined) return memberText(source, member.of, member.member);
  return valueText(source, at, type, sizeOf(type));
}
