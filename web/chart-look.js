// How all charts of the pages look and move: in the page's own colours and type. They use Chart.js, which the page loads
// as the global `Chart`.

export const darkScheme = matchMedia("(prefers-color-scheme: dark)");
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** @param style of the element that the chart is in, as computed. */
export function chartLook(style) {
  const color = (name) => style.getPropertyValue(name).trim();
  const font = { family: style.fontFamily, size: 12 };
  const ticks = { color: color("--text-muted"), font };
  return {
    color,
    ticks,
    /** Chart.js' options. @param scales the value axes. @param tooltip what is the chart's own of it. */
    options: (scales, tooltip) => ({
      responsive: true,
      maintainAspectRatio: false,
      animation: reducedMotion.matches ? false : { duration: 300 },
      interaction: { mode: "index", intersect: false },
      scales: {
        x: {
          grid: { display: false, borderColor: color("--border") },
          ticks: { ...ticks, autoSkip: true, autoSkipPadding: 24, maxRotation: 0 },
        },
        ...scales,
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: color("--text"), titleColor: color("--surface"), bodyColor: color("--surface"),
          titleFont: font, bodyFont: font, padding: 10, ...tooltip,
        },
      },
    }),
  };
}
