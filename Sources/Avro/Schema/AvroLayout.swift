/// What a schema says of how values are encoded, for systems that have to be told so in their own words.
public indirect enum AvroLayout: Hashable, Sendable {
  public struct Field: Hashable, Sendable {
    public var name: String
    public var layout: AvroLayout
  }

  case null, boolean, int, long, float, double, bytes, string
  case fixed(size: Int)
  case enumeration
  case record([Field])
  case array(AvroLayout)
  case map(AvroLayout)
  case union([AvroLayout])
  case decimal(precision: Int, scale: Int, isFixed: Bool)
  case date
  /// `timestamp-millis` (3 places) or `timestamp-micros` (6).
  case timestamp(places: Int)
  /// `local-timestamp-millis` or `local-timestamp-micros`.
  case localTimestamp(places: Int)
  /// A record inside itself, or one that is nested too deeply.
  case endless
}

extension AvroLayout {
  /// What a path of fields leads to, where a value is there: of unions their last branch. nil: there is no such field.
  public func value(at path: [String]) -> AvroLayout? {
    var place = self
    for name in path {
      guard case .record(let fields) = place.present, let field = fields.first(where: { $0.name == name }) else {
        return nil
      }
      place = field.layout
    }
    return place.present
  }

  private var present: AvroLayout? {
    if case .union(let branches) = self { branches.last } else { self }
  }
}

extension AvroSchema {
  private static let deepestLayout = 32

  /// The layout of the whole schema.
  public var layout: AvroLayout { layout(of: root, depth: 0) }

  private func layout(of index: Int, depth: Int) -> AvroLayout {
    guard depth < AvroSchema.deepestLayout else { return .endless }
    func inner(_ type: Int) -> AvroLayout { layout(of: type, depth: depth + 1) }
    let type = types[index]
    switch (type.logical, type.shape) {
    case (.decimal(let precision, let scale)?, .fixed):
      return .decimal(precision: precision, scale: scale, isFixed: true)
    case (.decimal(let precision, let scale)?, _):
      return .decimal(precision: precision, scale: scale, isFixed: false)
    case (.date?, _): return .date
    case (.timestampMillis?, _): return .timestamp(places: 3)
    case (.timestampMicros?, _): return .timestamp(places: 6)
    case (.localTimestampMillis?, _): return .localTimestamp(places: 3)
    case (.localTimestampMicros?, _): return .localTimestamp(places: 6)
    default: break
    }
    switch type.shape {
    case .null: return .null
    case .boolean: return .boolean
    case .int: return .int
    case .long: return .long
    case .float: return .float
    case .double: return .double
    case .bytes: return .bytes
    case .string: return .string
    case .fixed(let size): return .fixed(size: size)
    case .enumeration: return .enumeration
    case .record(let fields):
      return .record(fields.map { AvroLayout.Field(name: $0.name, layout: inner($0.type)) })
    case .array(let items): return .array(inner(items))
    case .map(let values): return .map(inner(values))
    case .union(let branches): return .union(branches.map(inner))
    }
  }
}
