extension WindowOperator {
  /// Bytes that the accumulators of a group take in memory, by the aggregate's number in the plan. Texts that they hold,
  /// and the group's keys, lie elsewhere.
  public func stateBytes(of aggregate: Int) -> Int {
    allGroupings.first { $0.index == aggregate }?.stateBytes ?? 0
  }
}
