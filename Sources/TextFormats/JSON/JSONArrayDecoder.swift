import Events
import Plan

/// Makes values of a declared array column of the arrays of documents: each element is read as a column of its type would
/// read it, null is NULL, and there are no arrays in arrays.
///
/// For one thread at a time.
public final class JSONArrayDecoder {
  private let element: JSONColumn
  private let list: ElementList
  private let acceptsNaN: Bool

  /// nil for a column of another type.
  ///
  /// - Parameters:
  ///   - unit: what the elements' numbers of a time count; nil: what the declaration says.
  ///   - isAvro: the documents stand for values of Avro: their texts are read as what is declared, and "NaN" and
  ///     "Infinity" are numbers.
  public init?(_ declared: DeclaredColumn, unit: DeclaredColumn.EpochUnit? = nil, isAvro: Bool = false) {
    guard case .array(let type) = declared.type else { return nil }
    var scalar = declared
    scalar.type = type.type
    scalar.isNullable = true
    scalar.unit = unit ?? declared.unit
    scalar.isCoerced = declared.isCoerced || isAvro
    element = JSONColumn(index: 0, scalar)
    list = ElementList(type)
    acceptsNaN = isAvro
  }

  /// The array that a document says.
  ///
  /// - Parameters:
  ///   - document: valid JSON, of any kind.
  ///   - hasZero: whether it holds U+0000, `hasWideNumber`: or a number that `numeric` cannot.
  ///   - arena: gets the array, and texts that are not in the document as they are.
  public func read(
    _ document: TextView, hasZero: Bool = false, hasWideNumber: Bool = false, into arena: inout TextArena
  ) throws(ValueFault) -> TextView {
    guard document.count > 0, document.start.pointee == UInt8(ascii: "[") else {
      let kind = document.count > 0 ? JSONKind(first: document.start.pointee) : nil
      throw ValueFault(.wrongType, "\(kind?.name ?? "nothing") where \(wanted) is declared")
    }
    if element.type == .jsonb, let fault = JSONReader.fault(hasZero: hasZero, hasWideNumber: hasWideNumber) {
      throw fault
    }
    list.removeAll()
    var cursor = document.start + 1
    let end = document.start + document.count
    skipSpace(&cursor, end)
    if cursor < end, cursor.pointee == UInt8(ascii: "]") { return .empty }
    while cursor < end {
      let row = list.append()
      do throws(ValueFault) {
        try readElement(&cursor, end, row, &arena)
      } catch {
        throw ValueFault(error.code, "element \(row + 1): \(error.message)")
      }
      skipSpace(&cursor, end)
      guard cursor < end, cursor.pointee == UInt8(ascii: ",") else { break }
      cursor += 1
      skipSpace(&cursor, end)
    }
    return list.packed(into: &arena)
  }

  /// Of messages.
  private var wanted: String { "an array of \(element.type.shortName)" }

  private func readElement(
    _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ row: Int, _ arena: inout TextArena
  ) throws(ValueFault) {
    let values = list.column
    let start = cursor
    guard let kind = JSONKind(first: cursor.pointee) else { throw Self.malformed }
    if kind == .null {
      cursor += 4
      return
    }
    switch kind {
    case .text:
      cursor += 1
      guard let text = try? JSONText(&cursor, end) else { throw Self.malformed }
      if acceptsNaN, element.type == .doublePrecision, let value = Self.special(text.raw) {
        values.doubles[row] = value
      } else {
        try element.write(text: text, to: values, row, &arena)
      }
    case .number:
      guard let number = JSONNumber(&cursor, end) else { throw Self.malformed }
      try element.write(number: number, to: values, row)
    case .boolean:
      let isTrue = start.pointee == UInt8(ascii: "t")
      cursor += isTrue ? 4 : 5
      try element.write(boolean: isTrue, TextView(start: start, count: cursor - start), to: values, row)
    case .object, .array, .null:
      skipContainer(&cursor, end)
      guard element.type == .jsonb else {
        throw ValueFault(
          .wrongType, "\(kind.name) where \(element.wanted) is declared; declare jsonb[] to take any")
      }
      values.texts[row] = TextView(start: start, count: cursor - start)
    }
    values.validity[row] = 1
  }

  /// Moves behind an array or an object.
  private func skipContainer(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    var depth = 0
    var isInside = false
    while cursor < end {
      let byte = cursor.pointee
      cursor += 1
      if isInside {
        if byte == UInt8(ascii: "\\"), cursor < end { cursor += 1 }
        if byte == UInt8(ascii: "\"") { isInside = false }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInside = true
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return }
      default: break
      }
    }
  }

  private func skipSpace(_ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
    while cursor < end, JSONReader.isSpace(cursor.pointee) { cursor += 1 }
  }

  /// What JSON cannot write of a number of Avro.
  private static func special(_ text: TextView) -> Double? {
    switch text.description {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: nil
    }
  }

  /// The document has been checked; should it not have been, the event is put aside.
  private static let malformed = ValueFault(.malformed, "the array is not JSON")
}
