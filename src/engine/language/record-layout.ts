// A struct or union as text with offset and size of every member, holes and padding between them, in the style that pahole
// made familiar. Knows nothing of where the record came from.

import { type CType, type Member, type RecordType, sizeOf } from '../abi/ctype.ts';
import { recordOf, typeText } from '../compiler/types.ts';

/** Members that are printed; a longer record is cut. */
const LONGEST = 60;

interface Row {
  readonly text: string;
  readonly note: string;
}

/** Lines of the record's layout; a record without a body gives one line. */
export function layoutLines(record: RecordType): string[] {
  const name = `${record.kind}${record.tag === null ? '' : ` ${record.tag}`}`;
  if (record.members === null) return [`${name};`, '/* declared here, its members are not known */'];
  const rows: Row[] = [];
  addMembers(rows, record, 0, 1);
  const padding = record.kind === 'struct' ? tailPadding(record) : 0;
  const shown = rows.slice(0, LONGEST);
  const width = Math.min(
    44,
    shown.reduce((most, row) => Math.max(most, row.note === '' ? 0 : row.text.length), 0),
  );
  const lines = shown.map((row) => (row.note === '' ? row.text : `${row.text.padEnd(width)}  ${row.note}`));
  if (rows.length > LONGEST) lines.push(`    /* … ${rows.length - LONGEST} more */`);
  if (padding > 0) lines.push(`    /* ${bytes(padding)} of padding at the end */`);
  return [`${name} { /* ${bytes(record.size)}, aligned to ${record.align} */`, ...lines, '};'];
}

const bytes = (count: number): string => `${count} ${count === 1 ? 'byte' : 'bytes'}`;

/** First bit behind a member. */
function endOf(member: Member): number {
  if (member.bitOffset !== undefined && member.bitWidth !== undefined)
    return member.offset * 8 + member.bitOffset + member.bitWidth;
  return (member.offset + sizeOf(member.type)) * 8;
}

const startOf = (member: Member): number => member.offset * 8 + (member.bitOffset ?? 0);

function tailPadding(record: RecordType): number {
  const last = record.members?.at(-1);
  return last === undefined ? 0 : Math.floor((record.size * 8 - endOf(last)) / 8);
}

function addMembers(rows: Row[], record: RecordType, base: number, level: number): void {
  const indent = '    '.repeat(level);
  let bit = 0;
  for (const member of record.members ?? []) {
    if (rows.length > 4 * LONGEST) return;
    if (record.kind === 'struct') {
      const gap = startOf(member) - bit;
      if (gap >= 8) rows.push({ text: `${indent}/* hole of ${bytes(Math.floor(gap / 8))} */`, note: '' });
      bit = endOf(member);
    }
    const inner = recordOf(member.type);
    if (member.name === null && inner !== null && level < 4) {
      rows.push({ text: `${indent}${inner.kind} {`, note: '' });
      addMembers(rows, inner, base + member.offset, level + 1);
      rows.push({ text: `${indent}};`, note: placeNote(base, member) });
    } else rows.push({ text: `${indent}${memberText(member)};`, note: placeNote(base, member) });
  }
}

/** The member's declaration, `__u32 len` or `unsigned int flag : 1`. */
export function memberText(member: { readonly name: string | null; readonly type: CType; readonly bitWidth?: number }): string {
  const bits = member.bitWidth === undefined ? '' : ` : ${member.bitWidth}`;
  return `${typeText(member.type, member.name ?? '')}${bits}`;
}

/** Offset and size in bytes, `[first bit:bits]` for bit-fields. */
function placeNote(base: number, member: Member): string {
  const offset = String(base + member.offset).padStart(5);
  const size = member.bitWidth === undefined ? String(sizeOf(member.type)) : `[${member.bitOffset}:${member.bitWidth}]`;
  return `/* ${offset} ${size.padStart(5)} */`;
}
