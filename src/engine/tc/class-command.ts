// Reads `tc class` lines. The words of a class's kind are kept as written: the kind reads them (kind-options.ts). Knows nothing of qdiscs.

import { parseClassid, type TcWords } from './tc-words.ts';

export interface ClassCommand {
  readonly object: 'class';
  readonly action: 'add' | 'change' | 'replace' | 'delete';
  readonly device: string;
  /** Handle of the qdisc or class above; null is the root qdisc, or not given. */
  readonly parent: number | null;
  readonly classid: number;
  readonly kind: string | null;
  readonly options: readonly string[];
}

export type ClassResult =
  | { readonly ok: true; readonly command: ClassCommand }
  | { readonly ok: false; readonly message: string };

const refuse = (message: string): ClassResult => ({ ok: false, message });
const ACTIONS: Readonly<Record<string, ClassCommand['action']>> = {
  add: 'add',
  change: 'change',
  replace: 'replace',
  del: 'delete',
  delete: 'delete',
};

/** Reads what follows `tc class`. */
export function parseClass(words: TcWords): ClassResult {
  const verb = words.take() ?? '';
  const action = Object.hasOwn(ACTIONS, verb) ? ACTIONS[verb] : undefined;
  if (action === undefined) return refuse(`expected "add", "change", "replace" or "del" after class, not "${verb}"`);
  if (words.take() !== 'dev') return refuse(`expected "dev DEVICE" after class ${verb}`);
  const device = words.take();
  if (device === undefined) return refuse('"dev" needs a device name');
  let parent: number | null = null;
  let classid: number | null = null;
  for (;;) {
    const word = words.takeOne('parent', 'root', 'classid');
    if (word === null) break;
    if (word === 'root') continue;
    const value = parseClassid(words.take());
    if (value === null)
      return refuse(
        `"${word}" needs ${word === 'parent' ? 'a handle such as 1: or a class such as 1:1' : 'a class such as 1:1'}`,
      );
    if (word === 'parent') parent = value;
    else classid = value;
  }
  if (classid === null) return refuse(`expected "parent HANDLE" and "classid CLASS", not "${words.next ?? ''}"`);
  const kind = words.take() ?? null;
  const options = words.rest();
  if (action === 'delete' && options.length > 0) return refuse(`unexpected "${options[0]}" after the class`);
  return { ok: true, command: { object: 'class', action, device, parent, classid, kind, options } };
}
