// What page and worker say to each other: commands as one Comlink service, log chunks and status over a raw MessagePort.
// Types only; everything here survives structured cloning.

import type { ProfileId, QuirkId } from '../engine/abi/profile.ts';
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
  /** Fields of every live packet that was asked for. */
  readonly packet: readonly { readonly name: string; readonly value: string }[] | null;
  /** Digest of the whole state. */
  readonly digest: string;
}

/** One program run inside a step. */
export interface ExecutedRun {
  readonly qdisc: number;
  readonly program: 'enqueue' | 'dequeue';
  readonly instructions: number;
  /** One-based lines of the program's own file, in the order they were reached; a line directly repeated stands once. */
  readonly lines: readonly number[];
}

export interface EngineApi {
  /** Hands over the port that chunks and status come through. Once per worker. */
  connect(port: MessagePort): void;
  build(request: BuildRequest): Promise<BuildReport>;
  /** Checks raw scenario JSON. */
  checkScenario(text: string): Promise<{ readonly scenario: Scenario | null; readonly problems: readonly FlatDiagnostic[] }>;
  /** Ends any run and starts a new one, which computes ahead by itself up to the scenario's duration. */
  start(request: RunRequest): Promise<StartResult>;
  /** Ends the run; takes effect within one slice. */
  stop(): Promise<void>;
  /** State after `step` steps of the run (0: before the first). Null when the run is gone or has not got there. */
  inspect(runId: number, step: number, packet: number): Promise<MomentReport | null>;
  /** What the programs executed in step `step` (1 is the first): the source lines in order, repeats folded. Null when the run is gone. */
  executed(runId: number, step: number): Promise<readonly ExecutedRun[] | null>;
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
