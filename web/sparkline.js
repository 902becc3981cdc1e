// A sparkline as SVG: the course of a figure over all of the range, on an axis that begins at nothing, so that a small
// change looks small.

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 28;
const TOP = 3;

export function makeSparkline() {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("aria-hidden", "true");
  for (const part of ["sparkline-area", "sparkline-line", "sparkline-points"]) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("class", part);
    svg.append(path);
  }
  return svg;
}

/**
 * @param {(number | null)[]} values in equal steps over the range; null is unknown, and a gap. One without neighbours
 *   is a point.
 * @param {number | null} most the top of the axis; null: the greatest of the values.
 */
export function drawSparkline(svg, values, most = null) {
  const [area, line, points] = svg.children;
  const top = most ?? Math.max(0, ...values.filter(Number.isFinite));
  const place = (value, index) => {
    const x = values.length < 2 ? WIDTH : (index / (values.length - 1)) * WIDTH;
    const y = top > 0 ? HEIGHT - (value / top) * (HEIGHT - TOP) : HEIGHT;
    return [x, y].map((each) => each.toFixed(2));
  };
  const runs = runsOf(values).map((run) => run.map(([value, index]) => place(value, index)));
  const long = runs.filter((run) => run.length > 1);
  set(line, long.map((run) => `M${run.join("L")}`).join(""));
  set(area, long.map((run) => `M${run[0][0]},${HEIGHT}L${run.join("L")}L${run.at(-1)[0]},${HEIGHT}Z`).join(""));
  // A line of no length has round ends.
  set(points, runs.filter((run) => run.length === 1).map(([[x, y]]) => `M${x},${y}h0`).join(""));
}

function set(path, shape) {
  if (shape) {
    path.setAttribute("d", shape);
  } else {
    path.removeAttribute("d");
  }
}

/** Stretches of known values, each with its index. */
function runsOf(values) {
  const runs = [];
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) return;
    if (index > 0 && Number.isFinite(values[index - 1])) {
      runs.at(-1).push([value, index]);
    } else {
      runs.push([[value, index]]);
    }
  });
  return runs;
}
