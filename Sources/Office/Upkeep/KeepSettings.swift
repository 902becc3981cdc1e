/// How long the engine keeps what it writes down beside the results.
public struct KeepSettings: Sendable {
  /// After so many days segments of the ledger become those of a day; before that, after a day, those of an hour.
  public var ledgerDays: Int
  /// Dead letters, counted from when they were written.
  public var deadLetterDays: Int
  /// Alerts that are over, counted from their end.
  public var alertDays: Int

  public init(ledgerDays: Int = 7, deadLetterDays: Int = 365, alertDays: Int = 365) {
    self.ledgerDays = ledgerDays
    self.deadLetterDays = deadLetterDays
    self.alertDays = alertDays
  }
}
