import Events

/// One row of a call: what a kernel reads and where it writes.
///
/// Made once for a batch; `index` moves. Its columns belong to the caller.
public struct CallRow {
  private let inputs: UnsafePointer<Column>
  public let count: Int
  @usableFromInline let output: Column
  private let batch: EventBatch
  public var index = 0

  /// - Parameter inputs: the arguments' columns, which outlive the row.
  public init(inputs: UnsafeBufferPointer<Column>, output: Column, batch: EventBatch) {
    // A function without arguments reads none.
    self.inputs = inputs.baseAddress.unsafelyUnwrapped
    count = inputs.count
    self.output = output
    self.batch = batch
  }

  // MARK: Arguments

  func isNull(_ argument: Int) -> Bool { inputs[argument].validity[index] == 0 }
  func boolean(_ argument: Int) -> Bool { inputs[argument].booleans[index] == 1 }
  func integer(_ argument: Int) -> Int64 { inputs[argument].integers[index] }
  func decimal(_ argument: Int) -> Int128 { inputs[argument].decimals[index] }
  func double(_ argument: Int) -> Double { inputs[argument].doubles[index] }
  func text(_ argument: Int) -> TextView { inputs[argument].texts[index] }

  // MARK: The result

  func give(_ value: Bool) { output.booleans[index] = value ? 1 : 0 }
  func give(_ value: Int64) { output.integers[index] = value }
  func give(_ value: Int128) { output.decimals[index] = value }
  func give(_ value: Double) { output.doubles[index] = value }
  func give(_ value: TextView) { output.texts[index] = value }
  func giveNull() { output.validity[index] = 0 }

  /// Gives a piece of an argument's text, which lives as long.
  func give(_ text: TextView, _ range: Range<Int>) {
    output.texts[index] = range.isEmpty ? .empty : TextView(start: text.start + range.lowerBound, count: range.count)
  }

  /// Gives a text of `count` bytes that `fill` writes.
  func give(count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) throws(ScalarError) {
    guard count > 0 else { return give(.empty) }
    if count > CallRow.addedText {
      let limit = allowance
      guard count <= limit else {
        throw ScalarError(.limitExceeded, "a text of \(count) bytes: at most \(limit) are made of the arguments")
      }
    }
    try write(count: count, fill)
  }

  private func write(count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) throws(ScalarError) {
    guard count <= CallRow.maximumText else {
      throw ScalarError(.limitExceeded, "a text of \(count) bytes: at most \(CallRow.maximumText) are computed")
    }
    let start = batch.arena.reserve(count)
    fill(start)
    give(TextView(start: UnsafePointer(start), count: count))
  }

  /// Gives a text that a document has, whose own bound it keeps.
  func give(_ bytes: [UInt8]) throws(ScalarError) {
    guard !bytes.isEmpty else { return give(.empty) }
    try write(count: bytes.count) { target in
      for (offset, byte) in bytes.enumerated() { target[offset] = byte }
    }
  }

  /// An argument that is an array; nil for what is none.
  func array(_ argument: Int) -> ArrayView? {
    inputs[argument].type.element.map { ArrayView(inputs[argument].texts[index], of: $0) }
  }

  /// Whether an argument equals an element, which lies in a column as it does.
  func equals(_ argument: Int, _ array: ArrayView, element: Int) -> Bool {
    let column = inputs[argument]
    switch column.type.physical {
    case .boolean: return array.value(element, as: UInt8.self) == column.booleans[index]
    case .integer: return array.value(element, as: Int64.self) == column.integers[index]
    case .decimal: return array.value(element, as: Int128.self) == column.decimals[index]
    // To Postgres, NaN equals itself.
    case .double:
      let value = array.value(element, as: Double.self)
      return value == column.doubles[index] || value.isNaN && column.doubles[index].isNaN
    case .text:
      return array.value(element, as: TextView.self).bytes.elementsEqual(column.texts[index].bytes)
    }
  }

  /// Gives an element of an array, which has the result's type.
  func give(_ array: ArrayView, element: Int) { array.copy(element..<element + 1, to: output, at: index) }

  /// Gives the value of one of the arguments, which has the result's type.
  func give(argument: Int) {
    let source = inputs[argument]
    switch output.type.physical {
    case .boolean: output.booleans[index] = source.booleans[index]
    case .integer: output.integers[index] = source.integers[index]
    case .decimal: output.decimals[index] = source.decimals[index]
    case .double: output.doubles[index] = source.doubles[index]
    case .text: output.texts[index] = source.texts[index]
    }
  }

  /// Bytes of a text that a function makes.
  static let maximumText = 1 << 20
  /// Bytes that it may add to its arguments: padding and repetition could make any number, for each event of a batch. Of an
  /// event and not of the batch, since what becomes of an event does not depend on those that come with it.
  static let addedText = (64 << 20) / EventBatch.sliceCapacity

  /// Bytes of a text that may be made of this row's arguments.
  private var allowance: Int {
    var read = 0
    for argument in 0..<count {
      let column = inputs[argument]
      guard column.type.physical == .text, column.validity[index] == 1 else { continue }
      read += column.texts[index].count
    }
    return min(4 * read + CallRow.addedText, CallRow.maximumText)
  }
}
