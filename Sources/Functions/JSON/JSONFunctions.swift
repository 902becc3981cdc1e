import Events
import JSON

extension ScalarFunction {
  /// Each reads the whole document, as Postgres does when it stores one: what `jsonb` cannot hold is an error of the event.
  static let jsonFunctions: [ScalarFunction] =
    access("->", .text, isText: false) { row, argument in .member(row.text(argument).description) }
    + access("->>", .text, isText: true) { row, argument in .member(row.text(argument).description) }
    + access("->", .integer, isText: false) { row, argument in .element(Int(row.integer(argument))) }
    + access("->>", .integer, isText: true) { row, argument in .element(Int(row.integer(argument))) }
    + [
      path("#>", isText: false), path("#>>", isText: true),
      .plain("?", [.jsonb, .text], .boolean, notation: .infix, isCostly: true) { row throws(ScalarError) in
        row.give(try document(row).has(row.text(1).description))
      },
      .plain("jsonb_typeof", [.jsonb], .text, canFail: true, isCostly: true) { row throws(ScalarError) in
        try row.give(Array(try document(row).kind.utf8))
      },
      .plain("jsonb_array_length", [.jsonb], .integer, canFail: true, isCostly: true) { row throws(ScalarError) in
        let document = try document(row)
        guard let count = document.elementCount else {
          throw ScalarError(
            .invalidParameter,
            "cannot get array length of \(document.kind == "object" ? "a non-array" : "a scalar")")
        }
        row.give(Int64(count))
      },
    ]

  private static func access(
    _ name: String, _ parameter: Parameter, isText: Bool,
    _ step: @escaping @Sendable (CallRow, Int) -> JSONBDocument.Step
  ) -> [ScalarFunction] {
    [
      .plain(
        name, [.jsonb, parameter], isText ? .text : .jsonb, nullability: .strictAndMore, notation: .infix,
        canFail: true,
        isCostly: true
      ) { row throws(ScalarError) in
        try give(&row, [step(row, 1)], isText: isText)
      }
    ]
  }

  /// `#>` and `#>>` take their path as an array in text: `'{a,0,b}'`.
  private static func path(_ name: String, isText: Bool) -> ScalarFunction {
    ScalarFunction(
      name, [.jsonb, .text], nullability: .strictAndMore, notation: .infix, canFail: true, isCostly: true,
      constants: [1]
    ) { preparation throws(PreparationError) in
      guard let steps = preparation.text(1).flatMap(steps(ofPath:)) else {
        throw PreparationError(
          "the path is not supported", hint: "write it like '{a,0,b}', without quotes inside", argument: 1)
      }
      return PreparedFunction(isText ? .text : .jsonb) { row throws(ScalarError) in
        try give(&row, steps.map { .either($0) }, isText: isText)
      }
    }
  }

  /// nil for a text that needs more of Postgres' array syntax than names between commas.
  private static func steps(ofPath text: String) -> [String]? {
    guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count >= 2 else { return nil }
    let inner = text.dropFirst().dropLast()
    if inner.isEmpty { return [] }
    let steps = inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let isPlain = steps.allSatisfy { step in
      !step.isEmpty && step.lowercased() != "null" && !step.contains { "{}\"\\ \t\n\r".contains($0) }
    }
    return isPlain ? steps : nil
  }

  private static func give(_ row: inout CallRow, _ path: [JSONBDocument.Step], isText: Bool) throws(ScalarError) {
    guard let found = try document(row)[path] else {
      row.give(.empty)
      return row.giveNull()
    }
    var bytes: [UInt8] = []
    if isText {
      guard found.appendText(to: &bytes) else {
        row.give(.empty)
        return row.giveNull()
      }
    } else {
      found.append(to: &bytes)
    }
    try row.give(bytes)
  }

  private static func document(_ row: CallRow) throws(ScalarError) -> JSONBDocument {
    try document(row.text(0))
  }

  fileprivate static func document(_ text: TextView) throws(ScalarError) -> JSONBDocument {
    do throws(JSONBError) {
      return try JSONBDocument(text.bytes, limit: CallRow.maximumText)
    } catch {
      switch error {
      case .syntax: throw ScalarError(.invalidText, "invalid input syntax for type jsonb")
      case .zeroCharacter: throw ScalarError(.untranslatable, "jsonb cannot hold U+0000")
      case .numberOutOfRange: throw ScalarError(.outOfRange, "a number in jsonb is out of numeric's range")
      case .tooLarge:
        throw ScalarError(.outOfRange, "jsonb is longer than \(CallRow.maximumText) bytes, or too deep")
      }
    }
  }
}

/// The elements of `jsonb` arrays, as `jsonb_array_elements` and `jsonb_array_elements_text` return them.
public enum JSONElements {
  /// - Parameters:
  ///   - isText: strings as their characters, and null as NULL.
  ///   - body: called for each element with its text, which it must copy; nil: NULL.
  /// - Throws: an error of the event, also for a document of more elements than `limit`.
  public static func read(
    _ document: TextView, isText: Bool, limit: Int, _ body: (UnsafeBufferPointer<UInt8>?) -> Void
  ) throws(ScalarError) {
    let array = try ScalarFunction.document(document)
    guard let elements = array.elements else {
      throw ScalarError(
        .invalidParameter, "cannot extract elements from \(array.kind == "object" ? "an object" : "a scalar")")
    }
    guard elements.count <= limit else {
      throw ScalarError(.limitExceeded, "an array of \(elements.count) elements: at most \(limit) become rows")
    }
    var bytes: [UInt8] = []
    for element in elements {
      bytes.removeAll(keepingCapacity: true)
      if isText, !element.appendText(to: &bytes) {
        body(nil)
        continue
      }
      if !isText { element.append(to: &bytes) }
      bytes.withUnsafeBufferPointer { body($0) }
    }
  }
}
