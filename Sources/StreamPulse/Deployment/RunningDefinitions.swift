import Observability
import Postgres
import Project
import Storage
import Threads

/// A project as a process runs it.
struct LoadedDefinitions: Sendable {
  var project: Project
  /// The version that was in force when it was loaded; 0: none was.
  var version: Int64
}

extension CommandContext {
  /// What a service starts with: the definitions of its folder, unless these have been in force once and others are now.
  /// So it does not matter whose folder is the newest when processes are started again after a deployment.
  ///
  /// - Parameters:
  ///   - project: of the folder.
  ///   - connection: only for this call.
  func definitions(_ project: Project, _ connection: PostgresConnection) throws -> LoadedDefinitions {
    let deployments = Deployments(connection)
    guard let current = try deployments.current() else { return LoadedDefinitions(project: project, version: 0) }
    if try deployments.isFormer(project.files), let files = try deployments.files(of: current.number) {
      observe(.formerDefinitions(version: Int(current.number)))
      return try LoadedDefinitions(project: deployed(files), version: current.number)
    }
    return LoadedDefinitions(project: project, version: current.number)
  }

  /// Reads definitions that are kept in the database, with the schemas that are.
  func deployed(_ files: ProjectFiles) throws -> Project {
    try Project(files, lookup: SubjectSchemas(self, .work).lookup)
  }
}

/// The definitions that a service runs with, and those that it goes on with when others come into force. Belongs to the
/// main thread, but for the watch.
final class RunningDefinitions {
  private(set) var current: LoadedDefinitions
  private let context: CommandContext
  private let database: ConnectionSettings
  private let watch: DefinitionsWatch
  private let parts = StartedParts()
  /// The version that cannot be used here, which was said.
  private var refused: Int64?
  /// Since when the service has been over; monotonic microseconds.
  private var overSince: Int64?
  /// Why the service could not go on with what it was to take over: nothing runs until there is something newer.
  private var failure: (any Error)?
  private static let graceMicroseconds: Int64 = 10_000_000

  /// Watches from now on, until `stop`.
  init(_ context: CommandContext, _ definitions: LoadedDefinitions, _ database: ConnectionSettings) throws {
    self.context = context
    self.database = database.with("application_name", "streampulse definitions")
    current = definitions
    let watch = DefinitionsWatch(self.database)
    self.watch = watch
    try parts.startThread("definitions", stop: { watch.stop() }, run: { watch.run() })
  }

  func stop() { parts.stop() }

  /// `stop` will follow, and need not wait then.
  func stopSoon() { watch.stop() }

  /// What a service is asked and told when definitions come into force.
  struct Service {
    /// It has ended by itself.
    var isOver: () -> Bool
    /// It has ended because others are in force.
    var isSuperseded: () -> Bool
    /// Refuses definitions that it could not go on with; it runs on meanwhile.
    var verify: (LoadedDefinitions) throws -> Void
    /// Goes on with them. May fail for want of a server and is tried again then.
    var takeOver: (LoadedDefinitions) throws -> Void
  }

  private enum Next {
    case loaded(LoadedDefinitions)
    /// Nothing newer is in force, or nothing that can be used here.
    case none
    case unreachable
  }

  /// Keeps the service at the definitions in force until there is a signal to stop, or it ends by itself.
  ///
  /// - Parameter meanwhile: what else is done several times a second; it returns the signal that has come.
  /// - Returns: the signal's name; nil: the service is over.
  func follow(_ service: Service, meanwhile: () -> String? = { nil }) throws -> String? {
    while true {
      var signal: String?
      let own = Signals.wait {
        signal = meanwhile()
        return signal != nil || service.isOver() || hasNews || failure != nil
      }
      if let signal = own ?? signal { return signal }
      let isSuperseded = failure != nil || service.isOver() && service.isSuperseded()
      switch next(isSuperseded: isSuperseded, service.verify) {
      case .loaded(let definitions):
        if let signal = try take(definitions, service) { return signal }
      case .none:
        guard service.isOver() || failure != nil else { continue }
        // Whoever changes tables without a transaction for all puts the definitions in force a moment later.
        let now = Clock.monotonic()
        let since = overSince ?? now
        overSince = since
        guard isSuperseded, now - since < Self.graceMicroseconds else {
          if let failure { throw failure }
          return nil
        }
        if let signal = Signals.wait(milliseconds: 200) { return signal }
      case .unreachable:
        if service.isOver(), !isSuperseded { return nil }
        if let signal = Signals.wait(milliseconds: 1000) { return signal }
      }
    }
  }

  private var hasNews: Bool {
    guard let latest = watch.latest else { return false }
    return latest > current.version && latest != refused
  }

  private func next(isSuperseded: Bool, _ verify: (LoadedDefinitions) throws -> Void) -> Next {
    guard hasNews || isSuperseded else { return .none }
    var version = current.version
    do {
      let connection = try PostgresConnection(database.with("connect_timeout", "5"))
      defer { connection.close() }
      let deployments = Deployments(connection)
      guard let newest = try deployments.current(), newest.number > current.version, newest.number != refused,
        let files = try deployments.files(of: newest.number)
      else { return .none }
      version = newest.number
      let definitions = LoadedDefinitions(project: try context.deployed(files), version: version)
      try verify(definitions)
      return .loaded(definitions)
    } catch {
      if error.isOutage { return .unreachable }
      refuse(version, error)
      return .none
    }
  }

  /// Says once that a version cannot be used here.
  private func refuse(_ version: Int64, _ error: any Error) {
    refused = version
    context.observe(.definitionsRefused(version: Int(version), reason: "\(error)"))
  }

  /// - Returns: the signal that came while a server was away.
  private func take(_ definitions: LoadedDefinitions, _ service: Service) throws -> String? {
    while true {
      do {
        try service.takeOver(definitions)
        current = definitions
        (overSince, failure) = (nil, nil)
        context.observe(.definitionsTaken(version: Int(definitions.version)))
        return nil
      } catch {
        guard error.isOutage else {
          if service.isOver() {
            // Others may be in force already, before which these have not come into their own.
            current = definitions
            failure = error
          } else {
            refuse(definitions.version, error)
          }
          return nil
        }
        context.observe(.databaseDown(reason: "\(error)", sqlstate: nil))
        if let signal = Signals.wait(milliseconds: 1000) { return signal }
      }
    }
  }
}

extension Error {
  /// Whether the database was away, so that the same may succeed later.
  fileprivate var isOutage: Bool {
    let error: any Error = self
    return switch error {
    case let error as PostgresError: error.isRetryable
    case StorageError.postgres(let error): error.isRetryable
    default: false
    }
  }
}
