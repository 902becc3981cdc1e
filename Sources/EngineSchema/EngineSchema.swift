/// A file of the engine's own schema.
public struct SchemaFile: Hashable, Sendable {
  /// `0001_engine.sql`; files are applied in the order of their names.
  public let name: String
  public let text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// The engine's own tables and functions, as a sequence of migrations. They travel in the program: `sql/schema` of this
/// repository is their source, which `Schema` links to and the package embeds.
public enum EngineSchema {
  /// All migrations, in order. What has been released is never edited: a change is another file, here and in the folder.
  public static let files = [
    file("0001_engine.sql", PackageResources._001_engine_sql),
    file("0002_dead_letters.sql", PackageResources._002_dead_letters_sql),
    file("0003_replay.sql", PackageResources._003_replay_sql),
    file("0004_gaps.sql", PackageResources._004_gaps_sql),
    file("0005_one_write.sql", PackageResources._005_one_write_sql),
    file("0006_streams.sql", PackageResources._006_streams_sql),
    file("0007_schemas.sql", PackageResources._007_schemas_sql),
    file("0008_event_log.sql", PackageResources._008_event_log_sql),
    file("0009_windows.sql", PackageResources._009_windows_sql),
    file("0010_aggregates.sql", PackageResources._010_aggregates_sql),
    file("0011_views.sql", PackageResources._011_views_sql),
    file("0012_sessions.sql", PackageResources._012_sessions_sql),
    file("0013_states.sql", PackageResources._013_states_sql),
    file("0014_definitions.sql", PackageResources._014_definitions_sql),
    file("0016_rows.sql", PackageResources._016_rows_sql),
    file("0017_alert_actions.sql", PackageResources._017_alert_actions_sql),
    file("0018_backfills.sql", PackageResources._018_backfills_sql),
    file("0018_merges.sql", PackageResources._018_merges_sql),
    file("0019_incidents.sql", PackageResources._019_incidents_sql),
    file("0020_delivery.sql", PackageResources._020_delivery_sql),
    file("0021_audit.sql", PackageResources._021_audit_sql),
    file("0022_announcements.sql", PackageResources._022_announcements_sql),
    file("0023_times_of_day.sql", PackageResources._023_times_of_day_sql),
    file("0026_folding.sql", PackageResources._026_folding_sql),
    file("0028_forecasts.sql", PackageResources._028_forecasts_sql),
    file("0029_administration.sql", PackageResources._029_administration_sql),
    file("0031_acknowledgements.sql", PackageResources._031_acknowledgements_sql),
    file("0033_handovers.sql", PackageResources._033_handovers_sql),
  ]

  private static func file(_ name: String, _ bytes: [UInt8]) -> SchemaFile {
    SchemaFile(name: name, text: String(decoding: bytes, as: UTF8.self))
  }
}
