interface MemorySummary {
  tensorsAtStart: number;
  tensorsAtEnd: number;
  residentBytesAtStart: number;
  residentBytesAtEnd: number;
  growth: number;
}

export function summariseMemory(samples: { step: number; residentBytes: number; tensors: number }[]): MemorySummary;

export function isFlat(summary: Pick<MemorySummary, 'growth' | 'tensorsAtStart' | 'tensorsAtEnd'>): boolean;
