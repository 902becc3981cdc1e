/// Results by key for a time, and the requests that wait for a result that is on its way: one flight per key.
///
/// A value without a clock: the caller says what time it is, in milliseconds of any monotonic clock.
struct ResultCache<Key: Hashable, Value, Waiter> {
  enum Lookup {
    case hit(Value)
    /// Somebody has asked before: the waiter will be handed out by `land`.
    case joined
    /// The caller must fetch the value and call `land`, which hands the waiter back.
    case start
  }

  private struct Entry {
    var value: Value
    var byteCount: Int
    var expiresAt: Int64
    /// Which insertion it is, to tell it from an older one in `order`.
    var serial: UInt64
  }

  private let timeToLive: Int64
  private let maximumEntries: Int
  private let maximumBytes: Int
  private var entries: [Key: Entry] = [:]
  /// In order of insertion, which is the order of expiry; may name entries that were replaced since.
  private var order: [(key: Key, serial: UInt64)] = []
  private var orderHead = 0
  private var flights: [Key: [Waiter]] = [:]
  private var nextSerial: UInt64 = 0
  private(set) var byteCount = 0

  /// `timeToLiveMilliseconds` 0: nothing is kept and nothing is joined.
  init(timeToLiveMilliseconds: Int, maximumEntries: Int, maximumBytes: Int) {
    timeToLive = Int64(timeToLiveMilliseconds)
    self.maximumEntries = maximumEntries
    self.maximumBytes = maximumBytes
  }

  var isOff: Bool { timeToLive == 0 }
  var count: Int { entries.count }

  /// The value, as long as its time lasts.
  func value(for key: Key, now: Int64) -> Value? {
    guard let entry = entries[key], now < entry.expiresAt else { return nil }
    return entry.value
  }

  /// Forgets all values. Who waits for one gets it.
  mutating func removeAll() {
    (entries, order, orderHead, byteCount) = ([:], [], 0, 0)
  }

  /// Must not be called when the cache is off.
  mutating func lookUp(_ key: Key, now: Int64, waiter: Waiter) -> Lookup {
    if let value = value(for: key, now: now) { return .hit(value) }
    if flights[key] != nil {
      flights[key]?.append(waiter)
      return .joined
    }
    flights[key] = [waiter]
    return .start
  }

  /// Keeps a value that was fetched for whatever reason, and evicts the oldest as the bounds demand.
  mutating func store(_ key: Key, _ value: Value, byteCount: Int, now: Int64) {
    guard !isOff, byteCount <= maximumBytes, maximumEntries > 0 else { return }
    remove(key)
    entries[key] = Entry(value: value, byteCount: byteCount, expiresAt: now + timeToLive, serial: nextSerial)
    order.append((key, nextSerial))
    nextSerial += 1
    self.byteCount += byteCount
    evict(now: now)
  }

  /// Gives back entries whose time is over, without waiting for others to come.
  mutating func forgetExpired(now: Int64) { evict(now: now) }

  private mutating func evict(now: Int64) {
    while orderHead < order.count {
      let oldest = order[orderHead]
      guard let entry = entries[oldest.key], entry.serial == oldest.serial else {
        orderHead += 1
        continue
      }
      guard now >= entry.expiresAt || entries.count > maximumEntries || byteCount > maximumBytes else { break }
      remove(oldest.key)
      orderHead += 1
    }
    if orderHead == order.count || (orderHead > 64 && orderHead * 2 > order.count) {
      order.removeFirst(orderHead)
      orderHead = 0
    }
  }

  /// The flight for `key` has ended, well or not: everyone who waits for it.
  mutating func land(_ key: Key) -> [Waiter] { flights.removeValue(forKey: key) ?? [] }

  private mutating func remove(_ key: Key) {
    guard let entry = entries.removeValue(forKey: key) else { return }
    byteCount -= entry.byteCount
  }
}
