/// What a system costs, as it was measured: of an event, of a changed row, of a transaction. Seconds and bytes.
public struct ScaleCosts: Hashable, Sendable {
  /// What something takes for each event, for each row that a flush changes, and for each flush.
  public struct Shares: Hashable, Sendable {
    public var event: Double
    public var row: Double
    public var flush: Double

    public init(event: Double = 0, row: Double = 0, flush: Double = 0) {
      self.event = event
      self.row = row
      self.flush = flush
    }

    /// What it comes to.
    public func total(events: Double, rows: Double, flushes: Double) -> Double {
      event * events + row * rows + flush * flushes
    }
  }

  /// An aggregate's rows.
  public struct Aggregate: Hashable, Sendable {
    public var name: String
    /// Groups of a window.
    public var keys: Double
    /// How evenly events are spread over the groups, see `RowSpread`.
    public var evenness: Double
    /// Bytes that a stored row takes, with its indexes and what updates leave behind.
    public var rowBytes: Double
    /// From the beginning of a window to that of the next one.
    public var windowSeconds: Double
    /// nil: rows are kept for ever.
    public var retentionSeconds: Double?

    public init(
      name: String, keys: Double, evenness: Double, rowBytes: Double, windowSeconds: Double, retentionSeconds: Double?
    ) {
      self.name = name
      self.keys = keys
      self.evenness = evenness
      self.rowBytes = rowBytes
      self.windowSeconds = windowSeconds
      self.retentionSeconds = retentionSeconds
    }
  }

  /// CPU seconds of a processor with all its threads.
  public var processor: Shares
  /// CPU seconds of its busiest thread, which cannot have more than one core.
  public var worker: Shares
  /// CPU seconds of Postgres.
  public var postgres: Shares
  /// Bytes of write-ahead log.
  public var log: Shares
  /// Seconds from the beginning of a flush's transaction to its end, waits for the disk included.
  public var transaction: Shares
  /// Seconds between two transactions, at least.
  public var flushSeconds: Double
  public var aggregates: [Aggregate]

  public init(
    processor: Shares, worker: Shares, postgres: Shares, log: Shares, transaction: Shares, flushSeconds: Double,
    aggregates: [Aggregate]
  ) {
    self.processor = processor
    self.worker = worker
    self.postgres = postgres
    self.log = log
    self.transaction = transaction
    self.flushSeconds = flushSeconds
    self.aggregates = aggregates
  }

  /// With so many groups in the aggregate that has the most; the others keep theirs, and none gets more than it.
  public func with(keys: Double?) -> ScaleCosts {
    guard let keys, let most = aggregates.map(\.keys).max() else { return self }
    var changed = self
    for index in aggregates.indices {
      changed.aggregates[index].keys = aggregates[index].keys == most ? keys : min(aggregates[index].keys, keys)
    }
    return changed
  }
}
