import Events
import Plan
import TextFormats

extension FuzzTarget {
  /// The first byte chooses the type, the rest is the text.
  static let valueText = FuzzTarget("value-text", maximumInputBytes: 256) {
    { input in
      guard let choice = input.first else { return }
      let text = Array(input.dropFirst())
      let readers = ValueReader.all
      try readers[Int(choice) % readers.count].check(text)
    }
  }
}

/// A type, as its values are read.
private struct ValueReader: Sendable {
  let name: String
  /// The value in a form that can be compared.
  let read: @Sendable (_ text: UnsafeBufferPointer<UInt8>) throws(ValueFault) -> String
  /// Whether the value is one of the type.
  let holds: @Sendable (_ value: String) -> Bool
  /// Whether the value's form is a text that is read as the same value.
  var isText = true

  func check(_ text: [UInt8]) throws {
    let found = outcome(text)
    // What stands behind a blank is no common shape, and so read by the reader of all of them.
    let slowly = outcome([0x20] + text)
    switch (found, slowly) {
    case (.success(let value), .success(let other)):
      try require(value == other, "\(name): \(value), but behind a blank \(other)")
      try require(holds(value), "\(name): \(value) is none")
      guard isText else { return }
      let again = outcome(Array(value.utf8))
      try require(again == .success(value), "\(name): \(value) is read as \(again)")
    case (.failure(let fault), .failure(let other)):
      try require(fault.code == other.code, "\(name): \(fault), but behind a blank \(other)")
      try require(isLine(fault.message), "\(name): a message of \(fault.message.count) characters: \(fault.message)")
    default: try require(false, "\(name): \(found), but behind a blank \(slowly)")
    }
  }

  /// Read in an allocation of the text's own size.
  private func outcome(_ text: [UInt8]) -> Result<String, ValueFault> {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.count)
    defer { copy.deallocate() }
    _ = copy.initialize(from: text)
    do throws(ValueFault) {
      return .success(try read(UnsafeBufferPointer(copy)))
    } catch {
      return .failure(error)
    }
  }

  private static let timestamps: ClosedRange<Int64> = -210_866_803_200_000_000...(.max - 1)

  private static func time(
    _ name: String, _ range: ClosedRange<Int64>,
    _ read: @escaping @Sendable (UnsafeBufferPointer<UInt8>) throws(ValueFault) -> Int64
  ) -> ValueReader {
    ValueReader(
      name: name, read: { text throws(ValueFault) in String(try read(text)) },
      holds: { Int64($0).map(range.contains) ?? false }, isText: false)
  }

  private static func numeric(_ precision: Int, _ scale: Int) -> ValueReader {
    // A number of so many units of 10^-scale is read with the exponent behind it.
    ValueReader(
      name: "numeric(\(precision),\(scale))",
      read: { text throws(ValueFault) in
        "\(try ValueText.decimal(text, precision: precision, scale: scale))e-\(scale)"
      },
      holds: { $0.prefix { $0 != "e" }.filter(\.isNumber).count <= precision })
  }

  private static func epoch(_ unit: DeclaredColumn.EpochUnit) -> ValueReader {
    time("\(unit)", timestamps) { text throws(ValueFault) in
      try ValueText.epoch(text, unit: unit, type: .timestamptz)
    }
  }

  static let all: [ValueReader] =
    [
      time("timestamptz", timestamps, ValueText.timestamptz), time("timestamp", timestamps, ValueText.timestamp),
      time("date", -719_162...2_145_042_905, ValueText.date), time("time", 0...86_400_000_000, ValueText.time),
      ValueReader(
        name: "integer", read: { text throws(ValueFault) in String(try ValueText.integer(text, is32Bit: true)) },
        holds: { Int32($0) != nil }),
      ValueReader(
        name: "bigint", read: { text throws(ValueFault) in String(try ValueText.integer(text, is32Bit: false)) },
        holds: { Int64($0) != nil }),
      ValueReader(
        name: "double", read: { text throws(ValueFault) in try ValueText.double(text).description },
        holds: { Double($0)?.isFinite ?? false }),
      ValueReader(
        name: "boolean", read: { text throws(ValueFault) in try ValueText.boolean(text) ? "true" : "false" },
        holds: { _ in true }),
      numeric(12, 2), numeric(38, 0), numeric(38, 38), numeric(1, 1),
    ] + DeclaredColumn.EpochUnit.allCases.map(epoch)
}
