// Values of C programs as gcc and clang compute them on this machine. Several programs go into one file, because starting a
// compiler takes longer than compiling a small program. For `npm run fuzz` only.

import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface NativeCompiler {
  readonly command: string;
  readonly flags: readonly string[];
}

export const NATIVE: readonly NativeCompiler[] = [
  { command: 'gcc', flags: ['-w', '-O0'] },
  { command: 'gcc', flags: ['-w', '-O2'] },
  { command: 'clang-14', flags: ['-w', '-O0'] },
  { command: 'clang-14', flags: ['-w', '-O2'] },
];
/** Stops a program that does what C leaves undefined. */
export const SANITISED: NativeCompiler = {
  command: 'gcc',
  flags: ['-O1', '-fsanitize=undefined,address', '-fno-sanitize-recover=all', '-Werror=uninitialized', '-Werror=return-type'],
};

/** A program and the name of its function. */
export interface NativeProgram {
  readonly text: string;
  readonly entry: string;
}

interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

function run(command: string, args: readonly string[], seconds: number): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { timeout: seconds * 1000, maxBuffer: 1 << 26, env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } },
      (error, stdout, stderr) => resolve({ ok: error === null, output: error === null ? stdout : `${String(error)}\n${stderr}` }),
    );
  });
}

let files = 0;

/** One value a program, as unsigned decimal text; null when the file did not compile or did not end. */
export async function nativeValues(
  programs: readonly NativeProgram[],
  compiler: NativeCompiler,
  folder: string,
): Promise<{ values: string[] | null; output: string }> {
  const base = join(folder, `native-${process.pid}-${files++}`);
  const calls = programs.map(({ entry }) => `\tprintf("%llu\\n", ${entry}());`);
  const main = ['extern int printf(const char *, ...);', 'int main(void)', '{', ...calls, '\treturn 0;', '}', ''];
  await writeFile(`${base}.c`, `${programs.map(({ text }) => text).join('\n')}\n${main.join('\n')}`);
  const built = await run(compiler.command, ['-std=gnu11', ...compiler.flags, `${base}.c`, '-o', base], 120);
  const ran = built.ok ? await run(base, [], 2 + programs.length / 4) : built;
  await Promise.all([rm(`${base}.c`, { force: true }), rm(base, { force: true })]);
  if (!ran.ok) return { values: null, output: ran.output };
  const values = ran.output.trim().split('\n');
  return { values: values.length === programs.length ? values : null, output: ran.output };
}

/** What all compilers agree on, program by program; null where they do not. */
export async function agreedValues(
  programs: readonly NativeProgram[],
  folder: string,
  compilers = NATIVE,
): Promise<(string | null)[]> {
  const answers = await Promise.all(compilers.map((compiler) => nativeValues(programs, compiler, folder)));
  if (answers.some(({ values }) => values === null)) {
    // One bad program hides the others of its file.
    if (programs.length === 1) return [null];
    const alone: (string | null)[] = [];
    for (const program of programs) alone.push(...(await agreedValues([program], folder, compilers)));
    return alone;
  }
  return programs.map((_, at) => {
    const first = answers[0]?.values?.[at] ?? null;
    return answers.every(({ values }) => values?.[at] === first) ? first : null;
  });
}
