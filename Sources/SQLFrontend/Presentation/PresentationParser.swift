import Plan
import Spelling

/// Reads what a definition says of how pages show its results: in the header with columns' names, or without one for all
/// of them; and above a column of the SELECT list for that one.
struct PresentationParser {
  /// A column of the SELECT list.
  struct Column {
    var name: String
    /// Byte offset of its expression.
    var location: Int
    /// False of keys and windows, which are not drawn.
    var isResult = true
  }

  let source: SourceText
  let columns: [Column]
  /// Whether there may be others, which only the database knows.
  var areAll = true

  /// By the columns' names.
  func parse(_ diagnostics: inout Diagnostics) -> [String: ColumnPresentation] {
    var found: [String: ColumnPresentation] = [:]
    var given: Set<String> = []
    let names = Set(columns.map(\.name))
    var general = ColumnPresentation()
    for token in source.headerTokens {
      guard let line = PresentationLine(token, source, known: names) else { continue }
      diagnostics.attempt { () throws(DefinitionError) in
        try refuseMisspelling(line)
        if line.columns.isEmpty { try set(line, of: &general, "", &given) }
      }
      for column in line.columns where PresentationLine.names.contains(line.name) {
        diagnostics.attempt { () throws(DefinitionError) in
          try check(column.name, at: column.location, line)
          try set(line, of: &found[column.name, default: ColumnPresentation()], column.name, &given)
        }
      }
    }
    for column in columns {
      for token in source.commentTokens(above: column.location) {
        guard let line = PresentationLine(token, source, known: names) else { continue }
        diagnostics.attempt { () throws(DefinitionError) in
          try refuseMisspelling(line)
          if let other = line.columns.first(where: { $0.name != column.name }) {
            throw source.error(
              at: other.location, "the column below is \(column.name)",
              hint: "write -- \(line.name): \(line.value), or put the line into the header")
          }
          try check(column.name, at: line.location, line)
          try set(line, of: &found[column.name, default: ColumnPresentation()], column.name, &given)
        }
      }
    }
    guard general != ColumnPresentation() else { return found }
    for column in columns where column.isResult {
      var own = found[column.name] ?? ColumnPresentation()
      own.chart = own.chart ?? general.chart
      own.format = own.format ?? general.format
      own.thresholds = own.thresholds ?? general.thresholds
      found[column.name] = own
    }
    return found
  }

  private func refuseMisspelling(_ line: PresentationLine) throws(DefinitionError) {
    guard !PresentationLine.names.contains(line.name) else { return }
    let nearest = suggestion(for: line.name, among: PresentationLine.names)
    throw source.error(
      at: line.location, "there is no annotation \"\(line.name)\"",
      hint: "\(nearest)annotations are \(PresentationLine.names.joined(separator: ", "))")
  }

  private func check(_ name: String, at location: Int, _ line: PresentationLine) throws(DefinitionError) {
    guard let column = columns.first(where: { $0.name == name }) else {
      guard areAll else { return }
      let results = columns.filter(\.isResult).map(\.name)
      let nearest = suggestion(for: name, among: results)
      throw source.error(
        at: location, "there is no column \"\(name)\"",
        hint: "\(nearest)results are \(results.joined(separator: ", "))")
    }
    guard column.isResult else {
      throw source.error(
        at: location, "\(line.name) is of results, and \(name) is what they are grouped by",
        hint: "leave the line out")
    }
  }

  private func set(
    _ line: PresentationLine, of presentation: inout ColumnPresentation, _ column: String, _ given: inout Set<String>
  ) throws(DefinitionError) {
    guard given.insert("\(line.name) \(column)").inserted else {
      throw source.error(
        at: line.location, "annotation \"\(line.name)\" is given twice" + (column.isEmpty ? "" : " for \(column)"))
    }
    switch line.name {
    case "chart": presentation.chart = try chart(line)
    case "format": presentation.format = try format(line)
    default: presentation.thresholds = try thresholds(line)
    }
  }

  // MARK: Values

  private func chart(_ line: PresentationLine) throws(DefinitionError) -> ColumnPresentation.Chart {
    guard let chart = ColumnPresentation.Chart(rawValue: line.value) else {
      throw unknown("chart", line, among: ColumnPresentation.Chart.allCases.map(\.rawValue))
    }
    return chart
  }

  private static let formats = ["count", "number", "percent", "bytes", "duration", "milliseconds", "currency"]
  private static let maximumUnitLength = 12

  private func format(_ line: PresentationLine) throws(DefinitionError) -> ColumnPresentation.Format {
    let words = line.value.split(separator: " ", maxSplits: 1).map(String.init)
    let detail = words.count > 1 ? trimmed(words[1]) : nil
    switch (words.first ?? "", detail) {
    case ("count", nil): return .count
    case ("percent", nil): return .percent
    case ("bytes", nil): return .bytes
    case ("duration", nil): return .duration
    case ("milliseconds", nil): return .milliseconds
    case ("number", let unit):
      guard unit.map({ $0.count <= Self.maximumUnitLength }) ?? true else {
        throw source.error(
          at: line.valueLocation, "a unit has \(Self.maximumUnitLength) characters at most",
          hint: "write -- format: number Mbps")
      }
      return .number(unit: unit)
    case ("currency", let code):
      guard let code, code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5a).contains($0) }) else {
        throw source.error(
          at: line.valueLocation, "a currency is named by the three letters of ISO 4217",
          hint: "write -- format: currency USD")
      }
      return .currency(code)
    case (let name, .some) where Self.formats.contains(name):
      throw source.error(at: line.valueLocation, "behind \(name) stands nothing", hint: "write -- format: \(name)")
    default: throw unknown("format", line, among: Self.formats)
    }
  }

  private func unknown(_ what: String, _ line: PresentationLine, among known: [String]) -> DefinitionError {
    let word = line.value.split(separator: " ").first.map(String.init) ?? ""
    let nearest = suggestion(for: word, among: known)
    return source.error(
      at: line.valueLocation, "there is no \(what) \"\(word)\"",
      hint: "\(nearest)\(what)s are \(known.joined(separator: ", "))")
  }

  /// `0.10, 0.15`: the warning, then what is critical. Falling numbers say that low values are bad; so do `<` and `>`.
  private func thresholds(_ line: PresentationLine) throws(DefinitionError) -> ColumnPresentation.Thresholds {
    let form = "write -- thresholds: 0.10, 0.15 where high values are bad, 0.95, 0.90 where low ones are, or > 5"
    let sign = line.value.first { $0 != " " }.flatMap { ["<": false, ">": true][$0] }
    let rest = sign == nil ? line.value : trimmed(line.value).dropFirst().description
    let numbers = rest.split(separator: ",", omittingEmptySubsequences: false).map { Double(trimmed(String($0))) }
    guard (1...2).contains(numbers.count), !numbers.contains(where: { $0?.isFinite != true }) else {
      throw source.error(at: line.valueLocation, "thresholds are one or two numbers", hint: form)
    }
    let values = numbers.compactMap { $0 }
    guard values.count == 2 else {
      guard let sign else {
        throw source.error(at: line.valueLocation, "it is not said on which side of it values are bad", hint: form)
      }
      return ColumnPresentation.Thresholds(warning: nil, critical: values[0], isAbove: sign)
    }
    guard values[0] != values[1], sign.map({ $0 == (values[0] < values[1]) }) ?? true else {
      throw source.error(
        at: line.valueLocation, "the first threshold warns, and the second is worse than the first", hint: form)
    }
    return ColumnPresentation.Thresholds(
      warning: values[0], critical: values[1], isAbove: values[0] < values[1])
  }
}
