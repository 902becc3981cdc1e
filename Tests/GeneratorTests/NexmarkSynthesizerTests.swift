import Events
import Nexmark
import Synthesis
import Testing

@Suite struct NexmarkSynthesizerTests {
  private struct Bid: Equatable {
    var auction: Int64
    var bidder: Int64
    var price: Int64
    var channel: String
    var time: Int64
    var bytes: Int
  }

  private func synthesizer(seed: UInt64 = 7) -> NexmarkSynthesizer {
    NexmarkSynthesizer(run: SynthesisRun(seed: seed, beginningMilliseconds: newYear))
  }

  private func bids(seed: UInt64 = 7, from first: UInt64 = 0, count: UInt64 = 46_000) -> [Bid] {
    let synthesizer = synthesizer(seed: seed)
    return (first..<first + count).map { index in
      let bid = synthesizer.bid(index, timestampMilliseconds: newYear + Int64(index))
      return Bid(
        auction: bid.auction, bidder: bid.bidder, price: bid.price, channel: bid.channel.description,
        time: bid.timestampMilliseconds, bytes: bid.url.count + bid.extra.count)
    }
  }

  @Test("the same seed gives the same bids, whatever was made before; another seed gives others")
  func determinism() {
    let all = bids(count: 2_000)
    #expect(Array(all[1_000...]) == bids(from: 1_000, count: 1_000))
    #expect(bids(seed: 8, count: 2_000) != all)
  }

  @Test("a bid is for an auction that has begun, by a person who has come")
  func references() {
    for (index, bid) in bids().enumerated() {
      let round = Int64(index / 46)
      #expect((1_000...1_002 + round * 3).contains(bid.auction) && (1_000...1_000 + round).contains(bid.bidder))
      // The newest hundred auctions run; the favourite is one of the last hundred.
      #expect(bid.auction >= 1_002 + round * 3 - 101)
    }
  }

  @Test("half of the bids are for the favourite auction, three of four by the favourite bidder")
  func skew() {
    let bids = bids(from: 460_000, count: 46)
    let favourites = Dictionary(grouping: bids, by: \.auction).values.map(\.count).max() ?? 0
    let bidders = Dictionary(grouping: bids, by: \.bidder).values.map(\.count).max() ?? 0
    #expect((13...33).contains(favourites) && (26...43).contains(bidders))
    let many = self.bids(from: 460_000)
    let known = many.count { !$0.channel.hasPrefix("channel-") }
    #expect((0.48...0.52).contains(Double(known) / Double(many.count)))
  }

  @Test("prices are from 1 to a million dollars, each number of digits as frequent; a bid has some 100 bytes of text")
  func prices() {
    let bids = bids()
    #expect(bids.allSatisfy { (100...100_000_000).contains($0.price) && (70...110).contains($0.bytes) })
    for digits in 0..<6 {
      let bounds = [100.0, 1_000, 10_000, 100_000, 1e6, 1e7, 1e8]
      let share = Double(bids.count { (bounds[digits]..<bounds[digits + 1]).contains(Double($0.price)) }) / 46_000
      #expect((0.155...0.178).contains(share), "\(digits) digits")
    }
  }

  @Test("auctions are sold by persons who have come, and end after they began; persons have numbers of their own")
  func auctionsAndPersons() {
    let synthesizer = synthesizer()
    for index in 0..<3_000 as Range<UInt64> {
      let auction = synthesizer.auction(index, timestampMilliseconds: newYear)
      #expect(auction.id == 1_000 + Int64(index) && (10...14).contains(auction.category))
      #expect((1_000...1_000 + Int64(index / 3)).contains(auction.seller))
      #expect(auction.expiresMilliseconds > auction.timestampMilliseconds && auction.reserve > auction.initialBid)
      let person = synthesizer.person(index, timestampMilliseconds: newYear)
      #expect(person.id == 1_000 + Int64(index) && person.creditCard.count == 19)
      #expect(person.emailAddress.description.hasSuffix(".example") && person.name.description.contains(" "))
    }
  }

  @Test("a number far beyond any run is an event, too")
  func farAway() {
    let bid = synthesizer().bid(.max / 46, timestampMilliseconds: newYear)
    #expect(bid.auction > 0 && bid.bidder > 0)
  }
}
