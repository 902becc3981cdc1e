import JSON
import Plan
import SQLFrontend
import Spelling

/// The tests of a project, in `sql/tests`: each file one test, and files of events beside them.
///
/// No other command than those for tests minds what is wrong with them.
public struct TestFolder: Sendable {
  static let name = "tests"
  static let eventsEnding = ".jsonl"

  /// Right ones, in the order of their files.
  public let tests: [TestPlan]
  /// Everything that is wrong in any of the files, also what they name and the project does not have.
  public let errors: [DefinitionError]

  /// - Parameters:
  ///   - folder: the project's.
  ///   - review: of the same folder. While something is wrong there, what tests name is not judged.
  public init(in folder: String, of review: ProjectReview) throws(ProjectError) {
    let folder = ProjectFiles(folder: folder)
    let path = "sql/\(Self.name)"
    var tests: [TestPlan] = []
    var errors: [DefinitionError] = []
    for file in try Folder.files(folder, path, ending: ".sql") {
      do {
        let test = try parseTest(file) { (name) throws(DefinitionErrors) in
          try Self.eventFile(name, folder, path)
        }
        let faults = review.errors.isEmpty ? TestNames(review).faults(of: test) : []
        if faults.isEmpty { tests.append(test) }
        errors += faults
      } catch {
        errors += error.errors
      }
    }
    self.tests = tests
    self.errors = errors
  }

  private static func eventFile(
    _ name: String, _ folder: ProjectFiles, _ path: String
  ) throws(DefinitionErrors) -> SourceFile? {
    guard !name.contains("/"), name.hasSuffix(eventsEnding) else { return nil }
    do throws(ProjectError) {
      return try Folder.read(folder, "\(path)/\(name)").map { SourceFile(path: "\(path)/\(name)", text: $0) }
    } catch {
      throw DefinitionErrors([
        DefinitionError(
          path: "\(path)/\(name)", line: 0, column: 0, offendingText: "", message: "the file cannot be read: \(error)")
      ])
    }
  }
}

/// What tests name of a project: streams, their columns, routes.
private struct TestNames {
  private let streams: [(name: String, paths: [[String]])]
  private let tables: [(name: String, paths: [[String]])]
  private let routes: [PathTemplate]
  /// Of aggregates and views, which need no endpoint.
  private let relationRoutes: [String]

  init(_ review: ProjectReview) {
    tables = review.references.map { ($0.name, $0.columns.map { [$0.name] }) }
    streams = review.streams.map { ($0.name, $0.eventPaths) }
    let relations = review.streams.flatMap { $0.plan.aggregates.map(\.name) } + review.views.map(\.name)
    routes = review.endpoints.filter { $0.method == "GET" }.map(\.path)
    relationRoutes = relations.map { EndpointPlan.rowsPath(of: $0) }
  }

  func faults(of test: TestPlan) -> [DefinitionError] {
    test.steps.flatMap { step -> [DefinitionError] in
      switch step.action {
      case .events(let name, let events):
        guard let stream = streams.first(where: { $0.name == name }) else {
          return [unknown("stream", name, streams.map(\.name), step.place)]
        }
        return unknownColumns(events, stream.paths)
      case .table(let name, let rows):
        guard let table = tables.first(where: { $0.name == name }) else {
          return [unknown("table", name, tables.map(\.name), step.place)]
        }
        return unknownColumns(rows, table.paths)
      case .answer(let path, _, _):
        let route = String(path.prefix { $0 != "?" })
        let isBuiltIn = EndpointPlan.isBuiltIn(path: route)
        let segments = route.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if isBuiltIn ? relationRoutes.contains(route) : routes.contains(where: { $0.values(in: segments) != nil }) {
          return []
        }
        return [unknown("endpoint", route, isBuiltIn ? relationRoutes : routes.map(\.text), step.place)]
      case .setClock, .advanceClock, .rows, .alerts, .deadLetters: return []
      }
    }
  }

  private func unknown(_ kind: String, _ name: String, _ known: [String], _ place: FilePlace) -> DefinitionError {
    let nearest = suggestion(for: name, among: known)
    let list = known.isEmpty ? "there are none" : "\(kind)s are \(known.joined(separator: ", "))"
    return DefinitionError(
      path: place.path, line: place.line, column: place.column, offendingText: "",
      message: "there is no \(kind) \(name)", hint: nearest + list)
  }

  private func unknownColumns(_ documents: [TestPlan.Document], _ known: [[String]]) -> [DefinitionError] {
    documents.flatMap { document -> [DefinitionError] in
      (try? JSONValue(parsing: document.text)).map { unknownColumns($0, known, [], document.place) } ?? []
    }
  }

  /// Members that are neither columns nor records around columns: probably misspelt.
  private func unknownColumns(
    _ value: JSONValue, _ known: [[String]], _ path: [String], _ place: FilePlace
  ) -> [DefinitionError] {
    guard case .object(let members) = value else { return [] }
    return members.flatMap { member -> [DefinitionError] in
      let path = path + [member.name]
      // What is inside of a column is the column's own business.
      if known.contains(path) || path.first == MetadataColumn.record { return [] }
      if known.contains(where: { $0.starts(with: path) }) {
        return unknownColumns(member.value, known, path, place)
      }
      return [unknown("column", path.joined(separator: "."), known.map { $0.joined(separator: ".") }, place)]
    }
  }
}
