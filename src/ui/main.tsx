// Mounts the application: the frame first, then the gallery, the worker and what the address asks for.

import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { wakeEngine } from './store/engine-bridge.ts';
import { openFromAddress } from './store/open-address.ts';
import { keepDraftSaved } from './store/open-document.ts';
import { offerTestHook } from './store/test-hook.ts';
import { followPreferences } from './store/theme.ts';
import './theme.css';
import './layout.css';
import './panes.css';

const root = document.getElementById('root');
if (root !== null) {
  followPreferences();
  wakeEngine();
  createRoot(root).render(<App />);
  offerTestHook();
  keepDraftSaved();
  void openFromAddress();
}
