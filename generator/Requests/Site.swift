/// A page or file of the made-up web site.
struct SitePage {
  var path: String
  /// How often it is asked for, compared with the others.
  var weight: Double
  /// Usual size of the answer in bytes.
  var bytes: Double
  /// Whether it is asked for with POST.
  var isForm = false

  /// A small shop with a journal: pages, what they are made of, and what its programs ask for.
  static let all = [
    SitePage(path: "/", weight: 18, bytes: 14_000),
    SitePage(path: "/static/site.css", weight: 16, bytes: 9_000),
    SitePage(path: "/static/site.js", weight: 16, bytes: 42_000),
    SitePage(path: "/static/logo.svg", weight: 14, bytes: 3_000),
    SitePage(path: "/favicon.ico", weight: 9, bytes: 1_150),
    SitePage(path: "/products", weight: 8, bytes: 22_000),
    SitePage(path: "/api/search", weight: 8, bytes: 4_000),
    SitePage(path: "/api/cart", weight: 5, bytes: 700),
    SitePage(path: "/products/lamp", weight: 5, bytes: 18_000),
    SitePage(path: "/products/chair", weight: 4, bytes: 19_000),
    SitePage(path: "/products/table", weight: 3, bytes: 21_000),
    SitePage(path: "/images/lamp.jpg", weight: 5, bytes: 180_000),
    SitePage(path: "/images/chair.jpg", weight: 4, bytes: 210_000),
    SitePage(path: "/images/table.jpg", weight: 3, bytes: 240_000),
    SitePage(path: "/journal", weight: 3, bytes: 16_000),
    SitePage(path: "/journal/feed.xml", weight: 3, bytes: 26_000),
    SitePage(path: "/api/checkout", weight: 2, bytes: 900, isForm: true),
    SitePage(path: "/login", weight: 2, bytes: 1_200, isForm: true),
    SitePage(path: "/catalogue.pdf", weight: 0.4, bytes: 4_200_000),
    SitePage(path: "/robots.txt", weight: 1, bytes: 120),
  ]
}

/// A program that visits the site.
struct SiteAgent {
  var text: String
  var weight: Double

  static let all = [
    SiteAgent(text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", weight: 30),
    SiteAgent(text: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) Safari/604.1", weight: 28),
    SiteAgent(text: "Mozilla/5.0 (Linux; Android 15) Chrome/138.0 Mobile", weight: 26),
    SiteAgent(text: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1", weight: 12),
    SiteAgent(text: "ExampleBot/2.1 (+https://bot.example/about)", weight: 5),
    SiteAgent(text: "curl/8.10.1", weight: 1),
  ]
}
