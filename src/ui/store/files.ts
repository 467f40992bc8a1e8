// Files: a scenario with its changed programs in one JSON document, and built objects. Downloads are made in the page; no
// server is involved. No React.

import type { Scenario } from '../../engine/sim/scenario.ts';
import { changedTexts } from './build-slice.ts';
import { checkScenarioText } from './engine-bridge.ts';
import { programObject } from './gallery.ts';
import { openForeign } from './open-document.ts';
import { clock, say, useStore } from './store.ts';

/** More than this is no scenario of ours (bytes). */
const LARGEST_FILE = 4 << 20;

function download(name: string, bytes: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const fileName = (title: string, ending: string): string =>
  `${
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 60) || 'scenario'
  }${ending}`;

/** The scenario as it stands: changed texts become `source`, the view is the moment that is looked at. */
function wholeScenario(): Scenario | null {
  const { scenario, packet, layout } = useStore.getState();
  if (scenario === null) return null;
  const changed = changedTexts(useStore.getState());
  const programs = Object.fromEntries(
    Object.entries(scenario.programs).map(([name, program]) => {
      const text = changed[name];
      if (text === undefined) return [name, program];
      const { gallery: _gallery, ...rest } = program;
      return [name, { ...rest, source: text }];
    }),
  );
  const view = {
    ...scenario.view,
    t: `${Math.round(clock.t)}ns`,
    speed: Math.round(clock.speed),
    layout,
    ...(packet > 0 ? { packet } : {}),
  };
  return { ...scenario, programs, view };
}

/** Downloads the scenario as `.scenario.json`. */
export function saveScenarioFile(): void {
  const scenario = wholeScenario();
  if (scenario === null) return;
  download(fileName(scenario.title, '.scenario.json'), `${JSON.stringify(scenario, null, 2)}\n`, 'application/json');
}

/** Downloads the object of the program in the editor: the one just built, or the gallery's when nothing was changed. */
export async function saveObjectFile(): Promise<void> {
  const { report, program, scenario, gallery, texts, originals } = useStore.getState();
  const known = gallery?.programs.find((item) => item.id === scenario?.programs[program]?.gallery);
  const untouched = known !== undefined && texts[program] === originals[program];
  const object = report?.object ?? (untouched ? await programObject(known) : null);
  if (object === null) say('There is no object: the program does not compile.');
  else download(`${program}.o`, new Uint8Array(object), 'application/octet-stream');
}

/** Opens a scenario file as a new draft; explains what is wrong with it otherwise. */
export async function openScenarioFile(file: File): Promise<void> {
  const problem = (text: string): void => useStore.setState({ banner: { kind: 'problem', text } });
  if (file.size > LARGEST_FILE) {
    problem(`"${file.name}" has ${file.size} bytes; a scenario has at most ${LARGEST_FILE}.`);
    return;
  }
  const { scenario, problems } = await checkScenarioText(await file.text());
  if (scenario === null) {
    problem(`"${file.name}" is not a scenario: ${problems[0]?.message ?? 'it could not be read'}.`);
    return;
  }
  await openForeign({ preset: null, scenario, sources: {} }, 'file');
}
