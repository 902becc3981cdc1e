/// The media type of a file by its name.
func contentType(ofFile name: String) -> String {
  switch name.split(separator: ".").last?.lowercased() {
  case "html": "text/html; charset=utf-8"
  case "css": "text/css; charset=utf-8"
  case "js", "mjs": "text/javascript; charset=utf-8"
  case "json", "map": "application/json"
  case "webmanifest": "application/manifest+json"
  case "svg": "image/svg+xml"
  case "png": "image/png"
  case "jpg", "jpeg": "image/jpeg"
  case "webp": "image/webp"
  case "ico": "image/x-icon"
  case "woff2": "font/woff2"
  case "txt": "text/plain; charset=utf-8"
  default: "application/octet-stream"
  }
}

/// The file below a folder that a URL's decoded path names; nil when the path leaves the folder, or names a hidden file.
package func relativeFilePath(ofURLPath path: String) -> String? {
  guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 1024 else { return nil }
  var segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    .map { String($0) ?? "" }
  if segments.last == "" { segments[segments.count - 1] = "index.html" }
  // A leading dot covers ".", ".." and hidden files; a backslash is a separator somewhere else.
  guard segments.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("\\") && !$0.contains("\0") }) else {
    return nil
  }
  return segments.joined(separator: "/")
}
