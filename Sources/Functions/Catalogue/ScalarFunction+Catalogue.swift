import Events

extension ScalarFunction {
  /// All that there are.
  public static let catalogue: [ScalarFunction] =
    textFunctions + patternFunctions + expressionFunctions + numberFunctions + choiceFunctions
    + timeFunctions + intervalFunctions + jsonFunctions + arrayFunctions

  private static let byName = Dictionary(grouping: catalogue, by: \.name)

  /// The entries of one name, in the catalogue's order.
  public static func named(_ name: String) -> [ScalarFunction] { byName[name] ?? [] }

  /// The functions' names, without operators.
  public static let names: [String] = byName.keys.filter { $0.utf8.first.map(isLetter) ?? false }.sorted()

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
}

extension ScalarFunction {
  /// An entry whose result has one type whatever its arguments.
  static func plain(
    _ name: String, _ parameters: [Parameter], _ result: SQLType, isVariadic: Bool = false,
    nullability: Nullability = .strict, notation: Notation = .call, needsByteCollation: Bool = false,
    canFail: Bool = false, isCostly: Bool = false, _ kernel: @escaping Kernel
  ) -> ScalarFunction {
    ScalarFunction(
      name, parameters, isVariadic: isVariadic, nullability: nullability, notation: notation,
      needsByteCollation: needsByteCollation, canFail: canFail, isCostly: isCostly
    ) { _ in PreparedFunction(result, kernel) }
  }

  /// What Postgres would call here, and an event cannot.
  static func refused(_ name: String, _ parameters: [Parameter], _ hint: String) -> ScalarFunction {
    ScalarFunction(name, parameters, refusal: hint) { _ throws(PreparationError) in
      throw PreparationError("\(name) is not supported here", hint: hint)
    }
  }
}
