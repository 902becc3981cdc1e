import Events
import Synthesis

/// Makes up requests to a web server: request `index` of a run is a function of the settings, the index and its time alone.
///
/// A few pages have most of the traffic, a few clients visit often; one of a hundred asks for what is not there, and now and
/// then the server fails. To be used on one thread.
public final class RequestSynthesizer {
  public static let maximumClients = 1_000_000

  public let run: SynthesisRun
  public let clients: Int

  private let paths: [TextView]
  private let pageChoice = WeightedChoice(weights: SitePage.all.map(\.weight))
  private let agents: [TextView]
  private let agentChoice = WeightedChoice(weights: SiteAgent.all.map(\.weight))
  private let missing: TextView
  private let home: TextView
  private let get = TextView("GET")
  private let post = TextView("POST")
  private var texts: TextArena
  private var incidents = Stage<RequestIncident>(targets: SitePage.all.count)
  /// The pages that are flooded at some time, each once.
  private var flooded: [Int] = []
  private let client: UnsafeMutablePointer<UInt8>

  private static let maximumClientBytes = 15
  private static let missingShare = 0.01
  private static let notModifiedShare = 0.12
  private static let failureShare = 0.002
  /// Sizes of answers, compared with what is usual for the page.
  private static let sizes = Quantiles([0.4, 0.8, 0.95, 1, 1.05, 1.2, 2.5])

  /// Fails when an incident names a path that the site does not have, or an effect that there is not.
  ///
  /// - Parameter clients: 1 to `maximumClients`.
  public init(run: SynthesisRun, clients: Int = 2_000) throws(SettingError) {
    precondition((1...Self.maximumClients).contains(clients), "1 to \(Self.maximumClients) clients")
    self.run = run
    self.clients = clients
    var texts = TextArena()
    paths = SitePage.all.map { texts.append($0.path) }
    agents = SiteAgent.all.map { texts.append($0.text) }
    missing = texts.append("/wp-login.php")
    home = texts.append("https://shop.example/")
    self.texts = texts
    for spec in run.incidents {
      guard let page = SitePage.all.firstIndex(where: { $0.path == spec.target }) else {
        let some = SitePage.all.prefix(3).map(\.path).joined(separator: ", ")
        throw SettingError("there is no path “\(spec.target)” for an incident; there are \(some) and others")
      }
      let incident = try RequestIncident(spec)
      if case .flood = incident, !flooded.contains(page) { flooded.append(page) }
      incidents.add(incident, to: page, during: spec.span(beginning: run.beginningMilliseconds))
    }
    client = .allocate(capacity: Self.maximumClientBytes)
  }

  deinit {
    client.deallocate()
  }

  /// Request `index`, whose turn is at `timestampMilliseconds` (milliseconds since 1970 UTC). Valid until the next call.
  public func event(_ index: UInt64, timestampMilliseconds: Int64) -> RequestEvent {
    var random = RandomNumbers(seed: run.seed, index: index)
    let timestamp = run.eventTime(timestampMilliseconds, bits: random.next())
    let (size, fate, failing) = (random.nextFraction(), random.nextFraction(), random.nextFraction())
    let agent = agents[agentChoice.pick(random.next())]
    // Squared: some clients come much more often than others.
    let visitor = random.nextFraction()
    writeClient(10, UInt64(Double(clients) * visitor * visitor))
    var page = pageChoice.pick(random.next())
    let comesFromHome = random.nextFraction() < 0.4
    if let target = flood(random.nextFraction(), at: timestamp) {
      page = target
      writeClient(203, 0)
    }
    var event = RequestEvent(
      timestampMilliseconds: timestamp, client: TextView(start: client, count: clientCount),
      method: SitePage.all[page].isForm ? post : get, path: paths[page], status: 200,
      bytes: Int64(SitePage.all[page].bytes * Self.sizes.value(size)), referrer: comesFromHome ? home : nil,
      userAgent: agent)
    if fails(page, failing, at: timestamp) {
      (event.status, event.bytes) = (503, 190)
    } else if fate < Self.missingShare {
      (event.status, event.bytes, event.path, event.method) = (404, 153, missing, get)
    } else if fate > 1 - Self.notModifiedShare, !SitePage.all[page].isForm {
      (event.status, event.bytes) = (304, 0)
    }
    return event
  }

  private func fails(_ page: Int, _ fraction: Double, at timestamp: Int64) -> Bool {
    let incident = incidents.first(of: page, at: timestamp) { incident in
      if case .fail = incident { true } else { false }
    }
    guard case .fail(let share)? = incident?.effect else { return fraction < Self.failureShare }
    return fraction < share
  }

  /// The page that this request is for because somebody floods it.
  private func flood(_ fraction: Double, at timestamp: Int64) -> Int? {
    for page in flooded {
      let incident = incidents.first(of: page, at: timestamp) { incident in
        if case .flood = incident { true } else { false }
      }
      // Of 1 + factor requests, factor are the flood's.
      if case .flood(let factor)? = incident?.effect, fraction < factor / (1 + factor) { return page }
    }
    return nil
  }

  private var clientCount = 0

  /// `NET.x.y.z` of the number's 24 lowest bits, within 10.0.0.0/8; of the other network 203.0.113.7.
  private func writeClient(_ network: UInt64, _ number: UInt64) {
    clientCount = 0
    let rest = network == 10 ? [number >> 16 & 255, number >> 8 & 255, number & 255] : [0, 113, 7]
    write(network)
    for part in rest {
      client[clientCount] = UInt8(ascii: ".")
      clientCount += 1
      write(part)
    }
  }

  /// Appends a number below 256 in decimal digits.
  private func write(_ number: UInt64) {
    for divisor in [100, 10, 1] as [UInt64] where number >= divisor || divisor == 1 {
      client[clientCount] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10)
      clientCount += 1
    }
  }
}
