import Plan
import Postgres

/// What evaluation asks of the database and tells it. Postgres', and one that a simulation makes up.
///
/// An error leaves open whether something was written; whoever has it loads anew.
package protocol AlertStore: AnyObject {
  /// How far alerts have come, and what they remember of their keys, by their names.
  ///
  /// - Parameter watermark: where an alert begins that has never been evaluated.
  func load(_ alerts: [AlertPlan], watermark: Int64) throws(PostgresError) -> [String: AlertJournal]

  /// The beginning of the first window that may end after a time, in microseconds since 1970; nil: there is none.
  func firstWindow(of alert: AlertPlan, after time: Int64) throws(PostgresError) -> Int64?

  /// Reads the windows that portions judge, in the order of their beginnings: those that close, and those before them that
  /// were written to lately. In one transaction.
  ///
  /// - Returns: for each portion, and when they were read, by the database's clock in microseconds since 1970.
  func read(_ portions: [Portion]) throws(PostgresError) -> (windows: [[ClosedWindow]], now: Int64?)

  /// How many events the panes of the watched aggregate hold that begin within a time, whatever their keys.
  func counts(of alert: AlertPlan, in time: Range<Int64>) throws(PostgresError) -> [Int64: Double]

  /// Why an alert is raised: a sentence; nil: nothing explains it.
  ///
  /// - Parameter key: nil: of several keys together.
  func cause(of alert: AlertPlan, key: String?, window: Range<Int64>) throws(PostgresError) -> String?

  /// Writes down what evaluation has come to, in one transaction.
  ///
  /// - Parameter portions: with their journals as they are afterwards; an outcome for each.
  func write(_ outcomes: [PortionOutcome], _ portions: [Portion]) throws(PostgresError)

  /// Ends what goes on about alerts of other names.
  func retire(allBut names: [String]) throws(PostgresError)
}
