import Events
import Synthesis

/// A place that users download from.
public struct Region {
  public var name: TextView
  /// Mean speed of a good download there.
  public var speedMbps: Double
  /// How often downloads fail there, compared with all regions together.
  var failureFactor: Double
}

/// Regions in order of their traffic, most first.
public struct Regions {
  /// More than this is more than a dashboard can show, and more than anybody needs to fill partitions evenly.
  public static let limit = 1000

  public let all: [Region]
  let choice: WeightedChoice

  /// The first `count` of the list; past its end the names repeat with a number (`US-California-2`).
  public init(count: Int, texts: inout TextArena) {
    precondition((1...Self.limit).contains(count), "1 to \(Self.limit) regions")
    let traffic = WeightedChoice.zipfWeights(count: count, flatness: 3)
    let factors = (0..<count).map { Self.failureFactor(of: Self.known[$0 % Self.known.count].0) }
    let mean = zip(traffic, factors).reduce(0) { $0 + $1.0 * $1.1 } / traffic.reduce(0, +)
    all = (0..<count).map { index in
      let (round, place) = index.quotientAndRemainder(dividingBy: Self.known.count)
      let (name, speed) = Self.known[place]
      return Region(
        name: texts.append(round == 0 ? name : "\(name)-\(round + 1)"), speedMbps: speed,
        failureFactor: factors[index] / mean)
    }
    choice = WeightedChoice(weights: traffic)
  }

  /// Each region's share of failures, so that of all downloads together `share` fail.
  func failureShares(overall share: Double) -> [Double] {
    // Where the worst region would be above 1, the regions are moved towards each other as far as it takes.
    let worst = all.map(\.failureFactor).max() ?? 1
    let spread = share * worst > 1 ? (1 / share - 1) / (worst - 1) : 1
    return all.map { share * (1 + ($0.failureFactor - 1) * spread) }
  }

  /// Most regions are well, some have trouble and a few have much of it, as anywhere.
  private static func failureFactor(of name: String) -> Double {
    if poor.contains(name) { return 3.4 }
    return fair.contains(name) ? 0.85 : 0.36
  }

  private static let fair: Set = [
    "DE-Berlin", "AU-Sydney", "ES-Madrid", "IT-Milan", "TR-Istanbul", "PH-Manila", "AR-BuenosAires", "MA-Casablanca",
  ]
  private static let poor: Set = ["UK-London", "IN-Mumbai", "BR-SaoPaulo", "ID-Jakarta", "NG-Lagos"]

  private static let known: [(String, Double)] = [
    ("US-California", 140), ("US-NewYork", 130), ("UK-London", 110), ("JP-Tokyo", 180), ("DE-Berlin", 95),
    ("US-Texas", 120), ("IN-Mumbai", 45), ("BR-SaoPaulo", 60), ("FR-Paris", 125), ("KR-Seoul", 210),
    ("CA-Ontario", 115), ("AU-Sydney", 70), ("US-Washington", 135), ("NL-Amsterdam", 150), ("ES-Madrid", 120),
    ("MX-MexicoCity", 50), ("SG-Singapore", 190), ("IT-Milan", 80), ("SE-Stockholm", 145), ("US-Florida", 115),
    ("PL-Warsaw", 90), ("ZA-Johannesburg", 40), ("AE-Dubai", 130), ("IN-Bangalore", 50), ("CN-HongKong", 170),
    ("US-Illinois", 125), ("CA-Quebec", 105), ("CH-Zurich", 160), ("NO-Oslo", 140), ("DK-Copenhagen", 150),
    ("FI-Helsinki", 120), ("IE-Dublin", 100), ("PT-Lisbon", 110), ("AT-Vienna", 85), ("BE-Brussels", 95),
    ("CZ-Prague", 75), ("TR-Istanbul", 40), ("IL-TelAviv", 100), ("TH-Bangkok", 120), ("ID-Jakarta", 35),
    ("PH-Manila", 40), ("VN-Hanoi", 60), ("MY-KualaLumpur", 80), ("TW-Taipei", 130), ("NZ-Auckland", 100),
    ("AR-BuenosAires", 45), ("CL-Santiago", 110), ("CO-Bogota", 50), ("PE-Lima", 45), ("EG-Cairo", 35),
    ("NG-Lagos", 25), ("KE-Nairobi", 25), ("MA-Casablanca", 30), ("SA-Riyadh", 75), ("GR-Athens", 50),
    ("HU-Budapest", 95), ("RO-Bucharest", 150), ("UA-Kyiv", 65), ("US-Georgia", 115), ("US-Colorado", 120),
  ]
}
