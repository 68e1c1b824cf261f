// Applies the remembered theme before the first paint; a separate file because the page's policy forbids inline scripts.
try {
  const theme = localStorage.getItem('distillery.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme applies.
}
