/** One file of a Python package index. */
export interface Wheel {
  /** Name and exact version, as pip takes them. */
  requirement: string;
  /** pip's platform tag and, where the wheel is made for one Python, that Python: any will do, none is run. */
  platformTag: string;
  pythonVersion?: string;
  sha256: string;
  bytes: number;
}
