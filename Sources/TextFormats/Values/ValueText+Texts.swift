import Events

extension ValueText {
  /// `uuid` in Postgres' spellings, as its canonical 36 characters: the text itself where it is canonical, else a copy in
  /// the arena.
  public static func uuid(
    _ text: UnsafeBufferPointer<UInt8>, arena: inout TextArena
  ) throws(ValueFault) -> TextView {
    if let start = text.baseAddress, UUIDText.isCanonical(text) { return TextView(start: start, count: text.count) }
    let canonical = arena.reserve(UUIDText.count)
    guard UUIDText.read(text, into: canonical) else { throw ValueFault(.invalidText, "\(quoted(text)) is no uuid") }
    return TextView(start: UnsafePointer(canonical), count: UUIDText.count)
  }

  /// What to say of a text that `isStorableText` refuses.
  static func unstorable(_ text: TextView) -> ValueFault {
    ValueFault(.invalidUTF8, text.bytes.contains(0) ? "the text holds a zero byte" : "the text is not UTF-8")
  }

  /// The text as `varchar(n)` keeps it: spaces beyond n characters are cut off, any others refused.
  ///
  /// - Parameter text: valid UTF-8.
  @inline(__always)
  public static func fitted(_ text: TextView, maximumCharacters: Int) throws(ValueFault) -> TextView {
    text.count <= maximumCharacters ? text : try counted(text, maximumCharacters: maximumCharacters)
  }

  private static func counted(_ text: TextView, maximumCharacters: Int) throws(ValueFault) -> TextView {
    var characters = 0
    var end = 0
    var isLonger = false
    for index in 0..<text.count {
      // A character begins with every byte that continues none.
      if text.start[index] & 0xC0 != 0x80 { characters += 1 }
      if characters <= maximumCharacters {
        end = index + 1
      } else if text.start[index] != UInt8(ascii: " ") {
        isLonger = true
      }
    }
    if isLonger {
      throw ValueFault(.tooLong, "a text of \(characters) characters where varchar(\(maximumCharacters)) is declared")
    }
    return TextView(start: text.start, count: end)
  }
}
