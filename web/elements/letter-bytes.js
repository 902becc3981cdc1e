// Bytes as people look at them: sixteen a line, with their place and what of them is text.

import { element } from "../dom.js";
import { formatExact } from "../format.js";

const LINE = 16;
/** More would keep the browser busy; the command shows all. */
const MOST_LINES = 256;

/**
 * @param {string} title
 * @param {string | null} hex two digits a byte; null: there is no such value.
 * @param {number} count how many bytes there are in all.
 */
export function bytesView(title, hex, count) {
  const lines = [];
  for (let start = 0; start < (hex ?? "").length / 2 && lines.length < MOST_LINES; start += LINE) {
    const pairs = hex.slice(2 * start, 2 * (start + LINE)).match(/../g);
    const text = pairs.map((pair) => {
      const code = Number.parseInt(pair, 16);
      return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : ".";
    }).join("");
    lines.push(`${start.toString(16).padStart(6, "0")}  ${pairs.join(" ").padEnd(3 * LINE - 1)}  ${text}`);
  }
  const shown = Math.min(count, LINE * lines.length);
  const heading = hex === null ? `${title}: none` : `${title}: ${formatExact(count)} bytes`;
  return element("section", { class: "code" },
    element("header", { class: "panel-head" }, element("h3", {}, heading)),
    ...(hex ? [element("pre", { class: "bytes", tabindex: "0", role: "group", "aria-label": title },
      element("code", {}, lines.join("\n")))] : []),
    ...(shown < count ? [element("p", { class: "hint" }, `The first ${formatExact(shown)} bytes.`)] : []));
}
