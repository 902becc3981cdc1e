import Glibc
import HTTPServer
import Synchronization

/// The files of the web page, from a folder or from the program itself. Small ones of a folder are kept in memory for as
/// long as they are unchanged on disk.
///
/// Asked on event loop threads: it reads from local disks, in practice from the kernel's cache.
final class StaticFiles: Sendable {
  /// A file ready to be sent.
  enum File: Sendable {
    case kept(KeptFile)
    case open(OpenFile, tag: EntityTag, headers: [HTTPHeader])
  }

  private static let maximumKeptFileBytes = 512 * 1024
  private static let maximumKeptFiles = 128

  /// Resolved: without symbolic links.
  private let folder: String?
  private let embedded: [String: KeptFile]
  private let vendorFiles: [String: [String]]
  private let common: CommonHeaders
  private let kept = Mutex<[String: KeptFile]>([:])

  init(configuration: StatsAPIConfiguration, common: CommonHeaders) {
    folder = configuration.webFolder.flatMap(Self.resolved)
    vendorFiles = Dictionary(
      configuration.vendorFiles.map { ($0.path, $0.candidates) }, uniquingKeysWith: { first, _ in first })
    self.common = common
    // A folder is somebody's own page, or one that is being worked on.
    embedded =
      folder != nil
      ? [:]
      : Dictionary(
        uniqueKeysWithValues: configuration.embeddedFiles.map { path, body in
          (path, Self.keep(body, EntityTag(of: body), path, common))
        })
  }

  /// nil when the URL path names no file that may be served.
  func file(atURLPath path: String) -> File? {
    if let candidates = vendorFiles[path] {
      return candidates.lazy.compactMap(Self.resolved).compactMap { self.file(atResolvedPath: $0) }.first
    }
    guard let relative = relativeFilePath(ofURLPath: path) else { return nil }
    if let file = embedded[relative] { return .kept(file) }
    guard let folder, let file = Self.resolved("\(folder)/\(relative)"),
      // A symbolic link may lead anywhere; what it leads to must be within the folder.
      file.hasPrefix(folder == "/" ? "/" : folder + "/")
    else { return nil }
    return self.file(atResolvedPath: file)
  }

  private func file(atResolvedPath path: String) -> File? {
    var status = stat()
    guard lstat(path, &status) == 0, Self.isRegular(status) else { return nil }
    if let known = kept.withLock({ $0[path] }), known.plain.tag == EntityTag(of: status) { return .kept(known) }

    // Without blocking on a pipe, and without following a link that has just been put there.
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    guard fstat(descriptor, &status) == 0, Self.isRegular(status) else {
      close(descriptor)
      return nil
    }
    let size = Int(status.st_size)
    let file = OpenFile(descriptor: descriptor, size: size)
    let tag = EntityTag(of: status)
    guard size <= Self.maximumKeptFileBytes else {
      return .open(file, tag: tag, headers: Self.headers(of: path, common) + [HTTPHeader("ETag", tag.text)])
    }
    guard let body = file.read() else { return nil }
    let fresh = Self.keep(body, tag, path, common)
    kept.withLock { kept in
      if kept.count >= Self.maximumKeptFiles, kept[path] == nil { kept.removeAll() }
      kept[path] = fresh
    }
    return .kept(fresh)
  }

  private static func keep(_ body: [UInt8], _ tag: EntityTag, _ path: String, _ common: CommonHeaders) -> KeptFile {
    KeptFile(
      tag: tag, body: body, contentType: contentType(ofFile: path), headers: headers(of: path, common),
      common: common.base)
  }

  private static func headers(of path: String, _ common: CommonHeaders) -> [HTTPHeader] {
    [
      HTTPHeader("Content-Type", contentType(ofFile: path)), HTTPHeader("Cache-Control", "no-cache"),
      HTTPHeader("Vary", common.vary("Accept-Encoding")),
      HTTPHeader("Content-Security-Policy", contentSecurityPolicy),
    ]
  }

  /// The page loads nothing from elsewhere and belongs into nobody's frame.
  private static let contentSecurityPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func isRegular(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }
}

extension EntityTag {
  fileprivate init(of status: stat) {
    self.init(
      inode: UInt64(status.st_ino),
      modifiedNanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec),
      size: Int(status.st_size))
  }
}
