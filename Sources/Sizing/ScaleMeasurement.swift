import Glibc

/// A run that was measured.
public struct ScaleMeasurement: Hashable, Sendable {
  public var seconds: Double
  public var events: Double
  /// Rows that were inserted or updated.
  public var rows: Double
  public var flushes: Double
  /// CPU seconds of the processor, of its busiest thread, and of Postgres.
  public var processorSeconds: Double
  public var workerSeconds: Double
  public var postgresSeconds: Double
  /// Bytes of write-ahead log.
  public var logBytes: Double
  /// Seconds that transactions took, all together.
  public var transactionSeconds: Double

  public init(
    seconds: Double, events: Double, rows: Double, flushes: Double, processorSeconds: Double, workerSeconds: Double,
    postgresSeconds: Double, logBytes: Double, transactionSeconds: Double
  ) {
    self.seconds = seconds
    self.events = events
    self.rows = rows
    self.flushes = flushes
    self.processorSeconds = processorSeconds
    self.workerSeconds = workerSeconds
    self.postgresSeconds = postgresSeconds
    self.logBytes = logBytes
    self.transactionSeconds = transactionSeconds
  }
}

extension ScaleCosts.Shares {
  /// The costs that explain what the runs took, each run by its own share of error: none of them is below zero.
  ///
  /// - Parameters:
  ///   - hasEvents: whether an event costs by itself: Postgres sees none.
  public init(
    explaining value: (ScaleMeasurement) -> Double, in runs: [ScaleMeasurement], hasEvents: Bool = true
  ) {
    let rows = runs.map { [hasEvents ? $0.events : 0, $0.rows, $0.flushes] }
    let found = LeastSquares.nonNegative(rows, runs.map(value))
    self.init(event: found[0], row: found[1], flush: found[2])
  }
}

/// Least squares of relative errors, with factors that are not below zero.
enum LeastSquares {
  /// - Parameter rows: each with the same few numbers, whose factors are looked for.
  /// - Returns: the best factors; 0 for numbers that are always 0.
  static func nonNegative(_ rows: [[Double]], _ values: [Double]) -> [Double] {
    let width = rows.first?.count ?? 0
    var best = [Double](repeating: 0, count: width)
    var bestError = Double.infinity
    // Whichever factors are 0, the others are those of plain least squares: with so few all choices can be tried.
    for chosen in 1..<max(1, 1 << width) {
      let columns = (0..<width).filter { chosen >> $0 & 1 == 1 }
      guard let factors = solve(rows, values, columns), factors.allSatisfy({ $0 >= 0 && $0.isFinite }) else { continue }
      var all = [Double](repeating: 0, count: width)
      for (column, factor) in zip(columns, factors) { all[column] = factor }
      let error = zip(rows, values).reduce(0) { sum, run in
        guard run.1 > 0 else { return sum }
        let share = zip(run.0, all).reduce(0) { $0 + $1.0 * $1.1 } / run.1 - 1
        return sum + share * share
      }
      if error < bestError { (best, bestError) = (all, error) }
    }
    return best
  }

  /// The normal equations of the chosen columns by elimination; nil: they do not tell the factors apart.
  private static func solve(_ rows: [[Double]], _ values: [Double], _ columns: [Int]) -> [Double]? {
    let count = columns.count
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: count + 1), count: count)
    for (row, value) in zip(rows, values) where value > 0 {
      let scaled = columns.map { row[$0] / value }
      for i in 0..<count {
        for j in 0..<count { matrix[i][j] += scaled[i] * scaled[j] }
        matrix[i][count] += scaled[i]
      }
    }
    for i in 0..<count {
      guard let pivot = (i..<count).max(by: { abs(matrix[$0][i]) < abs(matrix[$1][i]) }), abs(matrix[pivot][i]) > 0
      else {
        return nil
      }
      matrix.swapAt(i, pivot)
      for j in 0..<count where j != i {
        let factor = matrix[j][i] / matrix[i][i]
        for k in i...count { matrix[j][k] -= factor * matrix[i][k] }
      }
    }
    return (0..<count).map { matrix[$0][count] / matrix[$0][$0] }
  }
}
