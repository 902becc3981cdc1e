/// Writes the numbers of a state, little-endian and without gaps.
struct StateWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: Float) {
    put(value.bitPattern)
  }

  mutating func put(_ values: [Float]) {
    put(UInt16(clamping: values.count))
    for value in values { put(value) }
  }

  mutating func put(_ scale: ClippedScale) {
    put(scale.mean)
    put(scale.count)
  }
}

/// Reads them again. Bytes come from a database that somebody may have written to: whatever is there, it never traps.
struct StateReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(StateRefusal) -> Value {
    guard rest.count >= MemoryLayout<Value>.size else { throw .tooShort }
    var value = Value.zero
    withUnsafeMutableBytes(of: &value) { target in
      target.copyBytes(from: rest.prefix(target.count))
    }
    rest = rest.dropFirst(MemoryLayout<Value>.size)
    return Value(littleEndian: value)
  }

  /// A number; NaN and infinities are of nobody's making.
  mutating func number() throws(StateRefusal) -> Float {
    let value = Float(bitPattern: try integer())
    guard value.isFinite else { throw .notANumber }
    return value
  }

  mutating func numbers(atMost limit: Int) throws(StateRefusal) -> [Float] {
    let count = Int(try integer(UInt16.self))
    guard count <= limit else { throw .otherShape }
    var values: [Float] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try number()) }
    return values
  }

  mutating func scale() throws(StateRefusal) -> ClippedScale {
    let (mean, count) = (try number(), try number())
    guard mean >= 0, count >= 0 else { throw .otherShape }
    return ClippedScale(mean: mean, count: count)
  }
}

/// Why the bytes of a state were not taken and the key begins anew.
public enum StateRefusal: Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case otherVersion
  case otherDetector
  case tooShort
  case tooLong
  case notANumber
  case otherShape

  public var description: String {
    switch self {
    case .otherVersion: "the state was written by another version"
    case .otherDetector: "the state is of another detector"
    case .tooShort: "the state ends too early"
    case .tooLong: "the state has bytes behind its end"
    case .notANumber: "the state has a number that is none"
    case .otherShape: "the state does not fit the detector's parameters"
    }
  }
}
