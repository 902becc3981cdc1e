import Events
import Synthesis

/// What happens in a live stream; the raw value is what the event says.
public enum StreamActivity: String, Sendable, CaseIterable {
  /// Somebody watches.
  case view
  /// Somebody writes a message.
  case chat
  case donation

  /// The raw value in memory that lives as long as the program.
  public var text: TextView {
    switch self {
    case .view: TextView("view")
    case .chat: TextView("chat")
    case .donation: TextView("donation")
    }
  }
}

/// One event of a live stream. The texts are valid until its maker makes the next event.
public struct DonationEvent {
  /// A UUID.
  public var eventID: TextView
  public var streamID: TextView
  public var activity: StreamActivity
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  public var userID: TextView
  /// How many watch the stream then.
  public var viewers: Int32
  /// Of a chat message, and of some donations.
  public var message: TextView?
  /// Of a donation: US dollars, a multiple of a quarter, so that sums are exact.
  public var amount: Double?

  public static let form = EventForm(
    name: "StreamEvent", doc: "Something that a viewer of a live stream does.", timeText: .iso8601,
    fields: [
      .init("event_id", .text, doc: "UUID of the event."),
      .init("stream_id", .text, doc: "The live stream."),
      .init("type", .text, doc: "view, chat or donation."),
      .init("timestamp", .time, doc: "When it happened: the event time."),
      .init("user_id", .text, doc: "Who did it."),
      .init("viewers", .integer, doc: "How many watched the stream then."),
      .init("message", .text, isNullable: true, doc: "What was written."),
      .init(
        "amount_usd", .double, isNullable: true, doc: "What was donated, in US dollars; null unless type is donation."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .text(eventID)
    row[1] = .text(streamID)
    row[2] = .text(activity.text)
    row[3] = .time(timestampMilliseconds)
    row[4] = .text(userID)
    row[5] = .integer(Int64(viewers))
    row[6] = message.map { .text($0) } ?? .null
    row[7] = amount.map { .double($0) } ?? .null
  }
}
