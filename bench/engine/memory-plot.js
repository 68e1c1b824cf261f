const WIDTH = 720;
const HEIGHT = 320;
const LEFT = 64;
const RIGHT = 64;
const TOP = 40;
const BOTTOM = 44;

/**
 * Resident memory (left axis, MB, from zero) and tensors (right axis, from zero) over steps, as SVG.
 * @param samples `{ step, residentBytes, tensors }`, in order
 */
export function plotMemory(samples, title) {
  const lastStep = samples.at(-1).step;
  const memory = samples.map(({ step, residentBytes }) => ({ step, value: residentBytes / 1e6 }));
  const tensors = samples.map(({ step, tensors }) => ({ step, value: tensors }));
  const x = (step) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / lastStep;
  const text = (at, y, words, anchor = 'middle', colour = '#444') =>
    `<text x="${at}" y="${y}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;

  const series = (points, colour, side) => {
    const top = niceCeiling(Math.max(...points.map(({ value }) => value)));
    const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / top;
    const path = points.map(({ step, value }) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const [at, anchor] = side === 'left' ? [LEFT - 8, 'end'] : [WIDTH - RIGHT + 8, 'start'];
    const ticks = [0, top / 2, top].map((value) => text(at, y(value) + 4, value.toLocaleString('en'), anchor, colour));
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${ticks.join('')}`;
  };
  const steps = [0, lastStep / 2, lastStep].map((step) =>
    text(x(step), HEIGHT - BOTTOM + 18, Math.round(step).toLocaleString('en')),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}V${TOP}" fill="none" stroke="#bbb"/>
${series(memory, '#1f5fa8', 'left')}
${series(tensors, '#b3541e', 'right')}
${steps.join('')}
${text(WIDTH / 2, HEIGHT - 8, 'steps')}
${text(WIDTH / 2, 18, title)}
${text(LEFT, TOP - 8, 'resident memory, MB', 'start', '#1f5fa8')}
${text(WIDTH - RIGHT, TOP - 8, 'tensors', 'end', '#b3541e')}
</svg>
`;
}

/** The next of 1, 2, 4, 5 or 8 times a power of ten. */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].find((factor) => factor * power >= value) * power;
}
