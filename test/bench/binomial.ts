/**
 * The upper bound of Clopper and Pearson (Biometrika 26, 1934): the largest chance of success at which so few successes
 * still come with the given doubt. One-sided: at 0.95, the true rate is above it in at most one case of twenty.
 */
export function upperBound(successes: number, trials: number, confidence = 0.95): number {
  if (trials === 0 || successes >= trials) return 1;
  let [low, high] = [successes / trials, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(successes, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

function chanceOfAtMost(successes: number, trials: number, rate: number): number {
  let [term, sum] = [(1 - rate) ** trials, 0];
  for (let count = 0; count <= successes; count += 1) {
    sum += term;
    term *= ((trials - count) / (count + 1)) * (rate / (1 - rate));
  }
  return sum;
}
