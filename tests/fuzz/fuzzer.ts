// What `npm run fuzz` expects of a fuzzer: tests/fuzz/NAME.fuzz.ts exports `fuzzer`. Results are counted and printed; a finding
// is printed with the seed that gives it again.

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Rewrite what the fuzzer stores for `npm test`, where it stores anything. */
  readonly accept: boolean;
  /** Folder for files of a run; it exists. */
  readonly folder: string;
  readonly print: (line: string) => void;
}

export interface Fuzzer {
  /** One line for the list of fuzzers. */
  readonly about: string;
  /** Cases of a run without `--count`. */
  readonly count: number;
  /** True when nothing was found. */
  readonly run: (options: FuzzOptions) => Promise<boolean>;
}
