import Events
import Synthesis

/// What synthetic downloads look like.
public struct SynthesisSettings: Sendable {
  public var seed: UInt64
  public var titles: Int
  public var regions: Int
  public var users: Int
  /// Share of all downloads that fail where no incident says otherwise; regions differ.
  public var errorRate: Double
  /// No more than this share of a region's downloads within a minute of event time, counted from its beginning, fails
  /// where no incident says otherwise; nil: as chance has it. With a limit an event depends on those before it.
  public var failureLimit: Double?
  /// Share of downloads at a tenth of the usual speed.
  public var slowShare: Double
  public var cancelledShare: Double
  public var outOfOrder: OutOfOrder?
  public var incidents: [Incident]
  /// The run's first event time: what an incident's relative start counts from. Milliseconds since 1970 UTC.
  public var beginningMilliseconds: Int64

  public init(
    seed: UInt64, titles: Int = 250, regions: Int = 24, users: Int = 100_000, errorRate: Double = 0.08,
    failureLimit: Double? = nil, slowShare: Double = 0.02, cancelledShare: Double = 0.005,
    outOfOrder: OutOfOrder? = nil,
    incidents: [Incident] = [], beginningMilliseconds: Int64
  ) {
    self.seed = seed
    self.titles = titles
    self.regions = regions
    self.users = users
    self.errorRate = errorRate
    self.failureLimit = failureLimit
    self.slowShare = slowShare
    self.cancelledShare = cancelledShare
    self.outOfOrder = outOfOrder
    self.incidents = incidents
    self.beginningMilliseconds = beginningMilliseconds
  }
}

/// Makes up download events: event `index` of a run is a function of the settings, the index and its time alone, unless
/// the settings limit the failures or incidents are staged later.
///
/// Sizes and speeds are multiples of small powers of two: sums of them are exact, so totals can be compared with `=`
/// whatever the order in which they were added. To be used on one thread.
public final class DownloadSynthesizer {
  public let settings: SynthesisSettings
  public let catalogue: Catalogue
  public let regions: Regions
  public let devices: [Device]

  private var texts: TextArena
  private let errors: [DownloadError]
  private let deviceChoice: WeightedChoice
  private let errorChoice: WeightedChoice
  /// The rate of failures that each brings to its region.
  private var incidents: Stage<Double>
  private var limit: FailureLimit?
  /// By region.
  private let failureShares: [Double]
  private let eventID: UnsafeMutablePointer<UInt8>
  private let userID: UnsafeMutablePointer<UInt8>

  /// Fails when an incident names a region that the run does not have.
  public init(settings: SynthesisSettings) throws(SettingError) {
    self.settings = settings
    var texts = TextArena()
    catalogue = Catalogue(count: settings.titles, texts: &texts)
    let regions = Regions(count: settings.regions, texts: &texts)
    self.regions = regions
    failureShares = regions.failureShares(overall: settings.errorRate)
    self.texts = texts
    devices = Device.all
    deviceChoice = WeightedChoice(weights: devices.map(\.weight))
    errors = DownloadError.usual
    errorChoice = WeightedChoice(weights: errors.map(\.weight))
    limit = settings.failureLimit.map { FailureLimit(share: $0, regions: settings.regions) }
    incidents = Stage(targets: settings.regions)
    eventID = .allocate(capacity: uuidLength)
    userID = .allocate(capacity: uuidLength)
    for incident in settings.incidents { try stage(incident) }
  }

  deinit {
    eventID.deallocate()
    userID.deallocate()
  }

  /// Adds an incident to those of the settings. Fails when it names a region that the run does not have.
  public func stage(_ incident: Incident) throws(SettingError) {
    guard let region = regions.all.firstIndex(where: { $0.name.description == incident.region }) else {
      let known = regions.all.map(\.name.description).joined(separator: ", ")
      throw SettingError("there is no region “\(incident.region)” for an incident; there are \(known)")
    }
    let times = incident.span(beginning: settings.beginningMilliseconds)
    incidents.add(incident.errorRate, to: region, during: times)
  }

  /// Forgets the incidents that were over at this time, in milliseconds since 1970 UTC.
  public func forgetIncidents(before milliseconds: Int64) {
    incidents.forget(before: milliseconds)
  }

  /// Event `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC). Valid until the next call.
  public func event(_ index: UInt64, timestampMilliseconds: Int64) -> DownloadEvent {
    var random = RandomNumbers(seed: settings.seed, index: index)
    writeUUID(high: random.next(), low: random.next(), version: 4, into: eventID)
    let title = catalogue.all[catalogue.choice.pick(random.next())]
    let user = random.next(below: UInt64(settings.users))
    // A user stays in one place and keeps one device and one id.
    var home = RandomNumbers(seed: settings.seed ^ 0x7573_6572, index: user)
    let place = regions.choice.pick(home.next())
    let device = devices[deviceChoice.pick(home.next())]
    writeUUID(high: home.next(), low: home.next(), version: 4, into: userID)
    let lateness = random.next()
    let timestamp = timestampMilliseconds - (settings.outOfOrder?.lateness(lateness) ?? 0)
    let outcome = outcome(random.nextFraction(), region: place, timestamp: timestamp, errorBits: random.next())
    let region = regions.all[place]
    let variation = 0.5 + random.nextFraction()
    let speed = steps(region.speedMbps * device.speedFactor * variation * outcome.speedFactor)
    let whole = title.sizeGB * 8000 / speed
    let part = outcome.status == .success ? 1 : random.nextFraction()
    return DownloadEvent(
      eventID: TextView(start: eventID, count: uuidLength), timestampMilliseconds: timestamp,
      contentID: title.contentID, title: title.title, contentType: title.type, sizeGB: title.sizeGB,
      userID: TextView(start: userID, count: uuidLength), region: region.name, deviceType: device.type,
      osVersion: device.osVersion,
      status: outcome.status, durationSeconds: Int32(min(max(1, whole * part), 86_400)), speedMbps: speed,
      errorCode: outcome.errorCode)
  }

  private struct Outcome {
    var status: DownloadStatus
    var speedFactor = 1.0
    var errorCode: TextView?
  }

  /// `fraction` decides alone, failures at its lower end, so that an incident changes only the events it makes fail.
  private func outcome(_ fraction: Double, region: Int, timestamp: Int64, errorBits: UInt64) -> Outcome {
    let mayFail = limit?.mayFail(region: region, timestampMilliseconds: timestamp) ?? true
    if fraction < failureShares[region], mayFail {
      limit?.didFail(region: region)
      return Outcome(status: .failed, speedFactor: 0.5, errorCode: errors[errorChoice.pick(errorBits)].code)
    }
    if incidents.first(of: region, at: timestamp, where: { fraction < $0 }) != nil {
      return Outcome(status: .failed, speedFactor: 0.125, errorCode: DownloadError.incidentCode)
    }
    let last = 1 - settings.cancelledShare
    if fraction >= last { return Outcome(status: .cancelled) }
    return Outcome(status: .success, speedFactor: fraction >= last - settings.slowShare ? 0.1 : 1)
  }

  /// Down to a multiple of 2^-4, at least one.
  private func steps(_ speed: Double) -> Double {
    Double(max(1, Int(speed * 16))) / 16
  }
}
