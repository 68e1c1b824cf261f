/** A smooth function: writes its gradient at `x` into `gradient` and returns its value. */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Weight of ‖x‖₁ that is added to the function, per coordinate (0: none). Default: none at all. */
  l1?: Float64Array;
  /** Ends when no component of the (pseudo-)gradient is larger. */
  tolerance: number;
  maxIterations: number;
  /** Called before each iteration; may throw to end the search, and is awaited, so that the process stays responsive. */
  onIteration?(iteration: number, value: number): void | Promise<void>;
}

export interface LbfgsResult {
  x: Float64Array;
  value: number;
  iterations: number;
  converged: boolean;
}

/** Pairs of steps and gradient changes that the curvature is estimated from. */
const MEMORY = 10;
/** Sufficient decrease (Nocedal & Wright, "Numerical Optimization", 2006, eq. 3.4). */
const ARMIJO = 1e-4;
const MAX_HALVINGS = 30;

/**
 * Minimises f(x) + Σ l1ᵢ·|xᵢ| by limited-memory BFGS with a backtracking line search (Liu & Nocedal, 1989), and by its
 * orthant-wise form where there is an l1 term (Andrew & Gao, "Scalable Training of L1-Regularized Log-Linear Models",
 * 2007). Deterministic: no random numbers, no clock. Ends early, not converged, where no step along the search direction
 * decreases the value: the function's own precision is reached.
 */
export async function lbfgs(f: SmoothFunction, start: Float64Array, options: LbfgsOptions): Promise<LbfgsResult> {
  const { l1, tolerance, maxIterations } = options;
  let x: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(x.length);
  let value = f(x, gradient) + penalty(x, l1);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];

  for (let iteration = 0; iteration < maxIterations; iteration++) {
    await options.onIteration?.(iteration, value);
    const slope = l1 === undefined ? gradient : pseudoGradient(x, gradient, l1);
    if (largest(slope) <= tolerance) return { x, value, iterations: iteration, converged: true };

    const direction = quasiNewton(slope, steps, changes);
    if (l1 !== undefined) for (let i = 0; i < x.length; i++) if (direction[i] * slope[i] >= 0) direction[i] = 0;

    const found = search(f, x, value, slope, direction, l1, steps.length === 0 ? 1 / norm(slope) : 1);
    if (found === undefined) {
      // A poor memory can spoil the direction; plain descent is tried once before giving up.
      if (steps.length === 0) return { x, value, iterations: iteration, converged: false };
      steps.length = 0;
      changes.length = 0;
      continue;
    }
    const step = minus(found.x, x);
    const change = minus(found.gradient, gradient);
    // Only positive curvature keeps the estimate positive definite.
    if (dot(step, change) > 1e-10 * dot(change, change)) {
      steps.push(step);
      changes.push(change);
      if (steps.length > MEMORY) {
        steps.shift();
        changes.shift();
      }
    }
    ({ x, gradient, value } = found);
  }
  return { x, value, iterations: maxIterations, converged: false };
}

/** Backtracks from `size` until the value falls enough; steps that would change a sign under l1 stop at zero. */
function search(
  f: SmoothFunction,
  x: Float64Array,
  value: number,
  slope: Float64Array,
  direction: Float64Array,
  l1: Float64Array | undefined,
  size: number,
): { x: Float64Array; gradient: Float64Array; value: number } | undefined {
  const gradient = new Float64Array(x.length);
  for (let halving = 0; halving < MAX_HALVINGS; halving++, size /= 2) {
    const next = x.slice();
    for (let i = 0; i < x.length; i++) {
      next[i] += size * direction[i];
      if (l1 !== undefined && l1[i] > 0) {
        const orthant = x[i] !== 0 ? Math.sign(x[i]) : -Math.sign(slope[i]);
        if (next[i] * orthant < 0) next[i] = 0;
      }
    }
    let expected = 0;
    for (let i = 0; i < x.length; i++) expected += slope[i] * (next[i] - x[i]);
    const reached = f(next, gradient) + penalty(next, l1);
    if (expected < 0 && reached <= value + ARMIJO * expected) return { x: next, gradient, value: reached };
  }
  return undefined;
}

/** −H · slope by the two-loop recursion (Nocedal & Wright, algorithm 7.4). */
function quasiNewton(slope: Float64Array, steps: Float64Array[], changes: Float64Array[]): Float64Array {
  const direction = slope.map((component) => -component);
  const last = steps.length - 1;
  const alphas = new Float64Array(steps.length);
  for (let k = last; k >= 0; k--) {
    alphas[k] = dot(steps[k], direction) / dot(steps[k], changes[k]);
    addScaled(direction, changes[k], -alphas[k]);
  }
  if (last >= 0) {
    const scale = dot(steps[last], changes[last]) / dot(changes[last], changes[last]);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (let k = 0; k <= last; k++) {
    const beta = dot(changes[k], direction) / dot(steps[k], changes[k]);
    addScaled(direction, steps[k], alphas[k] - beta);
  }
  return direction;
}

/** The steepest descent's direction, negated, of f + l1·|x| (Andrew & Gao, eq. 4). */
function pseudoGradient(x: Float64Array, gradient: Float64Array, l1: Float64Array): Float64Array {
  return gradient.map((g, i) => {
    if (x[i] !== 0) return g + Math.sign(x[i]) * l1[i];
    if (g + l1[i] < 0) return g + l1[i];
    return g - l1[i] > 0 ? g - l1[i] : 0;
  });
}

function penalty(x: Float64Array, l1: Float64Array | undefined): number {
  if (l1 === undefined) return 0;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += l1[i] * Math.abs(x[i]);
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]);
const largest = (a: Float64Array): number => a.reduce((max, value) => Math.max(max, Math.abs(value)), 0);

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i] += scale * source[i];
}
