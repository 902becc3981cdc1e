/// A table of reference data that aggregates of a load are joined with.
struct JoinedTable {
  var name: String
  /// The file in `sql/references/`.
  var declaration: String
  /// Makes and fills it, before anything is sent.
  var statements: String
  /// Changes it while processors run, as often as one likes; what it says of the events that are sent stays.
  var change: String
  /// A relation with the rows that are valid for an event, beside the relation of events.
  var valid: String
}
