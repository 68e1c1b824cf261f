/** The colour that a custom property stands for in the theme in force, as `rgb(…)`: a canvas knows no `light-dark()`. */
export function resolveColor(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  probe.hidden = true;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
