import Detection
import Events
import TextFormats

/// Reads lines of CSV with a time and a value each as samples, by the names in the header.
public struct SampleColumns: Sendable, Hashable {
  private let timestamp: Int
  private let value: Int

  /// A sample and how its time was written.
  public struct Row {
    public var sample: Sample
    /// In the line that was read, quotes around it not counted.
    public var timestamp: UnsafeBufferPointer<UInt8>
  }

  /// - Parameter header: the first line. Names are in any order and case; other columns may stand beside them.
  public init(header: UnsafeBufferPointer<UInt8>) throws(SampleTextError) {
    var names: [String] = []
    CSVFields(header).read { names.append(String(decoding: TextInput.trimmed($0), as: UTF8.self).lowercased()) }
    func place(of name: String) throws(SampleTextError) -> Int {
      guard let place = names.firstIndex(of: name) else {
        let found = names.count > 8 ? "\(names.count) columns" : names.joined(separator: ",")
        throw SampleTextError("the header has no column \(name), but \(found)", hint: "write timestamp,value")
      }
      return place
    }
    timestamp = try place(of: "timestamp")
    value = try place(of: "value")
  }

  /// Reads a line; a value that is missing is NaN. The row's timestamp points into the line.
  public func row(_ line: UnsafeBufferPointer<UInt8>) throws(SampleTextError) -> Row {
    var (time, number): (UnsafeBufferPointer<UInt8>?, UnsafeBufferPointer<UInt8>?)
    var count = 0
    CSVFields(line).read { field in
      if count == timestamp { time = field }
      if count == value { number = field }
      count += 1
    }
    guard let time, let number else {
      throw SampleTextError(
        "the line has \(count) of at least \(max(timestamp, value) + 1) fields",
        hint: "write a time and a value, e.g. 2025-08-31T08:00:00Z,42")
    }
    let sample = Sample(value: try SampleColumns.value(number), weight: 1, time: try SampleColumns.microseconds(time))
    return Row(sample: sample, timestamp: time)
  }

  private static func value(_ text: UnsafeBufferPointer<UInt8>) throws(SampleTextError) -> Double {
    let text = TextInput.trimmed(text)
    if text.isEmpty { return .nan }
    do throws(ValueFault) {
      return try ValueText.double(text)
    } catch {
      let word = String(decoding: text.prefix(8), as: UTF8.self).lowercased()
      if missing.contains(word) { return .nan }
      throw SampleTextError(
        "the value \(quoted(text)) is no number", hint: "write a decimal number; a missing value is empty, null or NaN")
    }
  }

  private static let missing: Set<String> = ["nan", "null", "na", "none"]

  /// Microseconds since 1970 UTC. A time without an offset is UTC; a number counts from 1970, in the unit that its size
  /// tells: seconds up to the year 5138, then milliseconds, microseconds and nanoseconds.
  static func microseconds(_ text: UnsafeBufferPointer<UInt8>) throws(SampleTextError) -> Int64 {
    let text = TextInput.trimmed(text)
    do throws(ValueFault) {
      return try ValueText.timestamp(text)
    } catch {}
    do throws(ValueFault) {
      return try ValueText.timestamptz(text)
    } catch {}
    if let time = sinceEpoch(text) { return time }
    throw SampleTextError(
      "the timestamp \(quoted(text)) is no time",
      hint: "write 2025-08-31T08:00:00Z, 2025-08-31 08:00:00 (UTC) or seconds since 1970")
  }

  private static func sinceEpoch(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let number = try? ValueText.double(text) else { return nil }
    let microsecondsPerUnit =
      switch abs(number) {
      case ..<1e11: 1e6
      case ..<1e14: 1e3
      case ..<1e17: 1.0
      default: 1e-3
      }
    // A double holds microseconds exactly until the year 2255.
    return Int64(exactly: (number * microsecondsPerUnit).rounded())
  }

  /// The beginning of a text, as errors show it.
  private static func quoted(_ text: UnsafeBufferPointer<UInt8>) -> String {
    let shown = String(decoding: text.prefix(40), as: UTF8.self)
    return "\"\(shown)\(text.count > 40 ? "…" : "")\""
  }
}
