/** Line icons on a 16-pixel grid, drawn with the current text colour. Decorative: the text beside them says it all. */
const PATHS = {
  runs: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  submit: 'M8 3v10M3 8h10',
  schedule: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.2 1.6',
  models: 'M8 1.8 13.6 5v6L8 14.2 2.4 11V5L8 1.8ZM2.6 5.1 8 8.2l5.4-3.1M8 8.2v5.8',
  workers: 'M3 3h10v4H3zM3 9h10v4H3zM5.2 5h.01M5.2 11h.01',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z',
  monitor: 'M2 3h12v8H2zM6 13.5h4',
  search: 'M7.2 12a4.8 4.8 0 1 0 0-9.6 4.8 4.8 0 0 0 0 9.6ZM10.8 10.8 14 14',
  copy: 'M6 6h7.5v7.5H6zM3.2 10H2.5V2.5H10v.7',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4 4 8 8M12 4l-8 8',
  download: 'M8 2.5v7.6M4.8 7.2 8 10.4l3.2-3.2M2.8 13.2h10.4',
  retry: 'M13 8a5 5 0 1 1-1.6-3.7L13 5.8M13 2.6v3.2H9.8',
  warning: 'M8 2.2 14.4 13.4H1.6L8 2.2ZM8 6.4v3.2M8 11.6h.01',
  arrowUp: 'M8 13V3M4 7l4-4 4 4',
  arrowDown: 'M8 3v10M4 9l4 4 4-4',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  play: 'M4.5 3v10l8-5z',
  pause: 'M5 3.5v9M11 3.5v9',
  edit: 'M10.6 3 13 5.4 5.6 12.8l-3 .6.6-3z',
  trash: 'M2.8 4.4h10.4M6 4.2V2.6h4v1.6M4.2 4.6l.6 8.8h6.4l.6-8.8',
  compare: 'M2 13.5V2.5M2 13.5h12M4.5 10l3-3.5 2.2 1.8 3.8-4.8',
  signOut: 'M9.5 2.5h-7v11h7M6.5 8h7.5M11.2 5.2 14 8l-2.8 2.8',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false" className="icon">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
