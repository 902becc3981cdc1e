/// An array as it lies in a text of a column: the elements' values as a column of their type has them, and behind them a
/// validity byte for each. An array without elements has no bytes.
///
/// Values that are texts point to where the array's own text may point: they live as long as the batch.
public struct ArrayView {
  private let bytes: TextView
  private let width: Int
  public let count: Int

  /// - Parameters:
  ///   - bytes: what `ElementList.packed` has made.
  ///   - element: the type that it was made of.
  public init(_ bytes: TextView, of element: ArrayElement) {
    self.bytes = bytes
    width = element.type.physical.width
    count = bytes.count / (width + 1)
  }

  /// Whether the element is NULL. Counted from 0.
  public func isNull(_ element: Int) -> Bool { bytes.start[count * width + element] == 0 }

  /// The value of an element that is not NULL, in the form in which a column of its type has it.
  public func value<Value>(_ element: Int, as type: Value.Type) -> Value {
    UnsafeRawPointer(bytes.start).loadUnaligned(fromByteOffset: element * width, as: type)
  }

  /// Copies elements into rows of a column of their type, from `row` on. A column without NULLs gets no validity.
  public func copy(_ elements: Range<Int>, to column: Column, at row: Int) {
    guard !elements.isEmpty else { return }
    let source = UnsafeRawPointer(bytes.start)
    column.bytes(of: row).copyMemory(
      from: source + elements.lowerBound * width, byteCount: elements.count * width)
    guard column.isNullable else { return }
    UnsafeMutableRawPointer(column.validity + row).copyMemory(
      from: source + count * width + elements.lowerBound, byteCount: elements.count)
  }
}

/// The elements of one array while it is made: a column that grows.
public final class ElementList {
  private static let firstCapacity = 64

  public private(set) var column: Column
  public private(set) var count = 0
  private var capacity = ElementList.firstCapacity

  public init(_ element: ArrayElement) {
    column = Column(type: element.type, isNullable: true, capacity: capacity)
  }

  deinit {
    column.deallocate()
  }

  public func removeAll() { count = 0 }

  /// Adds an element that is NULL so far.
  ///
  /// - Returns: its row in `column`, which may be another column than before.
  public func append() -> Int {
    if count == capacity { grow() }
    count += 1
    column.setNull(count - 1)
    return count - 1
  }

  private func grow() {
    let larger = Column(type: column.type, isNullable: true, capacity: 2 * capacity)
    larger.bytes(of: 0).copyMemory(from: column.bytes(of: 0), byteCount: count * column.type.physical.width)
    larger.validity.update(from: column.validity, count: count)
    column.deallocate()
    column = larger
    capacity *= 2
  }

  /// A copy of the elements in the arena, for `ArrayView`.
  public func packed(into arena: inout TextArena) -> TextView {
    guard count > 0 else { return .empty }
    let width = column.type.physical.width
    let target = arena.reserve(count * (width + 1))
    UnsafeMutableRawPointer(target).copyMemory(from: column.bytes(of: 0), byteCount: count * width)
    (target + count * width).update(from: column.validity, count: count)
    return TextView(start: UnsafePointer(target), count: count * (width + 1))
  }
}

extension Column {
  /// Where the row's value lies.
  fileprivate func bytes(of row: Int) -> UnsafeMutableRawPointer { values + row * type.physical.width }

  /// Makes the row NULL. The value of a NULL may be read.
  fileprivate func setNull(_ row: Int) {
    clear(row)
    validity[row] = 0
  }
}
