// The page of the API's documentation: made of /openapi.json, which the server makes of what the project defines.

import { storeToken, storedToken } from "./token.js";

const TIMEOUT_MS = 8000;
const SHOWN_CHARACTERS = 20_000;
const GROUPS = [
  ["endpoints", "Endpoints"], ["actions", "Alerts, silences and ledger"], ["aggregates", "Aggregates and views"],
  ["administration", "Administration"], ["server", "Server"],
];

const element = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.filter((child) => child !== null));
  return node;
};

async function send(target, { method = "GET", body = null } = {}) {
  const token = storedToken();
  const headers = { ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  if (body !== null) headers["Content-Type"] = "application/json";
  return fetch(target, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
}

// MARK: The description

/** Every operation with its path and method, in the order of the description. */
function operationsOf(document) {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation, path, method: method.toUpperCase(), id: operation.operationId ?? `${method} ${path}`,
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content?.["application/json"]?.schema ?? null,
    })));
}

/** `integer, 1 to 60`; `"A" or "B"`. */
function typeText(schema = {}) {
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${typeText(schema.items)}`;
  if (schema.anyOf && !schema.type) {
    return [...new Set(schema.anyOf.filter((each) => !each.enum).map(typeText))].join(" or ");
  }
  const types = [schema.type ?? "any"].flat().join(" or ");
  const format = schema.format && !schema.format.startsWith("int") ? ` (${schema.format})` : "";
  // What is beyond the whole numbers that JavaScript knows is no bound that anybody has to be told of.
  const range = schema.minimum === undefined || schema.maximum === undefined ? ""
    : schema.maximum > Number.MAX_SAFE_INTEGER ? `, ${schema.minimum} or more` : `, ${schema.minimum} to ${schema.maximum}`;
  return types + format + range + (schema.pattern ? `, like ${schema.pattern}` : "");
}

/** The columns of the result; null: it is no such result. */
function columnsOf(operation) {
  const schema = operation.responses?.["200"]?.content?.["application/json"]?.schema;
  const row = schema?.properties?.data?.items ?? schema;
  return row?.properties ? Object.entries(row.properties) : null;
}

// MARK: One operation

function table(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((text, index) =>
    element(index === 0 ? "th" : "td", { ...(index === 0 ? { scope: "row" } : {}), textContent: text }))));
  return element("div", { className: "docs-scroller", tabIndex: 0 },
    element("table", {}, element("caption", { textContent: caption }),
      element("thead", {}, head), element("tbody", {}, ...body)));
}

function inputOf(operation, { name, schema, example, required, description }) {
  const id = `${operation.id}-${name}`;
  const input = schema?.enum || schema?.type === "boolean"
    ? element("select", {}, ...["", ...(schema.enum ?? [true, false])].map((value) =>
      element("option", { value: String(value), textContent: String(value) || "—" })))
    : element("input", { type: "text", autocomplete: "off", spellcheck: false });
  Object.assign(input, { id, name, required: Boolean(required) });
  const preset = schema?.default ?? (required ? example : undefined);
  if (preset !== undefined && !Array.isArray(preset)) {
    input.value = typeof preset === "object" ? JSON.stringify(preset) : String(preset);
  }
  if (schema?.type === "array") input.placeholder = "several, separated by spaces";
  return element("div", { className: "docs-field" },
    element("label", { htmlFor: id, textContent: name + (required ? " *" : "") }), input,
    element("span", { className: "docs-hint", textContent: [typeText(schema), description].filter(Boolean).join(". ") }));
}

function bodyFields(operation) {
  const required = operation.body?.required ?? [];
  return Object.entries(operation.body?.properties ?? {}).map(([name, schema]) => ({
    name, schema, required: required.includes(name), description: schema.description, example: schema.example,
  }));
}

/** A text of the form as the JSON that the body wants. */
function jsonOf(text, schema) {
  if (schema.type === "array") return text.split(/\s+/).filter(Boolean);
  if (["integer", "number", "boolean"].includes(schema.type) || !schema.type) {
    try { return JSON.parse(text); } catch { return text; }
  }
  return text;
}

/** What the form asks for: target, method and body. */
function requestOf(operation, form) {
  const value = (name) => form.elements[name]?.value ?? "";
  let path = operation.path;
  const query = new URLSearchParams();
  for (const { name, in: place, schema } of operation.parameters) {
    const text = value(name);
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(text));
    else if (text !== "" && schema?.type === "array") {
      for (const each of text.split(/\s+/).filter(Boolean)) query.append(name, each);
    } else if (text !== "" && text !== String(schema?.default)) query.append(name, text);
  }
  const members = bodyFields(operation).filter(({ name }) => value(name) !== "")
    .map(({ name, schema }) => [name, jsonOf(value(name), schema)]);
  const target = query.size > 0 ? `${path}?${query}` : path;
  return { target, method: operation.method, body: operation.body ? JSON.stringify(Object.fromEntries(members)) : null };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curlLine({ target, method, body }) {
  const parts = ["curl"];
  if (method !== "GET") parts.push("-X", method);
  if (storedToken()) parts.push("-H", `"Authorization: Bearer $TOKEN"`);
  if (body !== null) parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(body));
  return [...parts, quoted(location.origin + target)].join(" ");
}

async function answerText(response) {
  const text = await response.text();
  const isJSON = response.headers.get("Content-Type")?.includes("json");
  let shown = text;
  if (isJSON) { try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is shown as it is. */ } }
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}\n… ${text.length} characters in all` : shown;
}

function tryForm(operation) {
  const fields = [...operation.parameters, ...bodyFields(operation)];
  const curl = element("code", { className: "docs-curl" });
  const status = element("p", { className: "docs-status", role: "status" });
  const answer = element("pre", { className: "docs-answer", hidden: true, tabIndex: 0 });
  const copy = element("button", { type: "button", textContent: "Copy the curl line" });
  const form = element("form", { className: "docs-form", noValidate: false },
    ...fields.map((field) => inputOf(operation, field)),
    element("div", { className: "docs-buttons" }, element("button", { type: "submit", textContent: "Try it" }), copy));
  form.setAttribute("aria-label", `Try ${operation.method} ${operation.path}`);
  const showCurl = () => { curl.textContent = curlLine(requestOf(operation, form)); };
  form.addEventListener("input", showCurl);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(curl.textContent);
      status.textContent = "Copied.";
    } catch {
      status.textContent = "The browser does not let this page copy; mark the line instead.";
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const begin = performance.now();
    status.textContent = "Asking …";
    try {
      const request = requestOf(operation, form);
      const response = await send(request.target, request);
      const text = await answerText(response);
      status.textContent = `${response.status} ${response.statusText}, ${Math.round(performance.now() - begin)} ms`;
      answer.textContent = text;
      answer.hidden = text === "";
    } catch (error) {
      status.textContent = error.name === "TimeoutError" ? "No answer within 8 s." : "The API cannot be reached.";
      answer.hidden = true;
    }
  });
  showCurl();
  return element("div", {}, form, element("pre", { className: "docs-line", tabIndex: 0 }, curl), status, answer);
}

function section(operation) {
  const heading = element("h3", { id: operation.id },
    element("span", { className: "docs-method", textContent: operation.method }),
    element("code", { textContent: operation.path }));
  const streams = operation["x-streams"] ?? [];
  const columns = columnsOf(operation);
  const sql = operation["x-sql"];
  return element("article", { className: "docs-operation card" },
    heading, element("p", { textContent: operation.summary }),
    streams.length > 0
      ? element("p", { className: "docs-hint", textContent: `Made of the stream ${streams.join(", ")}.` }) : null,
    tryForm(operation),
    columns && columns.length > 0
      ? element("details", {}, element("summary", { textContent: "Result" }),
        table("Members of the result", ["name", "type", "meaning"],
          columns.map(([name, schema]) => [name, typeText(schema), schema.description ?? ""])))
      : null,
    sql ? element("details", {}, element("summary", { textContent: "SQL" }),
      element("pre", { className: "docs-sql", textContent: sql, tabIndex: 0 })) : null);
}

// MARK: The page

function show(document_) {
  const operations = operationsOf(document_);
  const contents = document.getElementById("contents");
  const groups = GROUPS.map(([tag, title]) => [title, operations.filter((each) => each.tags?.includes(tag))])
    .filter(([, members]) => members.length > 0);
  contents.replaceChildren(...groups.flatMap(([title, members]) => [
    element("p", { className: "docs-group", textContent: title }),
    element("ul", {}, ...members.map((each) =>
      element("li", {}, element("a", { href: `#${each.id}`, textContent: `${each.method} ${each.path}` })))),
  ]));
  contents.hidden = false;
  document.getElementById("operations").replaceChildren(...groups.map(([title, members]) =>
    element("section", {}, element("h2", { textContent: title }), ...members.map(section))));
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

async function start() {
  const state = document.getElementById("state");
  const form = document.getElementById("token");
  form.hidden = true;
  try {
    const response = await send("/openapi.json");
    if (response.status === 401) {
      state.textContent = "This API asks for a token.";
      form.hidden = false;
      return;
    }
    if (!response.ok) throw new Error();
    show(await response.json());
    state.hidden = true;
  } catch {
    state.textContent = "The description of the API cannot be read. Is the server running?";
  }
}

document.getElementById("token").addEventListener("submit", (event) => {
  event.preventDefault();
  storeToken(document.getElementById("token-text").value.trim());
  start();
});
start();
