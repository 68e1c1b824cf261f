export interface Before {
  root: string;
  temporary: string;
  checkout: string[];
  system: string[];
}

export function noteWhatIsThere(root: string, temporary: string, report: string): Before;
export function leftovers(before: Before, options: { isCi: boolean; patienceMs?: number }): Promise<string[]>;
