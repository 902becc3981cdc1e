import Events
import Plan
import SQLQuoting

/// The tables of reference data that a project declares, as far as their files can be read.
public struct ParsedReferences: Sendable {
  /// In the order of their files.
  public let references: [Reference]
  /// Everything that is wrong in the files.
  public let errors: [DefinitionError]
  let refused: RefusedNames

  /// A project without reference data.
  public static let none = ParsedReferences(references: [], errors: [], refused: RefusedNames())
}

/// Reads declarations of tables of reference data, of which no two may be of one table.
///
/// - Parameter areAll: false when there are files that cannot be read, which may declare any table.
public func parseReferences(_ files: [SourceFile], areAll: Bool = true) -> ParsedReferences {
  var diagnostics = Diagnostics()
  var refused = RefusedNames()
  if !areAll { refused.insert(nil) }
  var references: [Reference] = []
  for file in files {
    var parser = ReferenceParser(source: SourceText(file))
    let reference = parser.parse()
    for error in parser.diagnostics.errors { diagnostics.report(error) }
    guard let reference else {
      refused.insert(parser.source.streamName)
      continue
    }
    if let first = references.first(where: { $0.name == reference.name }) {
      let source = parser.source
      diagnostics.report(
        source.error(
          at: source.offset(of: reference.place),
          "\(first.place.path) declares \(quotedIdentifier(reference.name)) already",
          hint: "add the columns to that file"))
    } else {
      references.append(reference)
    }
  }
  return ParsedReferences(references: references, errors: diagnostics.sorted, refused: refused)
}

private struct ReferenceParser {
  let source: SourceText
  var diagnostics = Diagnostics()

  static let knownOptions = ["refresh", "valid_from", "valid_to"]
  private static let shortestRefresh: Int64 = 100_000
  private static let longestRefresh: Int64 = 86_400_000_000
  private static let maximumKeys = 8

  init(source: SourceText) {
    self.source = source
  }

  /// nil when something was wrong, which then is in `diagnostics`.
  mutating func parse() -> Reference? {
    let source = source
    let statement = diagnostics.attempt { () throws(DefinitionError) in
      try PostgresParser.parseOne(source, expecting: SyntaxReader.referenceForm)
    }
    guard let statement, let syntax = SyntaxReader(source: source).reference(statement, &diagnostics) else {
      return nil
    }
    refuseTakenName(syntax)
    let columns = columns(syntax)
    let options = DefinitionOptions(
      syntax.options, known: Self.knownOptions, source: source, location: syntax.nameLocation,
      diagnostics: &diagnostics)
    let parser = self
    let refresh = diagnostics.attempt { () throws(DefinitionError) in try parser.refresh(options) }
    let from = diagnostics.attempt { () throws(DefinitionError) in try parser.bound("valid_from", options, columns) }
    let to = diagnostics.attempt { () throws(DefinitionError) in try parser.bound("valid_to", options, columns) }
    var validity: Reference.Validity?
    if let from, let to, from != nil || to != nil { validity = Reference.Validity(from: from, to: to) }
    // A key that cannot be read is refused already.
    if syntax.key.isEmpty, !diagnostics.errors.isEmpty { return nil }
    let key = diagnostics.attempt { () throws(DefinitionError) in try parser.key(syntax, columns, validity) }
    guard diagnostics.errors.isEmpty, let refresh, let key else { return nil }
    var declared = columns
    // What names a row is never NULL in a row that is found.
    for index in key { declared[index].isNullable = false }
    return Reference(
      name: syntax.name, comment: source.headerComment, columns: declared, key: key, validity: validity,
      refreshMicroseconds: refresh, place: source.place(at: syntax.nameLocation))
  }

  private mutating func refuseTakenName(_ syntax: SyntaxReference) {
    let name = source.writtenName(at: syntax.nameLocation) ?? syntax.name
    if let refusal = TableNames.refusal(of: name) {
      diagnostics.report(source.error(at: syntax.nameLocation, refusal))
    }
  }

  private mutating func columns(_ syntax: SyntaxReference) -> [Reference.Column] {
    if syntax.columns.isEmpty, diagnostics.errors.isEmpty {
      diagnostics.report(
        source.error(at: syntax.nameLocation, "no column is declared", hint: "write \(SyntaxReader.referenceForm)"))
    }
    var columns: [Reference.Column] = []
    for column in syntax.columns {
      let name = quotedIdentifier(column.name)
      if columns.contains(where: { $0.name == column.name }) {
        diagnostics.report(
          source.error(at: column.location, "two columns are called \(name)", hint: "rename one of them"))
        continue
      }
      if ReservedNames.system.contains(column.name) {
        diagnostics.report(
          source.error(
            at: column.location, "the column name \(name) is taken: it is a system column of Postgres",
            hint: "leave it out"))
        continue
      }
      let (source, type) = (source, column)
      guard let found = diagnostics.attempt({ () throws(DefinitionError) in try ColumnType(type, source) }) else {
        // The others are judged as if it were there.
        columns.append(.init(name: column.name, type: .text, isNullable: true))
        continue
      }
      columns.append(
        .init(
          name: column.name, type: found.type, isNullable: column.isNullable,
          precision: found.precision, comment: source.commentAbove(column.location)))
    }
    return columns
  }

  private func refresh(_ options: DefinitionOptions) throws(DefinitionError) -> Int64 {
    guard let refresh = try options.interval("refresh") else { return Reference.defaultRefreshMicroseconds }
    guard (Self.shortestRefresh...Self.longestRefresh).contains(refresh) else {
      throw options.error(
        "refresh", "a table is looked at again after 100 milliseconds to 1 day", hint: "write refresh = '30 seconds'")
    }
    return refresh
  }

  /// The column that a validity begins or ends with.
  private func bound(
    _ option: String, _ options: DefinitionOptions, _ columns: [Reference.Column]
  ) throws(DefinitionError) -> Int? {
    guard let name = try options.text(option) else { return nil }
    guard let index = columns.firstIndex(where: { $0.name == name }) else {
      throw options.error(
        option, "there is no column \(quotedIdentifier(name))",
        hint: "\(option) names a column of type timestamptz that is declared here")
    }
    guard columns[index].type == .timestamptz else {
      throw options.error(
        option,
        "\(option) is compared with the event time, a timestamptz, and \(quotedIdentifier(name)) is "
          + columns[index].type.shortName, hint: "declare \(quotedIdentifier(name)) timestamptz")
    }
    return index
  }

  private func key(
    _ syntax: SyntaxReference, _ columns: [Reference.Column], _ validity: Reference.Validity?
  ) throws(DefinitionError) -> [Int] {
    let hint = "write PRIMARY KEY or UNIQUE behind the column that the stream is joined by, or in a line of its own"
    guard !syntax.key.isEmpty else {
      throw source.error(at: syntax.nameLocation, "the key is missing", hint: hint)
    }
    let bounds = [validity?.from, validity?.to].compactMap { $0 }
    var key: [Int] = []
    for (name, location) in syntax.key {
      guard let index = columns.firstIndex(where: { $0.name == name }) else {
        throw source.error(at: location, "there is no column \(quotedIdentifier(name))", hint: hint)
      }
      if bounds.contains(index) || key.contains(index) { continue }
      switch columns[index].type {
      case .text, .uuid, .integer, .bigint, .boolean, .date, .time, .timestamp, .timestamptz: key.append(index)
      case .numeric, .doublePrecision, .interval, .bytea, .jsonb, .bits, .array:
        throw source.error(
          at: location, "a key cannot be \(columns[index].type.shortName)",
          hint: "keys are text, uuid, integer, bigint, boolean, dates and times")
      }
    }
    guard let first = syntax.key.first else { return key }
    guard !key.isEmpty else {
      throw source.error(at: first.location, "the key holds nothing but when a row is valid", hint: hint)
    }
    guard key.count <= Self.maximumKeys else {
      throw source.error(at: first.location, "a key has at most \(Self.maximumKeys) columns")
    }
    return key
  }
}
