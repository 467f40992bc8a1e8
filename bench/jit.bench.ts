// The JIT against clang's own wasm32 code of the same C, in the same V8, in paired rounds; and the interpreter. Needs ../shared/bench/bpf and
// clang-14 with lld-14 (Debian); says so and measures the engines alone without them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from '../src/engine/isa/codec.ts';
import { type BenchProgram, benchCode } from '../src/engine/unverified.ts';

const FOLDER = '../shared/bench/bpf';
/** The interpreter comes last for each, and `helper` first of all: what a page runs is one engine with handlers it has seen alone. */
const PROGRAMS = ['helper', 'alu', 'branchy', 'sieve', 'copy1k', 'stack', 'drr'] as const;
const ROUNDS = 7;
const WARM_MS = 400;
const CLANG = [
  '--target=wasm32',
  '-O2',
  '-nostdlib',
  '-fno-builtin',
  '-Wl,--no-entry',
  '-Wl,--export=g_mem',
  '-Wl,--initial-memory=262144',
  '-Wl,-z,stack-size=65536',
];

const unhex = (text: string): Uint8Array =>
  Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Nanoseconds a call, over enough calls to take about `ms` milliseconds. */
function time(call: () => unknown, calls: number): number {
  const started = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) call();
  return Number(process.hrtime.bigint() - started) / calls;
}

/** Calls until the optimising tier has had time to take over: both sides are measured warm. */
function warm(call: () => unknown, calls: number): void {
  const until = performance.now() + WARM_MS;
  while (performance.now() < until) time(call, calls);
}

/** The exported entry of clang's wasm32 build, or null when it cannot be built. */
function clangBuild(program: string): (() => unknown) | null {
  const out = mkdtempSync(join(tmpdir(), 'wasm-'));
  const built = spawnSync('clang-14', [
    ...CLANG,
    '-Wl,--export-all',
    `${FOLDER}/${program}.c`,
    `${FOLDER}/wasm_rt.c`,
    '-o',
    join(out, 'p.wasm'),
  ]);
  if (built.status !== 0) return null;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(out, 'p.wasm'))), { env: {} });
  rmSync(out, { recursive: true });
  const entry = instance.exports[program] ?? instance.exports.prog ?? instance.exports.run;
  return typeof entry === 'function' ? () => (entry as (context: number) => unknown)(0) : null;
}

function callOf(bench: BenchProgram) {
  if (bench.error !== null) throw new Error(bench.error);
  return bench.call;
}

export function run(): Record<string, unknown> {
  if (!existsSync(FOLDER)) return { name: 'jit', skipped: `${FOLDER} is not there` };
  const result: Record<string, unknown> = { name: 'jit' };
  let product = 1;
  let compared = 0;
  for (const program of PROGRAMS) {
    const code = decode(unhex(readFileSync(`${FOLDER}/${program}.hex`, 'utf8')));
    const jit = callOf(benchCode(code, 'jit'));
    const clang = clangBuild(program);
    jit();
    const executed = Math.max(1, jit().executed);
    const calls = Math.max(20, Math.floor(4_000_000 / executed));
    for (const call of [jit, clang]) if (call !== null) warm(call, calls);
    const own: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      own.push(time(jit, calls));
      if (clang !== null) theirs.push(time(clang, calls));
    }
    const interpreter = callOf(benchCode(code, 'interpreter'));
    warm(interpreter, Math.ceil(calls / 20));
    result[`${program}_jit_ns_per_insn`] = Math.round((median(own) / executed) * 1000) / 1000;
    result[`${program}_interpreter_ns_per_insn`] = Math.round((time(interpreter, Math.ceil(calls / 20)) / executed) * 100) / 100;
    if (clang === null) continue;
    const ratio = median(own.map((value, round) => value / (theirs[round] ?? value)));
    result[`${program}_jit_over_clang`] = Math.round(ratio * 100) / 100;
    if (program === 'helper') continue;
    product *= ratio;
    compared++;
  }
  if (compared > 0) result.geometric_mean_jit_over_clang = Math.round(product ** (1 / compared) * 100) / 100;
  return result;
}
