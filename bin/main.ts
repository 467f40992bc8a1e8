// The command line: one file a command in commands/, all over the engine's door. Exit status 0 fine, 1 the answer is no, 2 wrong use.

import { Command, CommanderError } from 'commander';
import { benchExecCommand } from './commands/bench-exec.ts';
import { checkCommand } from './commands/check.ts';
import { compileCommand } from './commands/compile.ts';
import { evalCommand } from './commands/eval.ts';
import { execCommand } from './commands/exec.ts';
import { laterCommands } from './commands/later.ts';
import { openCommand, shareCommand } from './commands/link.ts';
import { listCommand } from './commands/list.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run.ts';
import { schemaCommand } from './commands/schema.ts';
import { verifyCommand } from './commands/verify.ts';
import { STATUS, UsageError, warn } from './output.ts';

/** What a command does; its result is the exit status. */
export type Action = (status: number) => void;

/** Runs one command line (without node and script) and gives the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let status: number = STATUS.FINE;
  const done: Action = (value) => {
    status = Math.max(status, value);
  };
  const program = new Command('qdisc')
    .description('The qdisc playground without the page: compile, verify and run Linux packet schedulers written as eBPF C.')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError(false);
  const commands = [
    listCommand,
    compileCommand,
    verifyCommand,
    execCommand,
    evalCommand,
    benchExecCommand,
    runCommand,
    replayCommand,
    shareCommand,
    openCommand,
    checkCommand,
    schemaCommand,
  ];
  for (const add of commands) add(program, done);
  laterCommands(program, done);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? STATUS.FINE : STATUS.WRONG_USE;
    if (!(error instanceof UsageError)) throw error;
    warn(error.message);
    return STATUS.WRONG_USE;
  }
  return status;
}
