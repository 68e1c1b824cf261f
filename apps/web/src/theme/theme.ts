import { useSyncExternalStore } from 'react';

/** What a person chose; `system` follows the operating system. */
export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

const KEY = 'distillery.theme';
const CHOSEN_HERE = 'distillery:theme';

/** Remembers the choice in this browser and applies it at once. */
export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Storage is switched off: the choice lasts until the page is closed.
  }
  apply(choice);
  window.dispatchEvent(new Event(CHOSEN_HERE));
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, applied);
}

/** The theme in force, for what is drawn on a canvas and cannot follow the style sheet by itself. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, () => {
    const choice = applied();
    if (choice !== 'system') return choice;
    return systemTheme().matches ? 'dark' : 'light';
  });
}

function systemTheme(): MediaQueryList {
  return window.matchMedia('(prefers-color-scheme: dark)');
}

function subscribe(changed: () => void): () => void {
  const system = systemTheme();
  const otherTab = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    apply(event.newValue === 'light' || event.newValue === 'dark' ? event.newValue : 'system');
    changed();
  };
  system.addEventListener('change', changed);
  window.addEventListener('storage', otherTab);
  window.addEventListener(CHOSEN_HERE, changed);
  return () => {
    system.removeEventListener('change', changed);
    window.removeEventListener('storage', otherTab);
    window.removeEventListener(CHOSEN_HERE, changed);
  };
}

function apply(choice: ThemeChoice): void {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

/** `first-paint.js` has put the remembered choice on the document before this module runs. */
function applied(): ThemeChoice {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}
