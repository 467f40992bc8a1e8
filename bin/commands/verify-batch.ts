// `qdisc verify --batch`: recorded cases (data/verifier as JSON lines, data/qdisc-verdicts as one document) to verdicts, one
// line a case, in order, none left out. Knows nothing of how verdicts are reached.

import {
  type BytecodeCase,
  isQdiscCaseFile,
  judgeCase,
  judgeStructOps,
  type KernelVersion,
  loadCompiler,
  type QdiscCaseFile,
  sourceOfQdiscCase,
} from '../../src/engine/index.ts';
import { readBytes } from '../input.ts';
import { printJson, UsageError } from '../output.ts';

const milliseconds = (from: number): number => Math.round((performance.now() - from) * 1000) / 1000;

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${where} is not JSON`);
  }
}

/** Fields that every bytecode case has. */
function isBytecodeCase(value: unknown): value is BytecodeCase {
  return (
    typeof value === 'object' &&
    value !== null &&
    'prog_type' in value &&
    typeof value.prog_type === 'string' &&
    'code' in value &&
    typeof value.code === 'string' &&
    'maps' in value &&
    Array.isArray(value.maps)
  );
}

const nameOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' ? value.name : null;

function bytecodeRow(given: unknown): object {
  const start = performance.now();
  const name = nameOf(given);
  const report = isBytecodeCase(given) ? judgeCase(given) : null;
  if (report === null) return { name, verdict: 'unsupported', errno: 0, message: null, processed: 0, ms: milliseconds(start) };
  const { rejection, processed } = report;
  return {
    name,
    verdict: rejection === null ? 'accept' : 'reject',
    errno: rejection?.errno ?? 0,
    message: rejection?.kernelMessage ?? null,
    processed,
    ms: milliseconds(start),
  };
}

async function qdiscRows(file: QdiscCaseFile, kernel: KernelVersion): Promise<void> {
  const compile = await loadCompiler();
  for (const given of file.cases) {
    const start = performance.now();
    const source = { path: `${given.name}.c`, text: sourceOfQdiscCase(file, given) };
    const { object, diagnostics } = compile(source, { profile: null, optimise: 2, cpu: 'v3' });
    if (object === null) {
      const message = diagnostics.find((item) => item.severity === 'error')?.message ?? null;
      printJson({
        name: given.name,
        stage: 'compile',
        verdict: 'reject',
        errno: 22,
        message,
        processed: 0,
        ms: milliseconds(start),
      });
      continue;
    }
    const { verdict, programs } = judgeStructOps(object, kernel);
    printJson({
      name: given.name,
      stage: verdict.stage,
      verdict: verdict.accepted ? 'accept' : 'reject',
      errno: verdict.errno,
      message: verdict.message,
      messages: verdict.message === null ? [] : [verdict.message, ...verdict.details],
      processed: programs.reduce((sum, program) => sum + program.result.report.processed, 0),
      ms: milliseconds(start),
    });
  }
}

/** Prints the verdict on every case of a file. */
export async function verifyBatch(path: string, kernel: KernelVersion): Promise<void> {
  const text = new TextDecoder().decode(readBytes(path));
  const whole = /^\s*[[{]/.test(text) && !path.includes('.jsonl') ? tryParse(text) : null;
  if (isQdiscCaseFile(whole)) {
    await qdiscRows(whole, kernel);
    return;
  }
  const cases = Array.isArray(whole) ? whole : linesOf(text, path);
  for (const given of cases) printJson(bytecodeRow(given));
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const linesOf = (text: string, path: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => parse(line, `line ${i + 1} of ${path}`));
