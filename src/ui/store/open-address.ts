// What the address asks for when the page opens, or when its fragment changes: a link, else the first preset. A link that
// cannot be read is explained; it never silently becomes something else. No React.

import { fetchGallery } from './gallery.ts';
import { openPreset } from './open-document.ts';
import { keepAddress, openLinkFragment } from './share.ts';
import { useStore } from './store.ts';

export async function openFromAddress(): Promise<void> {
  const gallery = await fetchGallery();
  useStore.setState({ gallery });
  window.addEventListener('hashchange', () => void openLinkFragment(window.location.hash));
  keepAddress();
  if (window.location.hash.length > 1 && (await openLinkFragment(window.location.hash))) return;
  const first = gallery?.scenarios[0];
  if (first === undefined) useStore.setState({ loading: 'failed' });
  else {
    const { banner } = useStore.getState();
    await openPreset(first.id);
    // The explanation of a link that could not be read stays beside the preset that is shown instead.
    if (banner !== null) useStore.setState({ banner });
  }
}
