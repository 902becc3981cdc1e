// What may be done about alerts: whether the API offers it, and doing it.

import { request, send } from "./api.js";

const ACKNOWLEDGE = "/api/stats/alerts/{id}/acknowledge";
const SILENCES = "/api/stats/silences";
const description = { name: "description", path: "/openapi.json", query: {}, read: (body) => body };

/** @returns {Promise<{acknowledge: boolean, silence: string[] | null}>} of a silence the members that it has. */
export async function offeredActions() {
  try {
    const { value } = await request(description, new AbortController().signal);
    const silence = value.paths?.[SILENCES]?.post;
    return {
      acknowledge: Boolean(value.paths?.[ACKNOWLEDGE]?.post), silence: silence ? membersOf(silence, value) : null,
    };
  } catch {
    return { acknowledge: false, silence: null };
  }
}

function membersOf(operation, document) {
  let schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  if (schema?.$ref) schema = schema.$ref.replace(/^#\//, "").split("/").reduce((part, name) => part?.[name], document);
  return Object.keys(schema?.properties ?? { matcher: {}, until: {}, comment: {} });
}

/** Takes note of each alert, one after the other. */
export async function acknowledge(alerts) {
  for (const { id } of alerts) await send(ACKNOWLEDGE.replace("{id}", encodeURIComponent(id)));
}

/** Silences alerts like each of these, from now on. @param members as `offeredActions` gives them. */
export async function silence(alerts, minutes, members) {
  const until = new Date(Date.now() + minutes * 60_000).toISOString();
  for (const alert of alerts) {
    const matcher = { alert_type: alert.alert_type, ...alert.key };
    const all = { matcher, until, minutes, comment: "From the dashboard" };
    await send(SILENCES, Object.fromEntries(Object.entries(all).filter(([name]) => members.includes(name))));
  }
}

/** Ends a silence before its time. */
export async function endSilence({ id }) {
  await send(`${SILENCES}/${encodeURIComponent(id)}/unsilence`);
}
