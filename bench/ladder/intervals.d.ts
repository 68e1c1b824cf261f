export function meanInterval(values: number[]): { mean: number; interval?: [number, number] };
