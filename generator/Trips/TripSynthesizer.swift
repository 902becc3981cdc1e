import Events
import Synthesis

/// Makes up taxi trips: trip `index` of a run is a function of the settings, the index and its time alone.
///
/// Regions differ in traffic, prices and streets, and each lives by its own clock: in the rush hours it has more trips,
/// which take longer and cost more. To be used on one thread.
public final class TripSynthesizer {
  public static let maximumRegions = 10_000

  public let run: SynthesisRun
  public let regions: Int

  /// A region's streets and prices.
  private struct Region {
    var zoneHours: Int
    var kilometresPerHour: Double
    var price: Double
  }

  private let places: [Region]
  private let choice: RhythmicChoice
  private let rhythm = DailyRhythm.commute
  private var incidents: Stage<TripIncident>
  private let tripID: UnsafeMutablePointer<UInt8>

  private static let idPrefix: StaticString = "trip_"
  private static let idCount = 5 + 16
  /// Most trips are short; in kilometres.
  private static let distances = Quantiles([1, 3.2, 4.7, 6.2, 7.9, 9.8, 12, 14.8, 18, 22, 27, 38])
  private static let boardingSeconds = 150.0

  /// Fails when an incident names a region that the run does not have, or an effect that there is not.
  ///
  /// - Parameter regions: 1 to `maximumRegions`; the first has most trips.
  public init(run: SynthesisRun, regions: Int = 8) throws(SettingError) {
    precondition((1...Self.maximumRegions).contains(regions), "1 to \(Self.maximumRegions) regions")
    self.run = run
    self.regions = regions
    places = (0..<regions).map(Self.region)
    choice = RhythmicChoice(
      weights: WeightedChoice.zipfWeights(count: regions, flatness: 3), zoneHours: places.map(\.zoneHours),
      rhythm: rhythm)
    incidents = Stage(targets: regions)
    for spec in run.incidents {
      guard let number = Int(spec.target), (1...regions).contains(number) else {
        throw SettingError("there is no region “\(spec.target)” for an incident; there are 1 to \(regions)")
      }
      incidents.add(
        try TripIncident(spec), to: number - 1, during: spec.span(beginning: run.beginningMilliseconds))
    }
    tripID = .allocate(capacity: Self.idCount)
  }

  deinit {
    tripID.deallocate()
  }

  /// The same for every run.
  private static func region(_ index: Int) -> Region {
    var random = RandomNumbers(seed: 0x7472_6970, index: UInt64(index))
    // From one region to the next some hours further around the world.
    let zoneHours = (index * 5 + 11) % 24 - 11
    return Region(
      zoneHours: zoneHours, kilometresPerHour: 24 + 16 * random.nextFraction(), price: 0.8 + 0.5 * random.nextFraction()
    )
  }

  /// Trip `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC); nil when it is one of those
  /// that an incident makes vanish. Valid until the next call.
  public func event(_ index: UInt64, timestampMilliseconds: Int64) -> TripEvent? {
    var random = RandomNumbers(seed: run.seed, index: index)
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let (vanishing, length) = (random.nextFraction(), random.nextFraction())
    let (pace, haggling) = (0.85 + 0.3 * random.nextFraction(), 0.95 + 0.1 * random.nextFraction())
    // Last, because it takes as many numbers as it needs.
    let place = choice.pick(&random, at: timestamp)
    if isMissing(place, at: timestamp, fraction: vanishing) { return nil }
    let region = places[place]
    let traffic = rhythm.factor(at: timestamp, zoneHours: region.zoneHours)
    let distance = eighths(Self.distances.value(length))
    let speed = region.kilometresPerHour * pace / (0.7 + 0.3 * traffic)
    let seconds = Self.boardingSeconds + distance / speed * 3600
    let metered = 3 + 1.6 * distance + 0.3 * seconds / 60
    let fare = metered * region.price * haggling * max(1, 0.6 + 0.3 * traffic) * surge(place, at: timestamp)
    writeID(index)
    return TripEvent(
      tripID: TextView(start: tripID, count: Self.idCount), regionID: Int32(place + 1),
      timestampMilliseconds: timestamp, fare: (fare * 4).rounded() / 4,
      durationSeconds: Int32(seconds), distance: distance)
  }

  private func isMissing(_ place: Int, at timestamp: Int64, fraction: Double) -> Bool {
    incidents.first(of: place, at: timestamp) { incident in
      if case .vanish(let share) = incident { fraction < share } else { false }
    } != nil
  }

  private func surge(_ place: Int, at timestamp: Int64) -> Double {
    let incident = incidents.first(of: place, at: timestamp) { incident in
      if case .surge = incident { true } else { false }
    }
    guard case .surge(let factor)? = incident?.effect else { return 1 }
    return factor
  }

  private func eighths(_ kilometres: Double) -> Double {
    (kilometres * 8).rounded() / 8
  }

  /// 64 bits that no other trip of the run has: the index, mixed by a bijection.
  private func writeID(_ index: UInt64) {
    let number = RandomNumbers.mix(index ^ RandomNumbers.mix(run.seed))
    tripID.update(from: Self.idPrefix.utf8Start, count: Self.idPrefix.utf8CodeUnitCount)
    writeHexadecimal(number, into: tripID + Self.idPrefix.utf8CodeUnitCount)
  }
}
