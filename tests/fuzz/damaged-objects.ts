// Objects and bytecode damaged at random: reading, linking, verifying and running them must end with a value or a message, never with
// an exception. For `npm run fuzz -- objects` and its slice in `npm test`.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { nextBelow, nextU32, type RandomStream, seedStream } from '../../src/engine/base/prng.ts';
import { prepareObject } from '../../src/engine/build.ts';
import { compile } from '../../src/engine/compiler/compile.ts';
import { assemble } from '../../src/engine/isa/assemble.ts';
import { decode, encode } from '../../src/engine/isa/codec.ts';
import { readObject, writeObject } from '../../src/engine/object/elf.ts';
import { runCode } from '../../src/engine/unverified.ts';
import { runObjectProgram } from '../../src/engine/unverified-object.ts';
import { judgeCase } from '../../src/engine/verifier/bytecode-case.ts';
import { gallerySource } from '../gallery.ts';
import { bytecodeText } from './verified-bytecode.ts';

const SHARED = '../shared/data/objects';
const PROGRAMS = ['fifo', 'prio', 'shortest', 'edt'];
/** Words that bounds are written with wrongly. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 64];

/** Sound objects to damage: gallery programs, and objects of clang where they are at hand. */
export function soundObjects(): Uint8Array[] {
  const own = PROGRAMS.map((name) => {
    const source = { path: `${name}.bpf.c`, text: gallerySource(name) };
    const { object } = compile(source, { profile: null, optimise: 2, cpu: 'v3', requireProfile: true });
    if (object === null) throw new Error(`${name} does not compile`);
    return writeObject(object);
  });
  if (!existsSync(SHARED)) return own;
  const files = readdirSync(SHARED).filter((name) => name.endsWith('.o'));
  return [...own, ...files.map((name) => new Uint8Array(readFileSync(`${SHARED}/${name}`)))];
}

/** A damaged copy: bytes and words changed, ranges copied or cleared, the end cut off. */
function damage(bytes: Uint8Array, stream: RandomStream): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const below = (bound: number): number => nextBelow(stream, bound);
  const times = 1 + below(4);
  for (let i = 0; i < times; i++) {
    // Half of the damage goes to the headers: the file's own, and the table of sections at its end.
    const near =
      below(2) === 0 ? (below(2) === 0 ? below(64) : copy.length - 1 - below(Math.min(1280, copy.length))) : below(copy.length);
    const at = Math.max(0, Math.min(near, copy.length - 4));
    switch (below(5)) {
      case 0:
        copy[at] = below(256);
        break;
      case 1:
        view.setUint32(at, EXTREMES[below(EXTREMES.length)] ?? 0, true);
        break;
      case 2:
        view.setUint32(at, nextU32(stream), true);
        break;
      case 3:
        copy.copyWithin(at, below(copy.length), Math.min(copy.length, below(copy.length) + 64));
        break;
      default:
        copy.fill(0, at, Math.min(copy.length, at + 1 + below(64)));
    }
  }
  return below(8) === 0 ? copy.subarray(0, below(copy.length)) : copy;
}

/** What went wrong with one input, or null: `outcome` tells how it ended when all is well. */
export interface Ending {
  readonly outcome: 'refused' | 'ran' | 'rejected';
}

function endOfObject(bytes: Uint8Array): Ending {
  const { object, diagnostics } = readObject(bytes, 'damaged');
  if (object === null) {
    if (diagnostics.length === 0) throw new Error('refused without a word');
    return { outcome: 'refused' };
  }
  const prepared = prepareObject(object, { profile: null, quirks: [], set: {} });
  if (prepared.attachable === null && prepared.diagnostics.length === 0) throw new Error('rejected without a word');
  const [first] = object.functions;
  if (first !== undefined) runObjectProgram(object, first.name, new Uint8Array(64), 'interpreter');
  return { outcome: prepared.attachable === null ? 'rejected' : 'ran' };
}

/** Damages sound bytecode and lets both engines and the verifier at it. */
function endOfCode(seed: number, stream: RandomStream): Ending {
  const code = encode(assemble(bytecodeText(seed)).code);
  const times = 1 + nextBelow(stream, 3);
  for (let i = 0; i < times; i++) {
    const at = nextBelow(stream, code.length);
    code[at] = nextBelow(stream, 256);
  }
  const decoded = decode(code);
  const hex = Array.from(code, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const array = { type: 'array', key_size: 4, value_size: 256, max_entries: 2, map_flags: 0 };
  const given = {
    name: '',
    prog_type: 'socket_filter',
    attach_type: 0,
    license: 'GPL',
    prog_flags: [],
    code: hex,
    maps: [array],
    map_refs: [],
  };
  const report = judgeCase(given, 20_000);
  const input = new Uint8Array(256);
  const a = runCode(decoded, input.slice(), 20_000, 'interpreter');
  const b = runCode(decoded, input.slice(), 20_000, 'jit');
  if ((a.error === null) !== (b.error === null)) throw new Error(`the engines differ: ${a.error} and ${b.error}`);
  if (a.error === null && a.r0 !== b.r0) throw new Error(`the engines differ: ${a.r0} and ${b.r0}`);
  if (a.error === '' || report?.rejection?.kernelMessage === '') throw new Error('refused without a word');
  return { outcome: a.error === null ? 'ran' : 'refused' };
}

/** Damages one input by seed and takes it through everything; throws what must not be thrown. */
export function tryDamaged(seed: number, objects: readonly Uint8Array[]): Ending {
  const stream: RandomStream = { state: new Int32Array(4), at: 0 };
  seedStream(stream, seed, 'damaged objects');
  const object = objects[nextBelow(stream, objects.length)];
  if (object === undefined || nextBelow(stream, 2) === 0) return endOfCode(seed, stream);
  return endOfObject(damage(object, stream));
}
