/** Shares and numbers as a page shows them; every page of a report writes them alike. */

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

export function percentInterval([lower, upper]: readonly [number, number]): string {
  return `${(lower * 100).toFixed(1)} to ${(upper * 100).toFixed(1)} %`;
}

export function decimal(value: number, digits = 3): string {
  return value.toFixed(digits);
}

export function whole(value: number): string {
  return value.toLocaleString('en');
}

/** 1.24 million, 88.1 billion; below a million in full. */
export function large(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} billion`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} million`;
  return whole(value);
}

export function bytes(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} MB`;
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} kB`;
  return `${value} bytes`;
}

/** Seconds, in a unit that suits them. */
export function seconds(value: number): string {
  if (value >= 7200) return `${(value / 3600).toFixed(1)} hours`;
  if (value >= 120) return `${(value / 60).toFixed(1)} minutes`;
  return `${value.toPrecision(3)} seconds`;
}
