import HTTPServer
import StatsAPI
import Synchronization
import Threads

/// What a server answers with: exchanged as a whole when other definitions come into force, so that every request finds
/// either the former endpoints or the new ones.
final class ServedAPI: Sendable {
  /// An API with what it needs for itself.
  struct Version: Sendable {
    var api: StatsAPI
    var health: HealthMonitor
    /// Both, and what else ends with them.
    let parts = StartedParts()

    /// Starts the monitor of an API that is ready.
    init(_ api: StatsAPI, _ health: HealthMonitor) throws {
      (self.api, self.health) = (api, health)
      parts.add { api.stop() }
      do {
        try parts.startThread("health", stop: { health.stop() }, run: { health.run() })
      } catch {
        parts.stop()
        throw error
      }
    }
  }

  private let version: Mutex<Version>

  init(_ version: Version) {
    self.version = Mutex(version)
  }

  var api: StatsAPI { version.withLock { $0.api } }
  var health: HealthMonitor { version.withLock { $0.health } }

  func handle(_ request: HTTPRequest, _ responder: HTTPResponder) { api.handle(request, responder) }

  func recall(_ head: borrowing RequestHead) -> PreparedResponse? { api.recall(head) }

  /// Puts another in its place. Requests under way are answered by the former; its event streams end, and their clients
  /// connect again.
  func exchange(_ next: Version) {
    let former = version.withLock { version in
      let former = version
      version = next
      return former
    }
    former.parts.stop()
  }

  func stop() { version.withLock { $0.parts }.stop() }
}
