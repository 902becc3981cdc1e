// What the first page knows of the example project: which aggregate tells the downloads apart by what, how its columns
// are called, and where a share is no longer good. Everything else on the page follows from it.

/** From here down a success rate is `degraded`, and from there down `critical`, as the regions' endpoint has it. */
export const HEALTHY_FROM = 0.95;
export const DEGRADED_FROM = 0.90;
/** Fewer downloads say nothing about health, as the alert has it. */
const LEAST_DOWNLOADS = 5;

export const DIMENSIONS = [
  {
    name: "region", relation: "region_health", keys: ["region"], count: "total_downloads", plural: "regions",
    text: (row) => row.region ?? "(none)",
  },
  {
    name: "title", relation: "content_stats", keys: ["content_id"], count: "download_count", plural: "titles",
    text: (row) => row.title ?? row.content_id ?? "(none)",
  },
  {
    name: "device", relation: "device_stats", keys: ["device_type", "os_version"], count: "total_downloads",
    plural: "devices", text: (row) => `${row.device_type ?? "(none)"} (${row.os_version ?? "none"})`,
  },
];

/** What is counted where nothing is filtered. */
export const WHOLE = DIMENSIONS[0];

export const pathOf = (dimension) => `/api/aggregates/${dimension.relation}`;

/** A row's figures under the names that this page has for them; what the aggregate does not know is null. */
export function figuresOf(row, dimension) {
  const downloads = row?.[dimension.count] ?? 0;
  const number = (name) => (Number.isFinite(row?.[name]) ? row[name] : null);
  return {
    downloads, failed: number("failed_downloads"),
    successRate: downloads > 0 ? row.successful_downloads / downloads : null,
    duration: number("avg_duration_seconds"), speed: number("avg_speed_mbps"),
  };
}

export function healthOf({ downloads, successRate }) {
  if (successRate === null || downloads < LEAST_DOWNLOADS) return "few";
  return successRate >= HEALTHY_FROM ? "healthy" : successRate >= DEGRADED_FROM ? "degraded" : "critical";
}

/**
 * What an alert measures, from the rows of the aggregate that it watches: a column of that name, or the share of
 * failures.
 * @returns a function of a row, or null when it is not known here.
 */
export function metricOf(name, relation) {
  const columns = relation?.rolls_up ? relation.columns.map((column) => column.name) : [];
  if (columns.includes(name)) return (row) => row[name];
  const count = ["total_downloads", "download_count"].find((each) => columns.includes(each));
  if (name !== "error_rate" || !count || !columns.includes("failed_downloads")) return null;
  return (row) => (row[count] > 0 ? row.failed_downloads / row[count] : null);
}
