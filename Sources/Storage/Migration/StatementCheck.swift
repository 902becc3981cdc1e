import Dialects
import Observability
import Plan
import Postgres
import Project
import Spelling

/// Something that the database says against the statement of a view, an endpoint or an alert.
public struct StatementFault: Sendable, CustomStringConvertible {
  public enum Subject: Sendable {
    case view
    case endpoint
    case alert
  }

  public var subject: Subject
  public var place: FilePlace
  public var message: String
  public var hint: String?

  /// What the server says against the statement; nil when the error is about something else, or may be another the next
  /// time.
  ///
  /// - Parameter tables: what one that the server does not know may be meant to be.
  init?(_ subject: Subject, _ statement: LocatedStatement, _ error: PostgresError, tables: [String]) {
    guard case .server(let report) = error.kind, !error.isRetryable,
      let place = statement.place(ofCharacter: report.position)
    else { return nil }
    (self.subject, self.place, message) = (subject, place, report.message)
    hint = report.hint ?? (error.sqlstate == Self.undefinedTable ? Self.hint(report, statement, tables) : nil)
  }

  private static let undefinedTable = "42P01"

  /// What the table was probably meant to be that the server points at and does not know.
  private static func hint(_ report: ServerReport, _ statement: LocatedStatement, _ tables: [String]) -> String? {
    guard let position = report.position, position > 0 else { return nil }
    let name = statement.text.unicodeScalars.dropFirst(position - 1)
      .prefix { $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_" }
    return nearestSpelling(of: String(name), among: tables).map { "did you mean \($0)?" }
  }

  /// As the errors of definitions: `path:line:column: message`, and the hint on a line of its own.
  public var description: String {
    "\(place.path):\(place.line):\(place.column): \(message)" + (hint.map { "\n  hint: \($0)" } ?? "")
  }
}

/// Has the database read every statement of a project, which knows the tables and columns that they name.
public struct StatementCheck {
  private let connection: PostgresConnection
  private let isInTransaction: Bool

  /// - Parameters:
  ///   - connection: what is prepared on it stays there.
  ///   - isInTransaction: it is in one, which goes on whatever is found.
  public init(_ connection: PostgresConnection, isInTransaction: Bool = false) {
    self.connection = connection
    self.isInTransaction = isInTransaction
  }

  /// Everything that is wrong, file by file. The tables must have been made.
  public func faults(of project: Project) throws(PostgresError) -> [StatementFault] {
    var faults: [StatementFault] = []
    let tables =
      project.aggregates.flatMap(\.relationNames) + project.views.map(\.name)
      + ["alerts", "dead_letters", "event_log", "trending_predictions", "forecast_errors"]
    for endpoint in project.endpoints {
      let statement = endpoint.naming(books: connection.pulse).statement
      if let fault = try fault(.endpoint, statement, tables) { faults.append(fault) }
    }
    for alert in project.alerts {
      if let fault = try fault(.alert, alert.statement, tables) { faults.append(fault) }
    }
    return faults
  }

  /// Refuses faults of these subjects, all at once; the others are observed.
  public func require(
    _ subjects: Set<StatementFault.Subject>, of project: Project, observe: (Observation) -> Void
  ) throws(StorageError) {
    let faults: [StatementFault]
    do throws(PostgresError) {
      faults = try self.faults(of: project)
    } catch {
      throw .postgres(error)
    }
    for fault in faults where !subjects.contains(fault.subject) {
      observe(
        .definitionRejected(
          file: fault.place.path, line: fault.place.line, column: fault.place.column, message: fault.message,
          hint: fault.hint))
    }
    let refused = faults.filter { subjects.contains($0.subject) }
    if !refused.isEmpty { throw .definition(refused.map(\.description).joined(separator: "\n")) }
  }

  private func fault(
    _ subject: StatementFault.Subject, _ statement: LocatedStatement, _ tables: [String]
  ) throws(PostgresError) -> StatementFault? {
    if isInTransaction { try connection.execute("SAVEPOINT before_check") }
    do throws(PostgresError) {
      try connection.prepare("check \(statement.text.hashValue)", statement.text)
      return nil
    } catch {
      if isInTransaction { try connection.execute("ROLLBACK TO SAVEPOINT before_check") }
      guard let fault = StatementFault(subject, statement, error, tables: tables) else { throw error }
      return fault
    }
  }
}
