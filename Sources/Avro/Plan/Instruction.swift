import Events

/// One step of decoding: reads the value at the cursor as the writer wrote it, and keeps or skips it.
///
/// Trivial types only, so that interpreting it touches no reference count. Columns, other instructions (`node`),
/// texts and reasons are named by their index in the `DecodePlan`.
enum Instruction {
  // Skipping.
  case skip(bytes: Int)
  case skipVarint
  case skipText
  /// An array or a map.
  case skipItems(node: Int, minimumSize: Int)

  // A value into a column.
  case boolean(column: Int)
  case int32(column: Int)
  case int64(column: Int)
  /// Milliseconds to microseconds.
  case milliseconds(column: Int)
  /// An integer that must lie in a range after it was multiplied.
  case ranged(column: Int, kind: RangedKind, isInt32: Bool, factor: Int64)
  /// A promotion; `toFloat` rounds to 32 bits first.
  case integerToDouble(column: Int, isInt32: Bool, toFloat: Bool)
  case float(column: Int)
  case double(column: Int)
  /// A string or bytes, with their length in front.
  case text(column: Int)
  case fixed(column: Int, size: Int)
  case uuidText(column: Int)
  case uuidBytes(column: Int)
  /// The texts of the reader's symbols begin at `table`; a text of `DecodePlan.unresolvedSymbol` is none.
  case symbol(column: Int, table: Int, count: Int)
  /// Big-endian two's complement of `size` bytes, or with its length in front when nil.
  case decimal(column: Int, precision: Int, size: Int?)
  case duration(column: Int)
  case json(column: Int, node: Int)

  // No value is read.
  case null(column: Int)
  case valid(column: Int)
  /// A default.
  case constant(column: Int, value: Constant)
  case unresolvable(reason: Int)

  // Control.
  /// Steps one after the other: `DecodePlan.steps[first..<first + count]`.
  case sequence(first: Int, count: Int)
  /// The branch's index, then the branch: one step for each.
  case union(first: Int, count: Int)
  /// A union of null and `node`, for a nullable column. `nullTag` is the byte that stands for null.
  case nullable(column: Int, nullTag: UInt8, node: Int)
  case skipNullableText(nullTag: UInt8)
  /// Runs `node` and moves the cursor back, for values that more than one column is made of.
  case peek(node: Int)
}

extension Instruction {
  /// A bound below which it never reads, in bytes: not the greatest one where that would take a look at other
  /// instructions.
  var minimumSize: Int {
    switch self {
    case .skip(let bytes), .fixed(_, let bytes): bytes
    case .double: 8
    case .float: 4
    case .uuidBytes: 16
    case .duration: 12
    case .decimal(_, _, let size): size ?? 1
    case .skipVarint, .skipText, .skipItems, .boolean, .int32, .int64, .milliseconds, .ranged, .integerToDouble,
      .text, .uuidText, .symbol, .union, .nullable, .skipNullableText:
      1
    case .json, .null, .valid, .constant, .unresolvable, .sequence, .peek: 0
    }
  }
}

enum RangedKind {
  case time
  case date

  var bounds: ClosedRange<Int64> {
    switch self {
    case .time: 0...86_400_000_000
    // What Postgres stores: 4713-11-24 BC to 5874897-12-31.
    case .date: -2_440_588...2_145_042_905
    }
  }
}

/// A default value in a column.
enum Constant {
  case boolean(UInt8)
  case integer(Int64)
  case decimal(Int128)
  case double(Double)
  case text(Int)
}

/// How a value becomes JSON text.
enum JSONInstruction {
  case null
  case boolean
  case integer(isInt32: Bool)
  case integerToDouble(isInt32: Bool, toFloat: Bool)
  case float(toDouble: Bool)
  case double
  case string
  /// Code points below 256 for bytes, as Avro's JSON encoding has it; of `size` bytes, or with a length in front.
  case bytes(size: Int?)
  case symbol(table: Int, count: Int)
  /// Steps of the record, in the writer's order.
  case record(first: Int, count: Int)
  case array(node: Int, minimumSize: Int)
  case map(node: Int)
  case union(first: Int, count: Int)
  /// JSON text that is there already: defaults.
  case constant(text: Int)
  case unresolvable(reason: Int)
}

/// An instruction in its place.
struct Step {
  /// An `Instruction`, or in JSON a `JSONInstruction`.
  var node: Int
  /// Index of the field's path, for messages; negative to leave the enclosing one.
  var field: Int
  /// In a JSON record: the index of the text `"name":`, or negative for a field to skip, whose node is an
  /// `Instruction`.
  var key = -1
}
