const GOLDEN = (3 - Math.sqrt(5)) / 2;

export interface Minimum {
  x: number;
  value: number;
}

/**
 * The minimum of a function of one number between two ends: Brent's method (Brent, "Algorithms for Minimization without
 * Derivatives", 1973, chapter 5), parabolas where they help and golden sections where they do not. Finds the only
 * minimum of a function that falls and then rises; an end, where it does one of the two all the way.
 * @param tolerance of x, relative to 1 + |x|
 */
export function minimise(f: (x: number) => number, lower: number, upper: number, tolerance = 1e-9): Minimum {
  let [a, b] = [lower, upper];
  /** The best so far, the second best, and the second best before that. */
  let [x, w, v] = new Array<number>(3).fill(a + GOLDEN * (b - a));
  let [fx, fw, fv] = new Array<number>(3).fill(f(x));
  let step = 0;
  let stepBefore = 0;
  for (let iteration = 0; iteration < 200; iteration++) {
    const middle = (a + b) / 2;
    const least = tolerance * (1 + Math.abs(x));
    if (Math.abs(x - middle) <= 2 * least - (b - a) / 2) break;
    let parabolic = false;
    if (Math.abs(stepBefore) > least) {
      const r = (x - w) * (fx - fv);
      const s = (x - v) * (fx - fw);
      const p = ((x - v) * s - (x - w) * r) * (s > r ? -1 : 1);
      const q = 2 * Math.abs(s - r);
      const inside = p > q * (a - x) && p < q * (b - x);
      if (inside && Math.abs(p) < Math.abs((q * stepBefore) / 2)) {
        stepBefore = step;
        step = p / q;
        parabolic = true;
        // Not too near to an end, where nothing new can be learnt.
        if (x + step - a < 2 * least || b - x - step < 2 * least) step = x < middle ? least : -least;
      }
    }
    if (!parabolic) {
      stepBefore = x < middle ? b - x : a - x;
      step = GOLDEN * stepBefore;
    }
    const u = x + (Math.abs(step) >= least ? step : Math.sign(step) * least);
    const fu = f(u);
    if (fu <= fx) {
      if (u < x) b = x;
      else a = x;
      [v, fv, w, fw, x, fx] = [w, fw, x, fx, u, fu];
    } else {
      if (u < x) a = u;
      else b = u;
      if (fu <= fw || w === x) [v, fv, w, fw] = [w, fw, u, fu];
      else if (fu <= fv || v === x || v === w) [v, fv] = [u, fu];
    }
  }
  return { x, value: fx };
}
