extension ContentType {
  /// The type of a file on a web server by its extension: films and recordings, playlists of streams, sound, documents
  /// and pages (also a path without extension, which is usually a page), and everything else that programs are made of:
  /// programs, archives, scripts, styles, images, fonts, data.
  public init(path: UnsafeBufferPointer<UInt8>) {
    let name = path[((path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
    guard let point = name.lastIndex(of: UInt8(ascii: ".")) else {
      self = .book
      return
    }
    let fileExtension = String(decoding: name[(point + 1)...], as: UTF8.self).lowercased()
    switch fileExtension {
    case "mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "ogv", "wmv", "flv": self = .movie
    case "m3u8", "mpd", "ts": self = .tvShow
    case "mp3", "m4a", "aac", "ogg", "oga", "opus", "flac", "wav": self = .music
    case "", "html", "htm", "xhtml", "php", "txt", "md", "markdown", "pdf", "epub", "mobi", "doc", "docx", "odt", "rtf",
      "tex", "ps":
      self = .book
    default: self = .app
    }
  }
}
