import Events
import Synthesis

/// The five kinds of content; the raw value is what the event says.
public enum ContentType: String, Sendable, CaseIterable {
  case movie
  case tvShow = "tv_show"
  case music
  case app
  case book

  /// The raw value in memory that lives as long as the program.
  public var text: TextView {
    switch self {
    case .movie: TextView("movie")
    case .tvShow: TextView("tv_show")
    case .music: TextView("music")
    case .app: TextView("app")
    case .book: TextView("book")
    }
  }

  /// How the identifiers of made-up content begin.
  var idPrefix: String {
    switch self {
    case .movie: "mov"
    case .tvShow: "tv"
    case .music: "mus"
    case .app: "app"
    case .book: "book"
    }
  }

  /// In units of 2^-10 GB.
  var sizesInMegabytes: ClosedRange<Int> {
    switch self {
    case .movie: 1500...8000
    case .tvShow: 400...3000
    case .music: 4...200
    case .app: 20...4000
    case .book: 1...50
    }
  }
}
