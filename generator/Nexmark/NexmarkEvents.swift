import Events
import Synthesis

/// Somebody who has registered. The texts are valid until their maker makes the next event.
public struct NexmarkPerson {
  public var id: Int64
  public var name: TextView
  public var emailAddress: TextView
  public var creditCard: TextView
  public var city: TextView
  public var state: TextView
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  public var extra: TextView

  public static let form = EventForm(
    name: "Person", doc: "Somebody who registers at the auction house.", timeText: .iso8601,
    fields: [
      .init("id", .bigint, doc: "Number of the person."),
      .init("name", .text, doc: "First and last name."),
      .init("email_address", .text, doc: "Address for letters."),
      .init("credit_card", .text, doc: "Four groups of four digits, made up."),
      .init("city", .text, doc: "Where the person lives."),
      .init("state", .text, doc: "In which state that is."),
      .init("date_time", .time, doc: "When it happened: the event time."),
      .init("extra", .text, doc: "Filling, so that persons have some 200 bytes."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .integer(id)
    row[1] = .text(name)
    row[2] = .text(emailAddress)
    row[3] = .text(creditCard)
    row[4] = .text(city)
    row[5] = .text(state)
    row[6] = .time(timestampMilliseconds)
    row[7] = .text(extra)
  }
}

/// Something that is put up for sale. The texts are valid until their maker makes the next event.
public struct NexmarkAuction {
  public var id: Int64
  public var itemName: TextView
  public var description: TextView
  /// In cents.
  public var initialBid: Int64
  /// In cents; below it nothing is sold.
  public var reserve: Int64
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  /// When the auction ends, in milliseconds since 1970 UTC.
  public var expiresMilliseconds: Int64
  /// The person who sells.
  public var seller: Int64
  public var category: Int64
  public var extra: TextView

  public static let form = EventForm(
    name: "Auction", doc: "Something that is put up for sale.", timeText: .iso8601,
    fields: [
      .init("id", .bigint, doc: "Number of the auction."),
      .init("item_name", .text, doc: "What is sold."),
      .init("description", .text, doc: "More about it."),
      .init("initial_bid", .bigint, doc: "Where bids begin, in cents."),
      .init("reserve", .bigint, doc: "Below this nothing is sold, in cents."),
      .init("date_time", .time, doc: "When it was put up: the event time."),
      .init("expires", .time, doc: "When the auction ends."),
      .init("seller", .bigint, doc: "The person who sells."),
      .init("category", .bigint, doc: "Number of the category."),
      .init("extra", .text, doc: "Filling, so that auctions have some 500 bytes."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .integer(id)
    row[1] = .text(itemName)
    row[2] = .text(description)
    row[3] = .integer(initialBid)
    row[4] = .integer(reserve)
    row[5] = .time(timestampMilliseconds)
    row[6] = .time(expiresMilliseconds)
    row[7] = .integer(seller)
    row[8] = .integer(category)
    row[9] = .text(extra)
  }
}

/// What somebody offers for something. The texts are valid until their maker makes the next event.
public struct NexmarkBid {
  public var auction: Int64
  /// The person who bids.
  public var bidder: Int64
  /// In cents.
  public var price: Int64
  public var channel: TextView
  public var url: TextView
  /// Event time in milliseconds since 1970 UTC.
  public var timestampMilliseconds: Int64
  public var extra: TextView

  public static let form = EventForm(
    name: "Bid", doc: "What somebody offers for something.", timeText: .iso8601,
    fields: [
      .init("auction", .bigint, doc: "The auction."),
      .init("bidder", .bigint, doc: "The person who bids."),
      .init("price", .bigint, doc: "What is offered, in cents."),
      .init("channel", .text, doc: "How the bidder came."),
      .init("url", .text, doc: "From which page."),
      .init("date_time", .time, doc: "When it happened: the event time."),
      .init("extra", .text, doc: "Filling, so that bids have some 100 bytes beside the url."),
    ])

  /// Puts the event's values into a row of the form.
  public func write(into row: EventRow) {
    row[0] = .integer(auction)
    row[1] = .integer(bidder)
    row[2] = .integer(price)
    row[3] = .text(channel)
    row[4] = .text(url)
    row[5] = .time(timestampMilliseconds)
    row[6] = .text(extra)
  }
}
