// The door to object files: ProgramObject to ELF bytes and back. A relocatable ELF64 for BPF as clang writes it, with BTF for
// types and maps and .BTF.ext for lines.

import { type ReadResult, readObject as read } from './elf-read.ts';
import { writeObject as write } from './elf-write.ts';
import type { ProgramObject } from './program-object.ts';

/** Bytes of a relocatable object. Same object, same bytes. */
export const writeObject = (object: ProgramObject): Uint8Array => write(object);

/** Reads our objects and clang's; null with error diagnostics when something cannot be read. Never throws. */
export const readObject = (bytes: Uint8Array, name: string): ReadResult => read(bytes, name);
