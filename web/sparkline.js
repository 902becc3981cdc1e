// A sparkline as one SVG path: the course of a figure, without axes.

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 28;

export function makeSparkline() {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("aria-hidden", "true");
  for (const part of ["sparkline-area", "sparkline-line"]) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("class", part);
    svg.append(path);
  }
  return svg;
}

/** Fewer than two values draw nothing. A flat course is a line at half height. */
export function drawSparkline(svg, values) {
  const [area, line] = svg.children;
  if (values.length < 2) {
    area.removeAttribute("d");
    line.removeAttribute("d");
    return;
  }
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * WIDTH;
    const y = span === 0 ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
    return `${x.toFixed(2)},${y.toFixed(2)}`;
  });
  line.setAttribute("d", `M${points.join("L")}`);
  area.setAttribute("d", `M0,${HEIGHT}L${points.join("L")}L${WIDTH},${HEIGHT}Z`);
}
