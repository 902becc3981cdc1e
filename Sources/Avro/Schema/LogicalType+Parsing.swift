import JSON

extension LogicalType {
  /// What the annotation would make of a type that has none; nil when it means nothing there or the type has it.
  static func named(_ name: String, on type: AvroType) -> LogicalType? {
    guard type.logical == nil else { return nil }
    let json = JSONValue.object([
      JSONMember("logicalType", .string(name)), JSONMember("precision", .number("1")),
    ])
    return logicalType(json, on: type.shape)
  }
}

/// The logical type of `json`, unless it is unknown or does not fit: then the specification says to ignore it.
func logicalType(_ json: JSONValue, on shape: AvroType.Shape) -> LogicalType? {
  switch (json["logicalType"]?.stringValue, shape) {
  case ("date", .int): return .date
  case ("time-millis", .int): return .timeMillis
  case ("time-micros", .long): return .timeMicros
  case ("timestamp-millis", .long): return .timestampMillis
  case ("timestamp-micros", .long): return .timestampMicros
  case ("local-timestamp-millis", .long): return .localTimestampMillis
  case ("local-timestamp-micros", .long): return .localTimestampMicros
  case ("uuid", .string), ("uuid", .fixed(size: 16)): return .uuid
  case ("duration", .fixed(size: 12)): return .duration
  case ("decimal", .bytes), ("decimal", .fixed):
    let scale = json["scale"] == nil ? 0 : json["scale"]?.intValue ?? -1
    guard let precision = json["precision"]?.intValue, precision > 0, (0...precision).contains(scale) else {
      return nil
    }
    // log10(2^(8·size - 1) - 1) digits fit; 0.30103 is log10(2) rounded up in the fifth place, which errs only
    // for fixeds of more than 10,000 bytes.
    if case .fixed(let size) = shape, Double(precision) > Double(8 * size - 1) * 0.30103 {
      return nil
    }
    return .decimal(precision: precision, scale: scale)
  default: return nil
  }
}
