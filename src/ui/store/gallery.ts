// Fetches the gallery: programs as C and as built objects, scenarios, and the list of them. Paths are relative to the
// document, so the page works under any base path. Knows nothing of the store.

import type { Scenario } from '../../engine/sim/scenario.ts';

export interface GalleryProgram {
  readonly id: string;
  readonly title: string;
  readonly profile: string;
  readonly file: string;
  readonly object: string;
  readonly watch: string;
}

export interface GalleryScenario {
  readonly id: string;
  readonly title: string;
  readonly watch: string;
  readonly file: string;
  readonly program: string;
}

export interface Gallery {
  readonly programs: readonly GalleryProgram[];
  readonly scenarios: readonly GalleryScenario[];
}

const address = (file: string): URL => new URL(`gallery/${file}`, document.baseURI);
const texts = new Map<string, Promise<string | null>>();
const objects = new Map<string, Promise<Uint8Array | null>>();
const scenarios = new Map<string, Promise<Scenario | null>>();

async function fetched(file: string): Promise<Response | null> {
  try {
    const response = await fetch(address(file));
    // A static host may answer with its own page for what is not there.
    const isPage = response.headers.get('content-type')?.startsWith('text/html') === true;
    return response.ok && !isPage ? response : null;
  } catch {
    return null;
  }
}

function once<T>(
  cache: Map<string, Promise<T | null>>,
  file: string,
  read: (response: Response) => Promise<T>,
): Promise<T | null> {
  let known = cache.get(file);
  if (known === undefined) {
    known = fetched(file).then(async (response) => (response === null ? null : await read(response)));
    cache.set(file, known);
  }
  return known;
}

/** The list, or null when it could not be fetched. The file is ours: it is trusted to have its documented shape. */
export async function fetchGallery(): Promise<Gallery | null> {
  const response = await fetched('index.json');
  return response === null ? null : ((await response.json()) as Gallery);
}

/** C text of a gallery program. */
export const programText = (program: GalleryProgram): Promise<string | null> =>
  once(texts, program.file, (response) => response.text());

/** Built object of a gallery program. */
export const programObject = (program: GalleryProgram): Promise<Uint8Array | null> =>
  once(objects, program.object, async (response) => new Uint8Array(await response.arrayBuffer()));

/** A preset's scenario. */
export const presetScenario = (preset: GalleryScenario): Promise<Scenario | null> =>
  once(scenarios, preset.file, async (response) => (await response.json()) as Scenario);
