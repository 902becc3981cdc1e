import Events
import Glibc
import Synthesis

/// Makes up the persons, auctions and bids of the Nexmark benchmark (Tucker, Tufte, Papadimos, Maier: "NEXMark – A Benchmark
/// for Queries over Data Streams"), with the proportions and the skew that its later editions for stream processors publish.
///
/// Person, auction and bid `index` are each a function of the seed, the index and its time alone. They are made apart, and
/// belong together by `NexmarkSequence`: a bid is for an auction that has begun, by a person who has come. To be used on one
/// thread.
public final class NexmarkSynthesizer {
  /// Numbers of persons and of auctions begin here.
  public static let firstNumber: UInt64 = 1_000
  /// Of the newest persons so many are still there.
  static let activePersons: UInt64 = 1_000
  /// Of the newest auctions so many still run.
  static let runningAuctions: UInt64 = 100
  /// Every so many-th auction and person is a favourite until the next one comes.
  static let favouriteEvery: UInt64 = 100
  /// One of two bids is for the favourite auction; of four bids three are by the favourite bidder, of four auctions three
  /// are by the favourite seller.
  private static let coldBidsOneOf: UInt64 = 2
  private static let coldBiddersOneOf: UInt64 = 4
  private static let coldSellersOneOf: UInt64 = 4
  /// Half of the bids come by one of the well-known channels, the others by one of these many.
  private static let channels: UInt64 = 10_000
  private static let firstCategory: UInt64 = 10
  private static let categories: UInt64 = 5

  public let run: SynthesisRun

  private let known: [TextView]
  private let firstNames: [TextView]
  private let lastNames: [TextView]
  private let cities: [TextView]
  private let states: [TextView]
  private var texts: TextArena
  private let pad = TextPad(capacity: 2_048)

  public init(run: SynthesisRun) {
    self.run = run
    var texts = TextArena()
    known = ["Apple", "Google", "Facebook", "Baidu"].map { texts.append($0) }
    firstNames = [
      "Ada", "Bela", "Carla", "David", "Emil", "Fatma", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luis",
    ].map { texts.append($0) }
    lastNames = ["Abel", "Brandt", "Costa", "Dorn", "Engel", "Fischer", "Grau", "Horn", "Ivens"].map {
      texts.append($0)
    }
    cities = [
      "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent",
    ].map { texts.append($0) }
    states = ["AZ", "CA", "ID", "OR", "WA", "WY"].map { texts.append($0) }
    self.texts = texts
  }

  /// Person `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC). Valid until the next call.
  public func person(_ index: UInt64, timestampMilliseconds: Int64) -> NexmarkPerson {
    var random = numbers(ofEvent: NexmarkSequence.place(ofPerson: index))
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let (first, last) = (pick(firstNames, &random), pick(lastNames, &random))
    pad.clear()
    pad.append(first)
    pad.append(" ")
    pad.append(last)
    let name = pad.cut()
    pad.append(letters: 7) { random.next() }
    pad.append("@")
    pad.append(letters: 5) { random.next() }
    pad.append(".example")
    let emailAddress = pad.cut()
    for group in 0..<4 {
      if group > 0 { pad.append(" ") }
      pad.append(random.next(below: 10_000), digits: 4)
    }
    let creditCard = pad.cut()
    let (city, state) = (pick(cities, &random), pick(states, &random))
    return NexmarkPerson(
      id: Int64(clamping: Self.firstNumber &+ index), name: name, emailAddress: emailAddress, creditCard: creditCard,
      city: city, state: state, timestampMilliseconds: timestamp, extra: filling(104, &random))
  }

  /// Auction `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC). Valid until the next call.
  public func auction(_ index: UInt64, timestampMilliseconds: Int64) -> NexmarkAuction {
    let place = NexmarkSequence.place(ofAuction: index)
    var random = numbers(ofEvent: place)
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let initialBid = price(&random)
    let reserve = initialBid + price(&random)
    let seller = person(at: place, coldOneOf: Self.coldSellersOneOf, favourite: 0, &random)
    let category = Self.firstCategory + random.next(below: Self.categories)
    let lasts = 1_000 + Int64(random.next(below: 20_000))
    pad.clear()
    pad.append(letters: 12 + Int(random.next(below: 8))) { random.next() }
    let itemName = pad.cut()
    pad.append(letters: 60 + Int(random.next(below: 80))) { random.next() }
    let description = pad.cut()
    return NexmarkAuction(
      id: Int64(clamping: Self.firstNumber &+ index), itemName: itemName, description: description,
      initialBid: initialBid, reserve: reserve, timestampMilliseconds: timestamp,
      expiresMilliseconds: timestamp + lasts, seller: seller, category: Int64(category), extra: filling(312, &random))
  }

  /// Bid `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC). Valid until the next call.
  public func bid(_ index: UInt64, timestampMilliseconds: Int64) -> NexmarkBid {
    let place = NexmarkSequence.place(ofBid: index)
    var random = numbers(ofEvent: place)
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let auction = auction(at: place, &random)
    let bidder = person(at: place, coldOneOf: Self.coldBiddersOneOf, favourite: 1, &random)
    let price = price(&random)
    pad.clear()
    let channel: TextView
    let number: UInt64
    if random.next(below: 2) == 0 {
      number = random.next(below: UInt64(known.count))
      channel = known[Int(number)]
    } else {
      number = random.next(below: Self.channels)
      pad.append("channel-")
      pad.append(number)
      channel = pad.cut()
    }
    pad.append("https://auctions.example/item.htm?query=")
    pad.append(RandomNumbers.mix(number) % 1_000_000, digits: 6)
    let url = pad.cut()
    return NexmarkBid(
      auction: auction, bidder: bidder, price: price, channel: channel, url: url, timestampMilliseconds: timestamp,
      extra: filling(40, &random))
  }

  private func numbers(ofEvent place: UInt64) -> RandomNumbers {
    RandomNumbers(seed: run.seed, index: place)
  }

  private func pick(_ texts: [TextView], _ random: inout RandomNumbers) -> TextView {
    texts[Int(random.next(below: UInt64(texts.count)))]
  }

  /// From 1 to a million dollars in cents, each number of digits as frequent as the others.
  private func price(_ random: inout RandomNumbers) -> Int64 {
    Int64((pow(10, random.nextFraction() * 6) * 100).rounded())
  }

  /// The favourite auction, or one of those that run.
  private func auction(at place: UInt64, _ random: inout RandomNumbers) -> Int64 {
    let newest = max(1, NexmarkSequence.auctions(upTo: place)) - 1
    let isCold = random.next(below: Self.coldBidsOneOf) == 0
    let back = random.next(below: min(newest + 1, Self.runningAuctions))
    let chosen = isCold ? newest - back : newest / Self.favouriteEvery * Self.favouriteEvery
    return Int64(clamping: Self.firstNumber &+ chosen)
  }

  /// A favourite person, or one of those that are there. Bidders and sellers have favourites of their own.
  private func person(
    at place: UInt64, coldOneOf: UInt64, favourite: UInt64, _ random: inout RandomNumbers
  ) -> Int64 {
    let newest = NexmarkSequence.persons(upTo: place) - 1
    let isCold = random.next(below: coldOneOf) == 0
    let back = random.next(below: min(newest + 1, Self.activePersons))
    let hot = min(newest, newest / Self.favouriteEvery * Self.favouriteEvery + favourite)
    return Int64(clamping: Self.firstNumber &+ (isCold ? newest - back : hot))
  }

  /// Letters, from four fifths to six fifths of `length`.
  private func filling(_ length: Int, _ random: inout RandomNumbers) -> TextView {
    let spread = UInt64(length * 2 / 5)
    pad.append(letters: length * 4 / 5 + Int(random.next(below: spread + 1))) { random.next() }
    return pad.cut()
  }
}
