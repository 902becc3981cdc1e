// Text to be copied, under a title.

import { element } from "../dom.js";

export function codeBlock(title, text) {
  const copy = element("button", { type: "button", class: "button", "aria-label": `Copy: ${title}` }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  // Browsers give no clipboard to pages without TLS, but on the own machine.
  copy.hidden = !navigator.clipboard;
  return element("section", { class: "code" },
    element("header", { class: "panel-head" }, element("h3", {}, title), copy),
    element("pre", { tabindex: "0", role: "group", "aria-label": title }, element("code", {}, text)));
}
