// Finds include files: those given to the compiler first, then the bundled headers. There is no file system. Knows nothing
// of directives.

import { headersOf } from '../abi/headers.ts';
import type { ProfileId } from '../abi/profile.ts';
import type { SourceFile } from '../base/source.ts';

export class HeaderFinder {
  private readonly given: readonly SourceFile[];
  private readonly bundled: readonly SourceFile[];

  constructor(given: readonly SourceFile[], profile: ProfileId | null) {
    this.given = given;
    this.bundled = headersOf(profile);
  }

  /** The file an include means; with quotes the folder of the including file counts first. */
  readonly find = (name: string, quoted: boolean, from: string): SourceFile | null => {
    const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : '';
    const wanted = quoted ? [normalise(folder + name), name] : [name];
    for (const path of wanted) {
      const found = this.given.find((file) => normalise(file.path) === path) ?? this.bundled.find((file) => file.path === path);
      if (found !== undefined) return found;
    }
    const suffix = `/${name}`;
    return (
      this.given.find((file) => file.path.endsWith(suffix)) ??
      this.bundled.find((file) => quoted && file.path.endsWith(suffix)) ??
      null
    );
  };

  readonly names = (): readonly string[] => [...this.given, ...this.bundled].map((file) => file.path);
}

/** Removes `./` and `x/../`. */
function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' || part === '') continue;
    if (part === '..' && parts.length > 0) parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
