import Avro

/// What Flink's format `avro` reads: the columns of the table say how records are written, field by field, since it has no
/// schema beside them.
enum AvroColumns {
  /// The columns of a record, `` `name` TYPE NOT NULL ``; a fault names the field and says why it cannot be told.
  static func columns(of layout: AvroLayout) -> Result<[String], AvroFault> {
    guard case .record(let fields) = layout else {
      return .failure(AvroFault(field: "", reason: "the schema is no record"))
    }
    return list(fields, path: "")
  }

  private static func list(_ fields: [AvroLayout.Field], path: String) -> Result<[String], AvroFault> {
    var columns: [String] = []
    for field in fields {
      switch type(of: field.layout, path: path + field.name) {
      case .success(let type): columns.append("\(FlinkText.identifier(field.name)) \(type)")
      case .failure(let fault): return .failure(fault)
      }
    }
    return .success(columns)
  }

  private static func type(of layout: AvroLayout, path: String) -> Result<String, AvroFault> {
    func refused(_ reason: String) -> Result<String, AvroFault> { .failure(AvroFault(field: path, reason: reason)) }
    switch layout {
    case .union(let branches):
      // Flink writes a nullable type as a union of null and it, in this order, and reads numbers of branches so.
      guard branches.count == 2, branches[0] == .null, branches[1] != .null else {
        return refused("a union that is not [\"null\", T] is encoded otherwise than Flink's nullable type")
      }
      return present(branches[1], path: path)
    default: return present(layout, path: path).map { $0 + " NOT NULL" }
    }
  }

  private static func present(_ layout: AvroLayout, path: String) -> Result<String, AvroFault> {
    func refused(_ reason: String) -> Result<String, AvroFault> { .failure(AvroFault(field: path, reason: reason)) }
    switch layout {
    case .boolean: return .success("BOOLEAN")
    case .int: return .success("INT")
    case .long: return .success("BIGINT")
    case .float: return .success("FLOAT")
    case .double: return .success("DOUBLE")
    case .bytes: return .success("BYTES")
    case .string: return .success("STRING")
    case .date: return .success("DATE")
    case .timestamp(let places): return .success("TIMESTAMP_LTZ(\(places))")
    case .localTimestamp(let places): return .success("TIMESTAMP(\(places))")
    case .decimal(let precision, let scale, isFixed: false) where precision <= 38:
      return .success("DECIMAL(\(precision), \(scale))")
    case .record(let fields):
      return list(fields, path: path + ".").map { "ROW<\($0.joined(separator: ", "))>" }
    case .array(let items): return type(of: items, path: path).map { "ARRAY<\($0)>" }
    case .map(let values): return type(of: values, path: path).map { "MAP<STRING, \($0)>" }
    case .enumeration: return refused("Flink reads no enum")
    case .fixed: return refused("Flink reads no fixed")
    case .decimal: return refused("Flink reads no decimal of that form")
    case .union, .null: return refused("Flink reads no such union")
    case .endless: return refused("a record inside itself is no table")
    }
  }
}

struct AvroFault: Error, Hashable {
  /// Its path; empty: the schema.
  var field: String
  var reason: String
}
