import Events
import Synthesis

/// One taxi trip that has ended. The texts are valid until its maker makes the next event.
public struct TripEvent {
  /// Unique within a run.
  public var tripID: TextView
  /// From 1 on.
  public var regionID: Int32
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  /// A multiple of a quarter, so that sums are exact.
  public var fare: Double
  public var durationSeconds: Int32
  /// Kilometres, a multiple of an eighth.
  public var distance: Double

  public static let form = EventForm(
    name: "Trip", doc: "One taxi trip, written when it ended.", timeText: .iso8601,
    fields: [
      .init("trip_id", .text, doc: "Identifier of the trip."),
      .init("region_id", .integer, doc: "Number of the region where it began."),
      .init("event_time", .time, doc: "When it ended: the event time."),
      .init("fare", .double, doc: "What the passenger paid."),
      .init("duration", .integer, doc: "Seconds from start to end."),
      .init("distance", .double, doc: "Kilometres driven."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .text(tripID)
    row[1] = .integer(Int64(regionID))
    row[2] = .time(timestampMilliseconds)
    row[3] = .double(fare)
    row[4] = .integer(Int64(durationSeconds))
    row[5] = .double(distance)
  }
}
