import Events
import Plan

/// Decodes records that are JSON documents, each an object, into declared columns: only those columns, whatever else there
/// is; but all of a document is checked (RFC 8259, valid UTF-8, no member twice).
///
/// For one thread at a time.
///
/// Most records of a stream look like the one before: the same members in the same order. Their shape is learned from
/// records that are read as a whole, and those that have it are read 64 at a time by `ShapeLoops`; all others, and all that
/// is wrong, by `JSONReader`. Both give the same.
public final class JSONRecordDecoder {
  private let tree: PathTree
  private let seed = UInt64.random(in: .min ... .max)
  private var loops = ShapeLoops()
  private var shapes = ShapeMemory()

  /// - Parameter columns: for each column of the batch that this decoder writes its index in the batch, which has the
  ///   declared type and nullability there. Other columns of the batch are left alone.
  public init(columns: [(index: Int, declared: DeclaredColumn)]) {
    tree = PathTree(columns: columns, seed: seed)
  }

  /// Makes `batch` a batch of a slice of these records: row `i` is record `slice.lowerBound + i`, or a failure that says
  /// why it could not be decoded. The payloads behind the slice are expected next, and asked for from memory.
  ///
  /// Texts point into the payloads and into the batch's arena.
  /// - Parameter batch: has room for the slice.
  public func decode(_ all: UnsafeMutableBufferPointer<Record>, _ slice: Range<Int>, into batch: EventBatch) {
    let records = UnsafeMutableBufferPointer(rebasing: all[slice])
    batch.reset(count: records.count)
    batch.columns.withUnsafeBufferPointer { columns in
      guard let columns = columns.baseAddress else { return }
      var reader = JSONReader(batch: batch, columns: columns, tree: tree, seed: seed)
      var first = 0
      while first < records.count {
        let next = min(first + ShapeLoops.capacity, records.count)
        let upcoming = all[(slice.lowerBound + next)...].prefix(ShapeLoops.capacity)
        loops.take(first..<next)
        shapes.decode(records, &loops, &reader, upcoming: UnsafeBufferPointer(rebasing: upcoming))
        first = next
      }
    }
  }

  /// Makes `batch` a batch of all these records.
  public func decode(_ records: UnsafeMutableBufferPointer<Record>, into batch: EventBatch) {
    decode(records, 0..<records.count, into: batch)
  }
}
