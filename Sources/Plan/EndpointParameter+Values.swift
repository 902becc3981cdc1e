import Events

extension EndpointPlan.Parameter {
  /// No text parameter of a definition needs more, and everything longer would only fill the cache's keys.
  public static let maximumTextCharacters = 256
  /// Values of one list.
  public static let maximumListCount = 100

  /// The one spelling of a value, so that equal requests share a cache entry; nil when it is none of the parameter's. Of a
  /// list, that of one of its values.
  ///
  /// A time that is relative to the present keeps to it: `-15m`.
  public func canonical(_ value: String) -> String? {
    switch type {
    case .integer, .bigint:
      // The integer's own parser would also take "+5".
      guard !value.hasPrefix("+"), let number = Int64(value), type == .bigint || Int32(exactly: number) != nil else {
        return nil
      }
      if case .integers(let range) = range, !range.contains(number) { return nil }
      return String(number)
    case .double:
      guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
        let number = Double(value), number.isFinite
      else { return nil }
      if case .doubles(let range) = range, !range.contains(number) { return nil }
      return number == 0 ? "0.0" : String(number)
    // As JavaScript, Python and C write them.
    case .boolean:
      switch value.lowercased() {
      case "true", "1": return "true"
      case "false", "0": return "false"
      default: return nil
      }
    case .text:
      guard allowedValues.isEmpty else { return allowedValue(spelt: value) }
      guard value.unicodeScalars.count <= maximumCharacters, pattern?.matches(value) ?? true else {
        return nil
      }
      return value
    case .timestamptz: return Self.time(value)
    case .interval:
      guard let length = Self.length(value) else { return nil }
      if case .intervals(let range) = range, !range.contains(length) { return nil }
      return LengthText.short(length)
    case .uuid:
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: UUIDText.count) { canonical in
        guard let start = canonical.baseAddress,
          Array(value.utf8).withUnsafeBufferPointer({ UUIDText.read($0, into: start) })
        else { return nil }
        return String(decoding: canonical, as: UTF8.self)
      }
    case .jsonb: return value
    }
  }

  /// What is bound for a canonical value: a time that is relative to the present becomes one.
  ///
  /// - Parameter now: microseconds since 1970.
  public func bound(_ canonical: String, at now: Int64) -> String {
    guard type == .timestamptz else { return canonical }
    if isList {
      guard canonical.contains("+") || canonical.contains("\"-") else { return canonical }
      let times = canonical.dropFirst().dropLast().split(separator: ",").map { $0.dropFirst().dropLast() }
      return ParameterList.text(of: times.map { Self.absolute(String($0), at: now) })
    }
    return Self.absolute(canonical, at: now)
  }

  /// Several values, each canonical, as they are bound.
  public static func list(_ values: [String]) -> String { ParameterList.text(of: values) }

  /// What a value must be, e.g. "an integer between 1 and 60".
  public var requirement: String {
    switch type {
    case .integer, .bigint:
      if case .integers(let range) = range { return "an integer between \(range.lowerBound) and \(range.upperBound)" }
      return type == .integer ? "an integer" : "an integer of 64 bits"
    case .double:
      if case .doubles(let range) = range { return "a number between \(range.lowerBound) and \(range.upperBound)" }
      return "a number"
    case .boolean: return "true or false"
    case .text:
      if !allowedValues.isEmpty { return "one of " + allowedValues.joined(separator: ", ") }
      let length = "a text of at most \(maximumCharacters) characters"
      return pattern.map { "\(length) that matches \($0.text)" } ?? length
    case .timestamptz: return "a time like 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00, or one like -15m"
    case .interval:
      if case .intervals(let range) = range {
        return "a length of time between \(LengthText.short(range.lowerBound)) and "
          + "\(LengthText.short(range.upperBound)), like 90s or 5 minutes"
      }
      return "a length of time like 90s or 5 minutes"
    case .uuid: return "a UUID"
    case .jsonb: return "a JSON value"
    }
  }

  /// The value as the definition spells it; in any case of letters, as long as that names one.
  private func allowedValue(spelt value: String) -> String? {
    if allowedValues.contains(value) { return value }
    let alike = allowedValues.filter { $0.lowercased() == value.lowercased() }
    return alike.count == 1 ? alike[0] : nil
  }

  // MARK: Times

  /// In microseconds; not negative, and short enough for a time to lie so far from the present.
  private static func length(_ text: String) -> Int64? {
    let length = try? Interval.microseconds(parsing: text)
    return length.flatMap { $0 <= Interval.longestMicroseconds ? $0 : nil }
  }

  private static func time(_ value: String) -> String? {
    // A + that nobody has escaped comes as a space.
    var text = value
    if text.hasPrefix(" ") { text = "+" + text.dropFirst() }
    if let sign = text.first, sign == "+" || sign == "-" {
      return length(String(text.dropFirst())).map { "\(sign)\(LengthText.short($0))" }
    }
    if text.contains("T"), let space = text.lastIndex(of: " ") { text.replaceSubrange(space...space, with: "+") }
    return DateTime.timestamptzMicroseconds(parsing: text, longestOffsetHours: 23).map {
      DateTimeText.iso8601(timestamp: $0, zone: "Z")
    }
  }

  private static func absolute(_ canonical: String, at now: Int64) -> String {
    guard let sign = canonical.first, sign == "+" || sign == "-", let length = length(String(canonical.dropFirst()))
    else { return canonical }
    return DateTimeText.iso8601(timestamp: sign == "-" ? now - length : now + length, zone: "Z")
  }
}
