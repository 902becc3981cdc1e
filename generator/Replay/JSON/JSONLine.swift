import Events
import JSON
import Plan
import Synthesis

/// Why a line is no event.
public enum JSONLineFault: Error, Equatable, CustomStringConvertible {
  case noJSON(String)
  case noObject(kind: String)
  case noTime(path: String)

  public var description: String {
    switch self {
    case .noJSON(let reason): "not JSON: \(reason)"
    case .noObject(let kind): "the document is \(kind), not an object"
    case .noTime(let path): "\(path): neither an ISO 8601 time nor a number since 1970 is there"
    }
  }
}

/// Where an event has its time, and what a number there counts.
public struct JSONTime: Sendable {
  public var path: [JSONPathStep]
  public var unit: DeclaredColumn.EpochUnit?

  public init(path: [JSONPathStep], unit: DeclaredColumn.EpochUnit? = nil) {
    self.path = path
    self.unit = unit
  }
}

/// A line that holds a JSON object.
public struct JSONLine {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let document: JSONValue

  /// Reads the line, whose bytes are to stay.
  public init(_ line: UnsafeBufferPointer<UInt8>) throws(JSONLineFault) {
    do throws(JSONError) {
      document = try JSONValue(parsing: line)
    } catch {
      // There is but one line.
      throw .noJSON("\(error.message) at column \(error.position.column)")
    }
    guard case .object = document else { throw .noObject(kind: document.kind) }
    bytes = line
  }

  /// The text of a string, a number or a boolean; nil when there is nothing else or nothing.
  public func text(at path: [JSONPathStep]) -> String? {
    switch value(at: path) {
    case .string(let text), .number(let text): text
    case .bool(let value): value ? "true" : "false"
    default: nil
    }
  }

  /// Milliseconds since 1970 UTC.
  public func milliseconds(_ time: JSONTime) throws(JSONLineFault) -> Int64 {
    guard var text = text(at: time.path),
      let milliseconds = text.withUTF8({ bytes in
        bytes.baseAddress.flatMap {
          EventTimeText.milliseconds(TextView(start: $0, count: bytes.count), unit: time.unit)
        }
      })
    else { throw .noTime(path: name(time.path)) }
    return milliseconds
  }

  /// The line with its time so many seconds later, and otherwise byte for byte the same.
  public func shifted(_ time: JSONTime, bySeconds seconds: Int64) throws(JSONLineFault) -> [UInt8] {
    let line = String(decoding: bytes, as: UTF8.self)
    guard let value = value(at: time.path), var text = text(at: time.path),
      let start = JSONPosition(of: time.path, in: line)?.offset
    else { throw .noTime(path: name(time.path)) }
    var arena = TextArena(chunkSize: 64)
    let later: [UInt8]? = text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return nil }
      let old = TextView(start: start, count: bytes.count)
      return EventTimeText.shifted(old, bySeconds: seconds, unit: time.unit, arena: &arena).map { Array($0.bytes) }
    }
    guard let later else { throw .noTime(path: name(time.path)) }
    var output = Array(bytes[..<start])
    if case .string = value {
      output.append(UInt8(ascii: "\""))
      output += later
      output.append(UInt8(ascii: "\""))
    } else {
      output += later
    }
    return output + bytes[end(ofValueAt: start)...]
  }

  /// Behind a string or a number.
  private func end(ofValueAt start: Int) -> Int {
    var position = start
    guard bytes[start] == UInt8(ascii: "\"") else {
      while position < bytes.count, !Self.endsNumber(bytes[position]) { position += 1 }
      return position
    }
    position += 1
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(position + 1, bytes.count)
  }

  private static func endsNumber(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
  }

  private func value(at path: [JSONPathStep]) -> JSONValue? {
    path.reduce(document as JSONValue?) { value, step in
      switch step {
      case .member(let name): value?[name]
      case .element(let index): value?[index]
      }
    }
  }

  private func name(_ path: [JSONPathStep]) -> String {
    path.reduce("") { text, step in
      switch step {
      case .member(let name): text.isEmpty ? name : "\(text).\(name)"
      case .element(let index): "\(text)[\(index)]"
      }
    }
  }
}
