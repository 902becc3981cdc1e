import Events

extension ScalarFunction {
  /// Of arrays that columns are declared as.
  static let arrayFunctions: [ScalarFunction] =
    [
      .plain("cardinality", [.array], .integer) { row in row.give(Int64(row.array(0)?.count ?? 0)) },
      // An empty array has no dimension.
      .plain("array_length", [.array, .integer], .integer, nullability: .strictAndMore) { row in
        guard let array = row.array(0), array.count > 0, row.integer(1) == 1 else { return row.giveNull() }
        row.give(Int64(array.count))
      },
      element,
      .refused("[]", [.jsonb, .integer], jsonHint),
      .refused("[]", [.jsonb, .text], "write -> 'name', or ->> 'name' for its text"),
    ]
    + [Parameter.text, .boolean, .integer, .bigint, .numeric, .double, .timestamptz, .timestamp, .date, .time, .uuid]
    .map(isAny)

  /// Whether an element equals the value: of none that does, NULL when there is a NULL among them.
  private static func isAny(_ parameter: Parameter) -> ScalarFunction {
    ScalarFunction(
      "= ANY", [parameter, .array], nullability: .decided, notation: .quantified
    ) { preparation throws(PreparationError) in
      guard let element = preparation.types[1].element, element.type.equals(preparation.types[0]) else {
        throw PreparationError(
          "= ANY takes a value and an array of its type, not \(preparation.types[0].shortName) and "
            + preparation.types[1].shortName,
          hint: "cast the value to \(preparation.types[1].element?.type.shortName ?? "that of the elements")")
      }
      return PreparedFunction(.boolean) { row in
        guard !row.isNull(1), let array = row.array(1) else { return row.giveNull() }
        // Of no elements none is unknown, whatever the value.
        guard array.count > 0 else { return row.give(false) }
        guard !row.isNull(0) else { return row.giveNull() }
        var hasNull = false
        for index in 0..<array.count {
          if array.isNull(index) {
            hasNull = true
          } else if row.equals(0, array, element: index) {
            return row.give(true)
          }
        }
        row.give(false)
        if hasNull { row.giveNull() }
      }
    }
  }

  private static let jsonHint =
    "write -> 0, which counts from 0, or ->> 0 for its text; or declare the column as an array: text[], jsonb[], …"

  /// Counted from 1; NULL where there is none.
  private static let element = ScalarFunction(
    "[]", [.array, .integer], nullability: .strictAndMore, notation: .subscripted
  ) { preparation throws(PreparationError) in
    guard let element = preparation.types[0].element else {
      throw PreparationError("an array is wanted in front of [ ]")
    }
    return PreparedFunction(element.type) { row in
      let number = row.integer(1)
      guard let array = row.array(0), number >= 1, number <= Int64(array.count), !array.isNull(Int(number) - 1) else {
        return row.giveNull()
      }
      row.give(array, element: Int(number) - 1)
    }
  }
}

extension SQLType {
  /// Whether values of both types lie in columns alike, and are equal when what lies there is.
  fileprivate func equals(_ other: SQLType) -> Bool {
    self == other || [self, other] == [.bigint, .integer] || [self, other] == [.integer, .bigint]
  }
}
