import Dialects
import Events
import Glibc
import Plan
import SQLFrontend
import Testing

/// Files beside the tests and in the repository.
enum Files {
  static let tests = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.endIndex))
  static let repository = tests + "/../.."

  /// The `.sql` files of a folder, sorted.
  static func definitions(in folder: String) -> [SourceFile] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".sql") { names.append(name) }
    }
    return names.sorted().map { SourceFile(path: $0, text: text(of: folder + "/" + $0)) }
  }

  static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}

/// The fields of schemas/event.avsc, and one of each type that it lacks under `extra`.
enum Fields {
  static let all: [(path: String, description: FieldDescription)] = [
    ("event_id", field(.text, comment: "UUID of the event, unique per download attempt.")),
    ("timestamp", field(.timestamptz)),
    ("content", field(.jsonb)),
    ("content.content_id", field(.text, comment: "Stable identifier, e.g. mov_avengers_2.")),
    ("content.title", field(.text)),
    ("content.type", field(.text)),
    ("content.size_gb", field(.doublePrecision)),
    ("user.user_id", field(.text)),
    ("user.region", field(.text, comment: "Country and region, e.g. US-California.")),
    ("user.device_type", field(.text, comment: "Device, e.g. iPhone.")),
    ("user.os_version", field(.text)),
    ("download.status", field(.text)),
    ("download.duration_seconds", field(.integer)),
    ("download.speed_mbps", field(.doublePrecision)),
    ("download.error_code", field(.text, isNullable: true)),
    ("extra.big", field(.bigint)),
    ("extra.price", field(.numeric(scale: 2))),
    ("extra.flag", field(.boolean, isNullable: true)),
    ("extra.day", field(.date)),
    ("extra.local", field(.timestamp)),
    ("extra.clock", field(.time)),
    ("extra.id", field(.uuid)),
    ("extra.raw", field(.bytea)),
    ("extra.tags", field(.jsonb, isNullable: true)),
  ]

  private static func field(_ type: SQLType, isNullable: Bool = false, comment: String = "") -> FieldDescription {
    FieldDescription(type: type, isNullable: isNullable, comment: comment)
  }

  static var schema: SchemaFields { SchemaFields(paths: paths, field: describe) }

  private static var paths: [[String]] { all.map { split($0.path) } }

  private static func describe(_ path: [String]) -> FieldDescription? {
    all.first { split($0.path) == path }?.description
  }

  private static func split(_ path: String) -> [String] {
    path.split(separator: ".").map(String.init)
  }
}

/// The shipped stream, with another event time where that matters.
func downloads(eventTime: String = "timestamp") throws(DefinitionErrors) -> ParsedStream {
  try parseStream(
    SourceFile(
      path: "s.sql",
      text: """
        CREATE FOREIGN TABLE content_downloads () SERVER kafka OPTIONS (
          topic 'content-downloads', format 'avro', schema 'event.avsc',
          event_time '\(eventTime)');
        """))
}

func plan(_ files: [SourceFile], of stream: ParsedStream? = nil) throws(DefinitionErrors) -> StreamPlan {
  let stream = if let stream { stream } else { try downloads() }
  return try planStream(
    stream, aggregates: files, fields: stream.definition.format == .avro ? Fields.schema : .empty)
}

/// Views over the shipped aggregates.
func views(_ files: [SourceFile]) throws(DefinitionErrors) -> [ViewPlan] {
  let stream = SourceFile(
    path: "s.sql", text: Files.text(of: Files.repository + "/sql/streams/content_downloads.sql"))
  let streams = planStreams(
    parseStreams([stream]), fields: { _ in Fields.schema }, aggregates: ShippedDefinitionsTests.files("aggregates"))
  let planned = planViews(files, of: streams)
  guard planned.errors.isEmpty else { throw DefinitionErrors(planned.errors) }
  return planned.plans
}

func plan(_ text: String) throws(DefinitionErrors) -> StreamPlan {
  try plan([SourceFile(path: "x.sql", text: text)])
}

/// The plan of `SELECT items FROM content_downloads GROUP BY tumble(…)`, with what else is given.
func plan(select items: String, where filter: String? = nil, by keys: String? = nil) throws -> StreamPlan {
  let condition = filter.map { " WHERE \($0)" } ?? ""
  let rest = keys.map { ", \($0)" } ?? ""
  return try plan(
    "CREATE MATERIALIZED VIEW x AS SELECT \(items) FROM content_downloads\(condition)\n"
      + "GROUP BY tumble(\"timestamp\", INTERVAL '1 minute')\(rest);")
}

/// The errors of an expression as WHERE condition, without places.
func errors(_ body: () throws -> some Any) -> [DefinitionError] {
  do {
    _ = try body()
    return []
  } catch let errors as DefinitionErrors {
    return errors.errors
  } catch {
    return []
  }
}

/// Generated text that is compared with a file. `STREAMPULSE_UPDATE_FIXTURES=1` writes the files instead; the change is
/// then to be read before it is committed.
enum Golden {
  static func matches(_ actual: String, _ name: String) -> Bool {
    let path = Files.tests + "/Fixtures/expected/" + name
    if getenv("STREAMPULSE_UPDATE_FIXTURES") != nil, let file = fopen(path, "w") {
      defer { fclose(file) }
      fputs(actual, file)
    }
    return Files.text(of: path) == actual
  }
}

/// The plan of a condition over the shipped stream as SQL, with every implicit cast written out.
func plannedCondition(_ condition: String) throws -> String {
  let stream = try plan(select: "count(*) AS n", where: condition)
  let shape = TableShape(stream.aggregates[0], of: stream)
  let line = shape.description.split(separator: "\n").first { $0.hasPrefix("filter: ") }
  return String(try #require(line).dropFirst(8))
}
