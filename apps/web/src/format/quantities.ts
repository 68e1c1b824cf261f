const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "850 ms", "42 s", "3 min 05 s", "2 h 07 min", "4 d 3 h". */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${two((ms % HOUR) % MINUTE, SECOND)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${two(ms % HOUR, MINUTE)} min`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

function two(ms: number, unit: number): string {
  return String(Math.floor(ms / unit)).padStart(2, '0');
}

/** Time that is left, coarse on purpose: an estimate to the second would pretend to know. */
export function remaining(ms: number): string {
  if (ms < 5 * SECOND) return 'a few seconds left';
  if (ms < MINUTE) return `${Math.ceil(ms / SECOND / 5) * 5} s left`;
  if (ms < HOUR) return `${Math.ceil(ms / MINUTE)} min left`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${two(ms % HOUR, MINUTE)} min left`;
  return `${Math.ceil(ms / DAY)} d left`;
}

/** "0 B", "812 B", "4.2 KiB", "13.0 MiB". */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return power === 0 ? `${count} B` : `${(count / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** A share from 0 to 1 as "78.5 %". */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** At most `digits` significant digits, without an exponent where a person would write none. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(Math.max(0, digits - 2)).replace('e+', 'e');
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(digits)));
}

/** 12500000 → "12.5 M": three digits, in powers of a thousand. */
export function powers(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor((Math.log10(Math.max(1, value)) + 1e-9) / 3)));
  return `${Number((value / 1000 ** power).toPrecision(3))}${units[power]}`;
}

/** A metric in its own unit: accuracies (`top1`, `validation.top5`) are shares, the rest are plain numbers. */
export function metric(key: string, value: number): string {
  return isShare(key) ? percent(value) : number(value);
}

export function isShare(key: string): boolean {
  return /(^|\.)(top\d+|accuracy|.*Top\d+)$/.test(key);
}

export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? singular : plural}`;
}
