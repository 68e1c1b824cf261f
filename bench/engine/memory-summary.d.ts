export function summariseMemory(samples: { step: number; residentBytes: number; tensors: number }[]): {
  tensorsAtStart: number;
  tensorsAtEnd: number;
  residentBytesAtStart: number;
  residentBytesAtEnd: number;
  growth: number;
};
