import Events
import JSON
import Plan
import Synthesis

/// A column of a file, and how its values are read.
public struct FileColumn: Sendable {
  public enum Values: Sendable {
    /// By the declaration in the project.
    case declared(DeclaredColumn)
    /// What looks like a JSON number is one, everything else a text.
    case guessed
    case texts
  }

  public var name: String
  public var values: Values

  public init(name: String, values: Values) {
    self.name = name
    self.values = values
  }

  var declaration: DeclaredColumn? {
    if case .declared(let column) = values { column } else { nil }
  }

  /// Where a JSON object has it.
  public var path: [JSONPathStep] {
    guard let declaration else { return [.member(name)] }
    return declaration.path.map { step in
      switch step {
      case .member(let name): .member(name)
      case .element(let index): .element(index)
      }
    }
  }
}

/// What a person wants of a file's columns.
public struct ColumnWishes: Sendable {
  /// The names of columns whose values stay texts; `*` is all of them.
  public var texts: [String] = []
  public var time: String?
  public var key: String?
  /// Lines are sent that lack what the stream declares.
  public var sendsMalformed = false

  public init(texts: [String] = [], time: String? = nil, key: String? = nil, sendsMalformed: Bool = false) {
    self.texts = texts
    self.time = time
    self.key = key
    self.sendsMalformed = sendsMalformed
  }
}

/// What the columns of a CSV file are.
public struct CSVLayout: Sendable {
  /// In the order of the file's fields.
  public let columns: [FileColumn]
  /// The column of event time, and what its numbers count; nil: nobody says which.
  public let time: (column: Int, unit: DeclaredColumn.EpochUnit?)?
  public let key: Int?
  /// The columns of a line for the stream, in the order of its declaration, nil for those that the file does not have; nil
  /// when the file's own order is right.
  public let order: [Int?]?

  /// The names that event time has when nobody says which column it is.
  private static let usualTimes = ["event_time", "timestamp", "time"]

  /// - Parameters:
  ///   - names: those of the file's columns, in its order.
  ///   - stream: the one that the file is for.
  public init(names: [String], stream: StreamDefinition?, wishes: ColumnWishes) throws(SettingError) {
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw SettingError("the file has two columns “\(name)”")
    }
    let known = names.joined(separator: ", ")
    for name in wishes.texts where name != "*" && !names.contains(name) {
      throw SettingError("--text: the file has no column “\(name)”; it has \(known)")
    }
    let declared = stream?.columns ?? []
    columns = names.map { name in
      let isText = wishes.texts.contains(name) || wishes.texts.contains("*")
      let values = declared.first { $0.name == name }.map(FileColumn.Values.declared)
      return FileColumn(name: name, values: values ?? (isText ? .texts : .guessed))
    }
    if let stream {
      try Self.check(names, stream, wishes)
      let names: [String?] = names
      order = names == declared.map(\.name) ? nil : declared.map { names.firstIndex(of: $0.name) }
    } else {
      order = nil
    }
    func find(_ name: String, _ option: String) throws(SettingError) -> Int {
      if let index = names.firstIndex(of: name) { return index }
      throw SettingError("--\(option): the file has no column “\(name)”; it has \(known)")
    }
    key = try wishes.key.map { name throws(SettingError) in try find(name, "key") }
    let eventTime = stream?.eventTime.joined(separator: ".")
    let index: Int? =
      if let name = wishes.time {
        try find(name, "time")
      } else if let eventTime {
        names.firstIndex(of: eventTime)
      } else {
        Self.usualTimes.lazy.compactMap { names.firstIndex(of: $0) }.first
      }
    let columns = columns
    time = index.map { ($0, columns[$0].declaration?.unit) }
  }

  private static func check(
    _ names: [String], _ stream: StreamDefinition, _ wishes: ColumnWishes
  ) throws(SettingError) {
    let missing = stream.columns.filter { !names.contains($0.name) }
    if missing.count == stream.columns.count {
      throw SettingError(
        "no column of the file is one of the stream \(stream.name); the file has \(names.joined(separator: ", ")), the "
          + "stream \(stream.columns.map(\.name).joined(separator: ", ")). Has the file a header? --no-header says no")
    }
    if let column = missing.first(where: { !$0.isNullable }), !wishes.sendsMalformed {
      throw SettingError(
        "the file has no column “\(column.name)”, which the stream \(stream.name) declares NOT NULL; it has "
          + names.joined(separator: ", "))
    }
  }

  /// What writes its rows as JSON objects.
  public func jsonForm() throws(SettingError) -> JSONForm {
    if let index = columns.firstIndex(where: { $0.name.isEmpty }) {
      throw SettingError("column \(index + 1) has no name to become a member of JSON; give the names by --columns")
    }
    do throws(PathConflict) {
      return try JSONForm(paths: columns.map(\.path), timeText: .iso8601)
    } catch {
      let name = columns[error.column].name
      throw SettingError("the path of the column \(name) does not go together with those of the columns before it")
    }
  }
}
