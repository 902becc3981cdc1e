/// The order in which persons, auctions and bids come: of each fifty events the first is a person, three are auctions and
/// the other 46 are bids. Persons and auctions are numbered in the order in which they come, so that every event knows from
/// its own place which of them there are.
public enum NexmarkSequence {
  public static let personsEach: UInt64 = 1
  public static let auctionsEach: UInt64 = 3
  public static let bidsEach: UInt64 = 46
  /// Events of one person, its auctions and its bids.
  public static let round = personsEach + auctionsEach + bidsEach

  /// The place of person `index` among all events.
  static func place(ofPerson index: UInt64) -> UInt64 { index &* round }

  /// The place of auction `index` among all events.
  static func place(ofAuction index: UInt64) -> UInt64 {
    (index / auctionsEach) &* round &+ personsEach &+ index % auctionsEach
  }

  /// The place of bid `index` among all events.
  static func place(ofBid index: UInt64) -> UInt64 {
    (index / bidsEach) &* round &+ personsEach &+ auctionsEach &+ index % bidsEach
  }

  /// How many persons have come up to and with this place.
  static func persons(upTo place: UInt64) -> UInt64 { place / round &+ 1 }

  /// How many auctions have begun up to and with this place; none before the second event.
  static func auctions(upTo place: UInt64) -> UInt64 {
    let within = place % round
    return (place / round) &* auctionsEach &+ min(within, auctionsEach)
  }
}
