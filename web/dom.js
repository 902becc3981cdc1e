// Building and updating nodes. Data reaches the page only as text nodes and attribute values, never as markup.

/** A new element; strings among `children` become text. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A `<data>` element, so that the exact value stands beside its formatted text. */
export function setNumber(node, value, format, exact = null) {
  node.textContent = format(value);
  node.value = Number.isFinite(value) ? String(value) : "";
  if (exact) node.title = exact(value);
}

/** What styles go by: how far from good the node's value is. @param {string | null} level */
export function setLevel(node, level) {
  if (level === null) {
    delete node.dataset.level;
  } else {
    node.dataset.level = level;
  }
}

export function setTime(node, date, text, title) {
  node.dateTime = date.toISOString();
  node.textContent = text;
  node.title = title;
}

/**
 * Makes `parent`'s children show `items` in their order, keeping the node of an item that was there before, so that
 * transitions, selections and the reader's place survive an update.
 */
export function updateKeyed(parent, items, keyOf, create, update) {
  const nodes = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const seen = new Set();
  let position = parent.firstElementChild;
  items.forEach((item, index) => {
    const key = String(keyOf(item));
    if (seen.has(key)) return;
    seen.add(key);
    let node = nodes.get(key);
    if (!node) {
      node = create();
      node.dataset.key = key;
    }
    update(node, item, index);
    if (node === position) {
      position = position.nextElementSibling;
    } else {
      parent.insertBefore(node, position);
    }
  });
  for (const [key, node] of nodes) {
    if (!seen.has(key)) node.remove();
  }
}

/** Asks the page for another view. @param detail what changes of it. */
export const changeView = (node, detail) =>
  node.dispatchEvent(new CustomEvent("view-change", { bubbles: true, detail }));
