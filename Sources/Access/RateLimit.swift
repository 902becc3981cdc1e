import Threads

/// How often each of many clients may do something: a bucket of permits for each, which fills at a constant rate.
///
/// Used on any thread. Bounded: where there are too many clients at once, those with full buckets are forgotten, which
/// changes nothing for them, and if there are none, all are.
final class RateLimit<Client: Hashable & Sendable>: Sendable {
  private struct Bucket {
    var permits: Double
    /// In nanoseconds of a monotonic clock.
    var time: Int64
  }

  private let perSecond: Double
  private let capacity: Double
  private let maximumClients: Int
  private let buckets = Monitor<[Client: Bucket]>([:])

  /// - Parameters:
  ///   - perSecond: permits that come in a second.
  ///   - burst: how many a client has that has not been there for long.
  init(perSecond: Int, burst: Int, maximumClients: Int = 10_000) {
    self.perSecond = Double(perSecond)
    capacity = Double(burst)
    self.maximumClients = maximumClients
  }

  /// Takes a permit.
  ///
  /// - Parameter now: in nanoseconds of a monotonic clock.
  /// - Returns: nil when there was one, else in how many whole seconds there is.
  func take(_ client: Client, at now: Int64) -> Int? {
    buckets.update { buckets in
      var bucket = filled(buckets[client], at: now)
      defer { insert(bucket, of: client, at: now, into: &buckets) }
      guard bucket.permits >= 1 else { return wait(for: bucket) }
      bucket.permits -= 1
      return nil
    }
  }

  /// The same without taking it.
  func check(_ client: Client, at now: Int64) -> Int? {
    buckets.read { buckets in
      let bucket = filled(buckets[client], at: now)
      return bucket.permits >= 1 ? nil : wait(for: bucket)
    }
  }

  private func filled(_ bucket: Bucket?, at now: Int64) -> Bucket {
    guard var bucket else { return Bucket(permits: capacity, time: now) }
    bucket.permits = min(capacity, bucket.permits + Double(max(0, now - bucket.time)) / 1e9 * perSecond)
    bucket.time = now
    return bucket
  }

  private func wait(for bucket: Bucket) -> Int { Int(((1 - bucket.permits) / perSecond).rounded(.up)) }

  private func insert(_ bucket: Bucket, of client: Client, at now: Int64, into buckets: inout [Client: Bucket]) {
    if buckets.count >= maximumClients, buckets[client] == nil {
      buckets = buckets.filter { filled($0.value, at: now).permits < capacity }
      if buckets.count >= maximumClients { buckets.removeAll(keepingCapacity: true) }
    }
    buckets[client] = bucket
  }
}
