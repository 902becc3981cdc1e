import Events
import Synthesis

/// Makes up what happens in live streams: event `index` of a run is a function of the settings, the index and its time
/// alone.
///
/// A few streams have most of the viewers, and each has its evening by its own clock. To be used on one thread.
public final class DonationSynthesizer {
  public static let maximumStreams = 100_000

  public let run: SynthesisRun
  public let streams: Int
  public let users: Int

  private struct Stream {
    var id: TextView
    var zoneHours: Int
    /// Viewers in the mean of a day.
    var viewers: Double
    /// Of all events those that it has in the mean.
    var share: Double
  }

  private let all: [Stream]
  private let choice: RhythmicChoice
  private let rhythm = DailyRhythm.leisure
  private let messages: [TextView]
  private let greetings: [TextView]
  private let messageChoice: WeightedChoice
  private let amountChoice = WeightedChoice(weights: Chat.amounts.map(\.weight))
  private let donationShare: Double
  private var texts: TextArena
  private var incidents: Stage<DonationIncident>
  /// The streams that are raided at some time, each once.
  private var raided: [Int] = []
  private let eventID: UnsafeMutablePointer<UInt8>
  private let userID: UnsafeMutablePointer<UInt8>

  private static let userPrefix: StaticString = "user_"
  private static let userDigits = 10
  /// Of what is no donation, messages.
  private static let chatShare = 0.35
  /// Viewers of the largest stream, in the mean of a day.
  private static let mostViewers = 20_000.0
  private static let wanderingMilliseconds: Int64 = 300_000

  /// Fails when an incident names a stream that the run does not have, or an effect that there is not.
  ///
  /// - Parameter donationShare: of all events, from 0 to 1.
  public init(
    run: SynthesisRun, streams: Int = 50, users: Int = 100_000, donationShare: Double = 0.03
  ) throws(SettingError) {
    precondition((1...Self.maximumStreams).contains(streams), "1 to \(Self.maximumStreams) streams")
    self.run = run
    self.streams = streams
    self.users = users
    self.donationShare = donationShare
    var texts = TextArena()
    let weights = WeightedChoice.zipfWeights(count: streams, flatness: 2)
    let total = weights.reduce(0, +)
    let all = weights.enumerated().map { index, weight in
      let number = String(index + 1)
      return Stream(
        id: texts.append("stream_" + String(repeating: "0", count: max(0, 3 - number.count)) + number),
        zoneHours: (index * 7 + 11) % 24 - 11, viewers: Self.mostViewers * weight / weights[0], share: weight / total)
    }
    self.all = all
    choice = RhythmicChoice(weights: weights, zoneHours: all.map(\.zoneHours), rhythm: rhythm)
    messages = Chat.messages.map { texts.append($0) }
    greetings = Chat.greetings.map { texts.append($0) }
    messageChoice = .zipf(count: Chat.messages.count, flatness: 2)
    self.texts = texts
    incidents = Stage(targets: streams)
    eventID = .allocate(capacity: uuidLength)
    userID = .allocate(capacity: Self.userPrefix.utf8CodeUnitCount + Self.userDigits)
    for spec in run.incidents {
      guard let stream = all.firstIndex(where: { $0.id.description == spec.target }) else {
        throw SettingError(
          "there is no stream “\(spec.target)” for an incident; there are \(all[0].id.description) to "
            + "\(all[streams - 1].id.description)")
      }
      let incident = try DonationIncident(spec)
      incidents.add(incident, to: stream, during: spec.span(beginning: run.beginningMilliseconds))
      if case .raid = incident, !raided.contains(stream) { raided.append(stream) }
    }
  }

  deinit {
    eventID.deallocate()
    userID.deallocate()
  }

  /// Event `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC). Valid until the next call.
  public func event(_ index: UInt64, timestampMilliseconds: Int64) -> DonationEvent {
    var random = RandomNumbers(seed: run.seed, index: index)
    writeUUID(high: random.next(), low: random.next(), version: 4, into: eventID)
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let (origin, doing, mood) = (random.nextFraction(), random.nextFraction(), random.nextFraction())
    let (what, amount) = (random.next(), random.next())
    let userCount = writeUser(random.next(below: UInt64(users)))
    // Last, because it takes as many numbers as it needs.
    let usual = choice.pick(&random, at: timestamp)
    let stream = raid(at: timestamp, fraction: origin) ?? usual
    let activity = activity(stream, at: timestamp, fraction: doing)
    let message: TextView? =
      switch activity {
      case .view: nil
      case .chat: messages[messageChoice.pick(what)]
      // Half of them without a word.
      case .donation: mood < 0.5 ? greetings[Int(what % UInt64(greetings.count))] : nil
      }
    return DonationEvent(
      eventID: TextView(start: eventID, count: uuidLength), streamID: all[stream].id, activity: activity,
      timestampMilliseconds: timestamp, userID: TextView(start: userID, count: userCount),
      viewers: viewers(stream, at: timestamp), message: message,
      amount: activity == .donation ? Chat.amounts[amountChoice.pick(amount)].dollars : nil)
  }

  /// The raided stream, when the event is one of those that a raid brings in addition: so only those are other events
  /// than without it.
  private func raid(at timestamp: Int64, fraction: Double) -> Int? {
    var brought = 0.0
    for stream in raided { brought += all[stream].share * (growth(stream, at: timestamp) - 1) }
    var place = fraction * (1 + brought)
    for stream in raided {
      let events = all[stream].share * (growth(stream, at: timestamp) - 1)
      if place < events { return stream }
      place -= events
    }
    return nil
  }

  /// So many times as many watch the stream as without a raid.
  private func growth(_ stream: Int, at timestamp: Int64) -> Double {
    let raid = incidents.first(of: stream, at: timestamp) { incident in
      if case .raid = incident { true } else { false }
    }
    guard let raid, case .raid(let factor) = raid.effect else { return 1 }
    return faded(factor, progress: raid.progress(at: timestamp))
  }

  /// `fraction` decides alone, donations at its lower end.
  private func activity(_ stream: Int, at timestamp: Int64, fraction: Double) -> StreamActivity {
    let spike = incidents.first(of: stream, at: timestamp) { incident in
      if case .spike = incident { true } else { false }
    }
    var share = donationShare
    if case .spike(let factor)? = spike?.effect { share = min(1, share * factor) }
    if fraction < share { return .donation }
    return fraction < share + (1 - share) * Self.chatShare ? .chat : .view
  }

  private func viewers(_ stream: Int, at timestamp: Int64) -> Int32 {
    let daily = rhythm.factor(at: timestamp, zoneHours: all[stream].zoneHours)
    var random = RandomNumbers(
      seed: run.seed ^ UInt64(stream) << 40, index: UInt64(bitPattern: timestamp / Self.wanderingMilliseconds))
    let steady = all[stream].viewers * daily * (0.9 + 0.2 * random.nextFraction())
    let viewers = steady * growth(stream, at: timestamp)
    return Int32(min(max(1, viewers), 1e9))
  }

  /// Writes the user's id and returns how many bytes it has.
  private func writeUser(_ number: UInt64) -> Int {
    let prefix = Self.userPrefix.utf8CodeUnitCount
    userID.update(from: Self.userPrefix.utf8Start, count: prefix)
    var rest = number
    for digit in stride(from: Self.userDigits - 1, through: 0, by: -1) {
      userID[prefix + digit] = 0x30 + UInt8(rest % 10)
      rest /= 10
    }
    return prefix + Self.userDigits
  }
}
