/** Hands each attempt the GPU of a free slot. A GPU that several slots share is in it several times. */
export class GpuPool {
  private readonly free: string[];

  constructor(gpus: readonly string[]) {
    this.free = [...gpus];
  }

  /** `undefined` where the slots have none. */
  take(): string | undefined {
    return this.free.shift();
  }

  giveBack(gpu: string | undefined): void {
    if (gpu !== undefined) this.free.push(gpu);
  }
}
