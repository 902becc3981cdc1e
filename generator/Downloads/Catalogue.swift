import Events
import Synthesis

/// What can be downloaded.
public struct Title {
  public var contentID: TextView
  public var title: TextView
  public var type: TextView
  /// A multiple of 2^-10, so that sums of sizes are exact in whatever order they are added.
  public var sizeGB: Double
}

/// Made-up titles of the five types, most popular first. The same for every seed.
public struct Catalogue {
  public static let limit = 100_000

  public let all: [Title]
  let choice: WeightedChoice

  public init(count: Int, texts: inout TextArena) {
    precondition((1...Self.limit).contains(count), "1 to \(Self.limit) titles")
    var made: [ContentType: Int] = [:]
    all = (0..<count).map { rank in
      let type = Self.rotation[rank % Self.rotation.count]
      let number = made[type, default: 0]
      made[type] = number + 1
      return Self.title(type, number, texts: &texts)
    }
    choice = .zipf(count: count)
  }

  /// Which type each rank has: films and series lead, books are rare.
  private static let rotation: [ContentType] = [
    .movie, .tvShow, .music, .movie, .app, .tvShow, .movie, .music, .tvShow, .book,
    .movie, .music, .app, .tvShow, .movie, .music, .tvShow, .app, .movie, .book,
  ]

  /// Title `number` of its type: an adjective and a noun that no other title has, and a second noun that makes it as
  /// long as titles are; when all pairs are used up, the same again as part 2, 3 and so on.
  private static func title(_ type: ContentType, _ number: Int, texts: inout TextArena) -> Title {
    let types = ContentType.allCases
    let place = number * types.count + (types.firstIndex(of: type) ?? 0)
    let (part, pair) = place.quotientAndRemainder(dividingBy: adjectives.count * nouns.count)
    let (shift, column) = pair.quotientAndRemainder(dividingBy: adjectives.count)
    // Each round of adjectives meets the nouns one further on. Pairs repeat only if k * (adjectives + 1) is a
    // multiple of the number of nouns for some k below it: 25 and 32 have no common factor.
    let noun = (shift + column) % nouns.count
    // 1 to 31 further on: never the same noun twice.
    let companion = nouns[(noun + 1 + pair % (nouns.count - 1)) % nouns.count]
    let words = [adjectives[column], nouns[noun], companion]
    var name = "\(words[0]) \(words[1]) and the \(words[2])"
    var slug = words.map { $0.lowercased() }.joined(separator: "_")
    if part > 0 {
      name += " \(part + 1)"
      slug += "_\(part + 1)"
    }
    let range = type.sizesInMegabytes
    let spread = RandomNumbers.mix(UInt64(number) << 8 | UInt64(type.idPrefix.utf8.first ?? 0))
    let size = range.lowerBound + Int(spread % UInt64(range.count))
    return Title(
      contentID: texts.append("\(type.idPrefix)_\(slug)"), title: texts.append(name), type: type.text,
      sizeGB: Double(size) / 1024)
  }

  private static let adjectives = [
    "Silent", "Crimson", "Last", "Golden", "Broken", "Hidden", "Electric", "Frozen", "Distant", "Wild", "Midnight",
    "Paper", "Burning", "Lucky", "Hollow", "Endless", "Velvet", "Northern", "Secret", "Rising", "Little", "Iron",
    "Lonely", "Bright",
  ]

  private static let nouns = [
    "Harbor", "Empire", "Garden", "Signal", "Mountain", "Letters", "Horizon", "Orchestra", "Detective", "Summer",
    "Machine", "River", "Kingdom", "Station", "Voyage", "Mirror", "Forest", "Engine", "Island", "Shadow", "Museum",
    "Falcon", "Desert", "Lantern", "Winter", "Bridge", "Comet", "Circus", "Atlas", "Tide", "Archive", "Planet",
  ]
}
