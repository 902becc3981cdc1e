import Synchronization

/// What a server had to do to connections so far: counted by all who accept them.
final class StrainCount: Sendable {
  private let strain = Mutex(HTTPStrain())

  var now: HTTPStrain { strain.withLock { $0 } }

  func count(_ change: (inout HTTPStrain) -> Void) { strain.withLock { change(&$0) } }
}
