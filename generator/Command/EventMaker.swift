import Configuration
import Donations
import Downloads
import Metrics
import Nexmark
import Requests
import Synthesis
import Trips

/// Where made-up events come from.
enum EventMaker {
  case downloads(DownloadSynthesizer)
  case demo(DemoLoad)
  case trips(TripSynthesizer)
  case metrics(MetricSynthesizer)
  case donations(DonationSynthesizer)
  case requests(RequestSynthesizer)
  case persons(NexmarkSynthesizer)
  case auctions(NexmarkSynthesizer)
  case bids(NexmarkSynthesizer)

  /// Made from the options of the kind's own.
  init(_ kind: EventKind, _ command: ParsedCommand, _ run: SynthesisRun) throws {
    do {
      switch kind {
      case .downloads: self = try Self.downloads(command, run)
      case .trips:
        let regions = try command.integer("regions", in: 1...TripSynthesizer.maximumRegions) ?? 8
        self = .trips(try TripSynthesizer(run: run, regions: regions))
      case .metrics:
        let hosts = try command.integer("hosts", in: 1...MetricSynthesizer.maximumHosts) ?? 12
        self = .metrics(try MetricSynthesizer(run: run, hosts: hosts))
      case .donations:
        let streams = try command.integer("streams", in: 1...DonationSynthesizer.maximumStreams) ?? 50
        let users = try command.integer("users", in: 1...1_000_000_000) ?? 100_000
        let share = try command.setting("donation-rate", parseShare) ?? 0.03
        self = .donations(
          try DonationSynthesizer(run: run, streams: streams, users: users, donationShare: share))
      case .requests:
        let clients = try command.integer("clients", in: 1...RequestSynthesizer.maximumClients) ?? 2_000
        self = .requests(try RequestSynthesizer(run: run, clients: clients))
      case .persons: self = .persons(NexmarkSynthesizer(run: run))
      case .auctions: self = .auctions(NexmarkSynthesizer(run: run))
      case .bids: self = .bids(NexmarkSynthesizer(run: run))
      }
    } catch let error as SettingError {
      throw command.error("--incident: \(error)")
    }
  }

  private static func downloads(_ command: ParsedCommand, _ run: SynthesisRun) throws -> EventMaker {
    let isDemo = command.flag("demo")
    var settings = SynthesisSettings(
      seed: run.seed,
      titles: try command.integer("titles", in: 1...Catalogue.limit) ?? 250,
      regions: try command.integer("regions", in: 1...Regions.limit) ?? 24,
      users: try command.integer("users", in: 1...1_000_000_000) ?? 100_000,
      outOfOrder: run.outOfOrder, incidents: try run.incidents.map { try Incident($0) },
      beginningMilliseconds: run.beginningMilliseconds)
    if isDemo { settings.errorRate = DemoLoad.errorRate }
    if let errorRate = try command.setting("error-rate", parseShare) { settings.errorRate = errorRate }
    return isDemo
      ? .demo(try DemoLoad(settings: settings)) : .downloads(try DownloadSynthesizer(settings: settings))
  }

  /// Writes event `index`, whose turn is at this time (milliseconds since 1970 UTC), into a row of the kind's form; its
  /// texts are valid until the next call.
  ///
  /// - Parameter report: is told what a person should know.
  /// - Returns: whether there is one: an incident may make it vanish.
  func make(
    _ index: UInt64, timestampMilliseconds: Int64, into row: EventRow, report: (String) -> Void
  ) throws -> Bool {
    switch self {
    case .downloads(let synthesizer):
      synthesizer.event(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    case .demo(let load):
      if let incident = try load.stageIncident(by: timestampMilliseconds) {
        report("\(timeOfDay(timestampMilliseconds)) staged: \(incident.announcement)")
      }
      load.event(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    case .trips(let synthesizer):
      guard let event = synthesizer.event(index, timestampMilliseconds: timestampMilliseconds) else { return false }
      event.write(into: row)
    case .metrics(let synthesizer):
      guard let event = synthesizer.event(index, timestampMilliseconds: timestampMilliseconds) else { return false }
      event.write(into: row)
    case .donations(let synthesizer):
      synthesizer.event(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    case .requests(let synthesizer):
      synthesizer.event(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    case .persons(let synthesizer):
      synthesizer.person(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    case .auctions(let synthesizer):
      synthesizer.auction(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    case .bids(let synthesizer):
      synthesizer.bid(index, timestampMilliseconds: timestampMilliseconds).write(into: row)
    }
    return true
  }
}

/// `14:03:20Z`
private func timeOfDay(_ milliseconds: Int64) -> String {
  let seconds = milliseconds / 1000 % 86_400
  let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
  return parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":") + "Z"
}
