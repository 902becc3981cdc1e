import Glibc

/// Why a text is no value of a type, as Postgres tells them apart.
public enum TextInputError: Error, Hashable, Sendable {
  /// SQLSTATE 22P02.
  case syntax
  /// SQLSTATE 22003.
  case outOfRange
}

/// Values written as text, read as Postgres 15's input functions read them: what an event's text is cast to at run time
/// and what a definition's constants are.
///
/// Later servers also take `0x1F`, `0o17`, `0b1` and `1_000` for whole numbers; the engine refuses these on every server,
/// so that a definition means the same everywhere.
public enum TextInput {
  /// `integer` (32 bits) or `bigint`.
  public static func integer(_ text: UnsafeBufferPointer<UInt8>, is32Bit: Bool) throws(TextInputError) -> Int64 {
    var next = 0
    while next < text.count, isBlank(text[next]) { next += 1 }
    let isNegative = next < text.count && text[next] == UInt8(ascii: "-")
    if isNegative || (next < text.count && text[next] == UInt8(ascii: "+")) { next += 1 }
    guard next < text.count, isDigit(text[next]) else { throw .syntax }
    var value: Int64 = 0
    while next < text.count, isDigit(text[next]) {
      // Summed up below zero, which reaches one further.
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.subtractingReportingOverflow(Int64(text[next] - UInt8(ascii: "0")))
      // As in Postgres, too many digits count before what stands behind them.
      if overflow || carry || (is32Bit && sum < Int64(Int32.min)) { throw .outOfRange }
      value = sum
      next += 1
    }
    while next < text.count, isBlank(text[next]) { next += 1 }
    guard next == text.count else { throw .syntax }
    if isNegative { return value }
    guard value != (is32Bit ? Int64(Int32.min) : .min) else { throw .outOfRange }
    return -value
  }

  /// `double precision`: what C's `strtod` reads (hexadecimal numbers, `inf`, `nan` among it), within the range of the
  /// type at both ends.
  public static func double(_ text: UnsafeBufferPointer<UInt8>) throws(TextInputError) -> Double {
    // A zero byte, which Postgres' texts cannot hold, would end the number early.
    guard !text.contains(0) else { throw .syntax }
    let read: Result<Double, TextInputError> = withUnsafeTemporaryAllocation(
      of: CChar.self, capacity: text.count + 1
    ) { copy in
      for (index, byte) in text.enumerated() { copy[index] = CChar(bitPattern: byte) }
      copy[text.count] = 0
      guard let start = copy.baseAddress else { return .failure(.syntax) }
      var end: UnsafeMutablePointer<CChar>?
      errno = 0
      let value = strtod(start, &end)
      guard let end, end != start else { return .failure(.syntax) }
      // Numbers below the least normal one are also reported so, but are good.
      if errno == ERANGE, value == 0 || value.isInfinite { return .failure(.outOfRange) }
      let rest = text[(end - start)...]
      return rest.allSatisfy(isBlank) ? .success(value) : .failure(.syntax)
    }
    return try read.get()
  }

  /// `boolean`: any unambiguous beginning of true, false, yes, no, on and off, or 1 and 0.
  public static func boolean(_ text: UnsafeBufferPointer<UInt8>) throws(TextInputError) -> Bool {
    let word = trimmed(text)
    func begins(_ whole: StaticString, atLeast: Int = 1) -> Bool {
      guard (atLeast...whole.utf8CodeUnitCount).contains(word.count) else { return false }
      for index in 0..<word.count where lowercased(word[index]) != whole.utf8Start[index] { return false }
      return true
    }
    if begins("true") || begins("yes") || begins("on", atLeast: 2) || begins("1") { return true }
    if begins("false") || begins("no") || begins("off", atLeast: 2) || begins("0") { return false }
    throw .syntax
  }

  /// `uuid`, as its canonical 36 characters: 32 hexadecimal digits, with a hyphen or none behind each four of them but the
  /// last, in braces or not.
  public static func uuid(_ text: UnsafeBufferPointer<UInt8>) throws(TextInputError) -> String {
    let canonical = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: UUIDText.count) { canonical -> String? in
      guard let start = canonical.baseAddress, UUIDText.read(text, into: start) else { return nil }
      return String(decoding: UnsafeBufferPointer(canonical), as: UTF8.self)
    }
    guard let canonical else { throw .syntax }
    return canonical
  }

  /// The text without white space at both ends, which Postgres' input functions pass over.
  public static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var start = 0
    var end = text.count
    while start < end, isBlank(text[start]) { start += 1 }
    while start < end, isBlank(text[end - 1]) { end -= 1 }
    return UnsafeBufferPointer(rebasing: text[start..<end])
  }

  /// What C's `isspace` takes for white space.
  public static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
  private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension String {
  /// Reads the text with one of `TextInput`'s functions; nil when it is no such value.
  public func read<Value>(
    _ read: (UnsafeBufferPointer<UInt8>) throws(TextInputError) -> Value
  ) -> Value? {
    var text = self
    return text.withUTF8 { bytes in
      do throws(TextInputError) { return try read(bytes) } catch { return nil }
    }
  }
}
