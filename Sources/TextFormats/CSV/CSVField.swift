import Events

/// A field of a line as it stands there. The pointer is into the record's payload.
struct CSVField {
  enum Form: UInt8 {
    /// What stands between two delimiters.
    case bare
    /// What stands between two quotes.
    case quoted
    /// The same, with quotes inside that are doubled.
    case doubled
  }

  var start: UnsafePointer<UInt8>
  /// Bytes, quotes around it not counted.
  var count: Int32
  var form: Form

  static var empty: CSVField { CSVField(start: TextView.empty.start, count: 0, form: .bare) }

  @inline(__always)
  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: Int(count)) }

  /// The field's value, of which doubled quotes are made single in a copy.
  @inline(__always)
  func text(_ arena: inout TextArena) -> TextView {
    form == .doubled ? copy(&arena) : TextView(start: start, count: Int(count))
  }

  @inline(never)
  private func copy(_ arena: inout TextArena) -> TextView {
    let target = arena.reserve(Int(count))
    var written = 0
    var index = 0
    while index < count {
      let byte = start[index]
      target[written] = byte
      written += 1
      // The line's reader has seen that another one follows.
      index += byte == UInt8(ascii: "\"") ? 2 : 1
    }
    return TextView(start: UnsafePointer(target), count: written)
  }
}
