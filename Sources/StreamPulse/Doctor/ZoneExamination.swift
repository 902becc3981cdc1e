import Diagnosis
import Plan
import Postgres
import Project
import SystemTimeZones
import Threads
import TimeZones

/// The time zones of a project's windows: windows are cut with this machine's data, queries and `verify --recount` ask the
/// server's.
enum ZoneExamination {
  private static let day: Int64 = 86_400
  /// Looked at every two weeks: no clock is put back sooner than that.
  private static let stepDays: Int64 = 14
  private static let daysBefore: Int64 = 3_650
  private static let daysAfter: Int64 = 1_825

  /// This machine's own.
  static var here: ZoneFacts { ZoneFacts(isInstalled: ZoneDatabase.names.count > 2) }

  static func zones(of project: Project) -> [ZoneRules] {
    let zones = project.aggregates.compactMap { aggregate -> ZoneRules? in
      guard case .calendar(let windows) = aggregate.window else { return nil }
      return windows.zone
    }
    return Set(zones).sorted { $0.name < $1.name }
  }

  /// Where the server's differ from this machine's.
  static func compare(_ zones: [ZoneRules], _ connection: PostgresConnection) throws(PostgresError) -> ZoneFacts {
    let now = Clock.wall() / 1_000_000
    var facts = ZoneFacts()
    for zone in zones {
      let rows = try connection.query(
        """
        SELECT at, extract(epoch FROM timezone($1, to_timestamp(at)) - timezone('UTC', to_timestamp(at)))::bigint
        FROM generate_series($2::bigint, $3::bigint, $4::bigint) AS at
        """,
        [
          .text(zone.name), .text(String(now - daysBefore * day)), .text(String(now + daysAfter * day)),
          .text(String(stepDays * day)),
        ])
      let differs = (0..<rows.rowCount).contains { row in
        guard let at = rows.integer(row, 0), let offset = rows.integer(row, 1) else { return false }
        let instant = at * 1_000_000
        return zone.local(of: instant) - instant != offset * 1_000_000
      }
      if differs { facts.differing.append(zone.name) }
    }
    return facts
  }
}
