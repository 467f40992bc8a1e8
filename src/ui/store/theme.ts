// Which theme is on: the person's choice, else the system's. Remembered where storage allows. No React.

import { clock, useStore } from './store.ts';
import type { ThemeChoice } from './view-slice.ts';

const KEY = 'qdisc-playground/theme';

function remembered(): ThemeChoice {
  try {
    const value = window.localStorage.getItem(KEY);
    return value === 'dark' || value === 'light' ? value : 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(theme: ThemeChoice): void {
  try {
    window.localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds for this page.
  }
  apply(theme);
}

function apply(theme: ThemeChoice): void {
  const system = window.matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  useStore.setState({ theme, dark: (theme === 'system' ? system : theme) === 'dark' });
}

/** Takes up the theme and the wish for less motion, and follows them when they change. */
export function followPreferences(): void {
  apply(remembered());
  window.matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => apply(useStore.getState().theme));
  const motion = window.matchMedia('(prefers-reduced-motion: reduce)');
  clock.reducedMotion = motion.matches;
  motion.addEventListener('change', () => {
    clock.reducedMotion = motion.matches;
  });
}
