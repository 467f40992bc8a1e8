// What page and worker say to each other: commands as one Comlink service, log chunks and status over a raw MessagePort.
// Types only; everything here survives structured cloning.

import type { ProfileId, QuirkId } from '../engine/abi/profile.ts';
import type { LanguageAnswer, LanguageDocument, LanguageQuestion } from '../engine/index.ts';
import type { Scenario } from '../engine/sim/scenario.ts';

/** A finding with its place flattened to lines and columns (one-based); `file` is the path of the source or header. */
export interface FlatDiagnostic {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly message: string;
  readonly file: string | null;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly notes: readonly {
    readonly message: string;
    readonly line: number | null;
    readonly column: number | null;
    readonly file: string | null;
  }[];
  readonly fix: {
    readonly description: string;
    readonly line: number;
    readonly column: number;
    readonly endLine: number;
    readonly endColumn: number;
    readonly text: string;
  } | null;
  /** Long explanation from the catalogue, plain text paragraphs; null when the message says it all. */
  readonly explanation: string | null;
  /** Which stage found it. */
  readonly stage: 'compile' | 'verify' | 'scenario';
}

export interface BuildRequest {
  /** Newer revisions cancel older ones. */
  readonly revision: number;
  /** File name shown in messages, `fifo.bpf.c`. */
  readonly path: string;
  readonly source: string;
  /** Chosen in the page; null leaves it to the file. */
  readonly profile: ProfileId | null;
}

/** One program of an object after verification. */
export interface ProgramSummary {
  readonly name: string;
  readonly section: string;
  readonly accepted: boolean;
  /** Instructions the verifier walked. */
  readonly processed: number;
  /** One line a slot (second slots of ld_imm64 are empty). */
  readonly assembly: readonly string[];
  /** Source line of each slot, 0 unknown. */
  readonly lineOfSlot: Int32Array;
  /** The kernel-style log. */
  readonly verifierLog: readonly string[];
}

export interface MapSummary {
  readonly name: string;
  /** `array`, `hash`, `skbmap` … */
  readonly type: string;
  readonly maxEntries: number;
  readonly keySize: number;
  readonly valueSize: number;
}

export interface BuildReport {
  readonly revision: number;
  /** True when it compiled and every program was accepted. */
  readonly ok: boolean;
  readonly diagnostics: readonly FlatDiagnostic[];
  readonly profile: ProfileId | null;
  readonly badge: string | null;
  readonly programs: readonly ProgramSummary[];
  readonly maps: readonly MapSummary[];
  /** The ELF object, when it compiled. */
  readonly object: Uint8Array | null;
  readonly compileMs: number;
  readonly verifyMs: number;
}

/** What a scenario's program name stands for. */
export type ProgramInput =
  | { readonly kind: 'object'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'source'; readonly path: string; readonly text: string; readonly profile: ProfileId | null };

export interface RunRequest {
  readonly scenario: Scenario;
  /** By the names the scenario's `programs` has. */
  readonly programs: Readonly<Record<string, ProgramInput>>;
}

export interface QdiscInfo {
  /** Number in the log's `a` columns. */
  readonly index: number;
  /** `1:`. */
  readonly handle: string;
  readonly device: string;
  /** Name of the program object, e.g. `fifo`. */
  readonly program: string;
  readonly profile: ProfileId;
  readonly quirks: readonly QuirkId[];
  readonly enqueue: ProgramSummary | null;
  readonly dequeue: ProgramSummary | null;
  /** The programs that run when knobs change and when a parent peeks, where there are such. */
  readonly change: ProgramSummary | null;
  readonly peek: ProgramSummary | null;
}

/** A map of the run. */
export interface RunMapInfo extends MapSummary {
  /** Number in the log. */
  readonly index: number;
  readonly qdisc: number;
}

export interface RunInfo {
  readonly runId: number;
  readonly flows: readonly { readonly index: number; readonly name: string }[];
  readonly devices: readonly { readonly index: number; readonly name: string; readonly rateBitsPerSecond: number }[];
  readonly qdiscs: readonly QdiscInfo[];
  readonly maps: readonly RunMapInfo[];
  readonly durationNs: number;
}

export type StartResult =
  | { readonly ok: true; readonly run: RunInfo; readonly warnings: readonly FlatDiagnostic[] }
  | { readonly ok: false; readonly problems: readonly FlatDiagnostic[] };

/** Values at one moment, computed by restoring a checkpoint and running on. */
export interface MomentReport {
  readonly runId: number;
  readonly step: number;
  readonly t: number;
  readonly maps: readonly {
    readonly index: number;
    readonly name: string;
    readonly type: string;
    readonly used: number;
    readonly maxEntries: number;
    /** Decoded by BTF; at most 512, in the map's own order. */
    readonly entries: readonly { readonly key: string; readonly value: string }[];
    readonly truncated: boolean;
  }[];
  /** Lines as `tc -s qdisc show` prints them. */
  readonly tc: readonly string[];
  /** Lines as `tc -s class show` prints them; none without classes. */
  readonly classes: readonly string[];
  /** Fields of every live packet that was asked for. */
  readonly packet: readonly { readonly name: string; readonly value: string }[] | null;
  /** Digest of the whole state. */
  readonly digest: string;
}

/** One run of a program inside a step. */
export interface ExecutedRun {
  readonly qdisc: number;
  readonly program: 'enqueue' | 'dequeue' | 'change' | 'peek';
  /** Instructions that ran; more than are listed where it was too many. */
  readonly executed: number;
  /** Slot of each instruction, in the order they ran. */
  readonly slots: Int32Array;
  /** Calls around each: 0 in the entry function. */
  readonly depths: Uint8Array;
}

/** An instruction of a run of a step: step from 1, run and instruction from 0. */
export interface ExecutionPlace {
  readonly step: number;
  readonly run: number;
  readonly at: number;
}

/** Local variables and parameters of one call. */
export interface LocalsOfCall {
  readonly name: string;
  /** Real calls around it. */
  readonly depth: number;
  readonly isInlined: boolean;
  /** Line an inlined function is called from, 0 unknown. */
  readonly calledFrom: number;
  readonly locals: readonly {
    readonly name: string;
    readonly type: string;
    readonly isParameter: boolean;
    /** Line of the declaration. */
    readonly line: number;
    readonly state: 'shown' | 'unset' | 'away';
    /** The value, `not set yet` or `optimised away`. */
    readonly value: string;
  }[];
}

/** The machine before one instruction. */
export interface MachineReport {
  readonly slot: number;
  readonly depth: number;
  /** R0 to R10, 16 hexadecimal digits each. */
  readonly registers: readonly string[];
  /** Words of the stack that are not zero, by frame: `fp-8` and 16 digits. */
  readonly stack: readonly {
    readonly depth: number;
    readonly words: readonly { readonly place: string; readonly value: string }[];
  }[];
  /** Calls with their local variables, the innermost first; inlined ones are calls of their own. Empty for objects that do not tell. */
  readonly locals: readonly LocalsOfCall[];
  /** One for each watch expression that was asked for. */
  readonly watches: readonly string[];
}

/** Slots of one program at which to stop. */
export interface BreakpointSlots {
  readonly qdisc: number;
  readonly program: 'enqueue' | 'dequeue' | 'change' | 'peek';
  readonly slots: readonly number[];
}

/** `searched`: nothing so far, ask again from step `to`. */
export type BreakpointSearch =
  | { readonly kind: 'found'; readonly place: ExecutionPlace }
  | { readonly kind: 'searched'; readonly to: number }
  | { readonly kind: 'end' };

export interface EngineApi {
  /** Hands over the port that chunks and status come through. Once per worker. */
  connect(port: MessagePort): void;
  build(request: BuildRequest): Promise<BuildReport>;
  /** Answers a question about a text that is being typed. Needs no run and disturbs none. */
  language(about: LanguageDocument, question: LanguageQuestion): Promise<LanguageAnswer>;
  /** Checks raw scenario JSON. */
  checkScenario(text: string): Promise<{ readonly scenario: Scenario | null; readonly problems: readonly FlatDiagnostic[] }>;
  /** Ends any run and starts a new one, which computes ahead by itself up to the scenario's duration. */
  start(request: RunRequest): Promise<StartResult>;
  /** Ends the run; takes effect within one slice. */
  stop(): Promise<void>;
  /** State after `step` steps of the run (0: before the first). Null when the run is gone or has not got there. */
  inspect(runId: number, step: number, packet: number): Promise<MomentReport | null>;
  /** What the programs executed in step `step` (1 is the first). Null when the run is gone. */
  executed(runId: number, step: number): Promise<readonly ExecutedRun[] | null>;
  /** The machine before an instruction; null when the run is gone or has no such instruction. */
  machineAt(runId: number, place: ExecutionPlace, watches: readonly string[]): Promise<MachineReport | null>;
  /** The nearest breakpoint after or before a place, looked for over some thousand steps at a time. Null when the run is gone. */
  findBreakpoint(
    runId: number,
    from: ExecutionPlace,
    direction: 1 | -1,
    breakpoints: readonly BreakpointSlots[],
  ): Promise<BreakpointSearch | null>;
}

/** Worker to page, over the port. */
export type EngineMessage =
  | {
      readonly type: 'chunk';
      readonly runId: number;
      readonly buffer: ArrayBuffer;
      readonly count: number;
      readonly base: number;
      readonly stringBase: number;
      readonly strings: readonly string[];
    }
  | {
      readonly type: 'status';
      readonly runId: number;
      readonly state: 'running' | 'done' | 'stopped' | 'failed';
      readonly t: number;
      readonly records: number;
      readonly steps: number;
      readonly digest: string | null;
      readonly message: string | null;
    };

/** Page to worker, over the port. */
export type PageMessage = { readonly type: 'ack'; readonly runId: number; readonly base: number };
