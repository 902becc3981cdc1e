// The icons, drawn by path. Each state has a shape of its own, so that nothing depends on colour alone.

const NAMESPACE = "http://www.w3.org/2000/svg";

const paths = {
  check: ["M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z", "M5 8.2l2.1 2.1L11 6.2"],
  warning: ["M8 2 1.5 13.5h13z", "M8 6.5v3", "M8 11.5v.1"],
  critical: ["M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3z", "M5.8 5.8l4.4 4.4", "M10.2 5.8l-4.4 4.4"],
  info: ["M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z", "M8 7.5v3.5", "M8 5v.1"],
  pause: ["M5.5 3.5v9", "M10.5 3.5v9"],
  forward: ["M6 3.5 10.5 8 6 12.5"],
  calendar: ["M2.5 3.5h11v10h-11z", "M2.5 6.5h11", "M5.5 2v3", "M10.5 2v3"],
  compare: ["M2 11 6 6l3 3 5-6", "M2 14h12"],
  play: ["M5 3.2 12.5 8 5 12.8z"],
  offline: [
    "M2 2l12 12", "M3 7.2a8 8 0 0 1 3.2-1.8", "M9.5 5.3A8 8 0 0 1 13 7.2", "M5.5 10a4 4 0 0 1 4-.6", "M8 13v.1",
  ],
};

/** A decorative icon: what it means stands beside it as text or as the label of its button. */
export function icon(name) {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of paths[name]) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}

/** Icon and word for a health or a severity; unknown words are shown as they are. */
export function setBadge(node, level) {
  if (node.dataset.level === level) return;
  const shapes = { healthy: "check", degraded: "warning", warning: "warning", critical: "critical" };
  node.dataset.level = level;
  node.replaceChildren(icon(shapes[level] ?? "info"), level.charAt(0).toUpperCase() + level.slice(1));
}

/** The same with other words. */
export function badge(level, text) {
  const node = document.createElement("span");
  node.className = "badge";
  setBadge(node, level);
  node.lastChild.textContent = text;
  return node;
}
