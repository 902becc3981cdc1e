import Glibc

/// A file that another program appends to, and may rename, replace or empty. To be used on one thread.
///
/// A file that is renamed is read to its end before the one that has taken its name is opened, so that nothing is lost as
/// long as its writer lets go of it within one pause of the rename, or the new file is written to by the same program.
final class FollowedFile {
  /// What there is to read.
  enum Reading {
    /// Valid until the next call.
    case bytes(UnsafeBufferPointer<UInt8>)
    /// The former file was read to its end; the next call reads another one, or the same that was emptied.
    case anotherFile
    /// Nothing for now.
    case nothing
  }

  /// How long to wait after `Reading.nothing`.
  static let pauseNanoseconds: Int64 = 200_000_000

  private let path: String
  private var file: Int32
  private var position: Int64 = 0
  /// Seen once with nothing to read though its name was another file's: read once more, for what came in between.
  private var isRenamed = false
  private let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 16)

  /// - Parameter isFromStart: else only what is appended from now on.
  /// - Throws: when there is no such file: a name that is wrong would be waited for for ever.
  init(path: String, isFromStart: Bool) throws(GeneratorError) {
    self.path = path
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw FollowedFile.error(path) }
    var information = stat()
    guard fstat(file, &information) == 0 else { throw FollowedFile.error(path) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw GeneratorError("cannot follow \(path): it is no regular file; write: … | event-generator replay -")
    }
    if !isFromStart { position = Int64(information.st_size) }
  }

  deinit {
    close(file)
    buffer.deallocate()
  }

  func read() throws(GeneratorError) -> Reading {
    let count = pread(file, buffer.baseAddress, buffer.count, off_t(position))
    if count > 0 {
      position += Int64(count)
      isRenamed = false
      return .bytes(UnsafeBufferPointer(rebasing: buffer[..<count]))
    }
    if count < 0, errno != EINTR { throw FollowedFile.error(path) }
    return try atEnd()
  }

  private func atEnd() throws(GeneratorError) -> Reading {
    var own = stat()
    var named = stat()
    guard fstat(file, &own) == 0 else { throw FollowedFile.error(path) }
    // Whoever rotates leaves the name without a file for a moment.
    guard stat(path, &named) == 0 else { return .nothing }
    if own.st_dev == named.st_dev, own.st_ino == named.st_ino {
      guard Int64(own.st_size) < position else { return .nothing }
      position = 0
      return .anotherFile
    }
    if !isRenamed {
      isRenamed = true
      return .nothing
    }
    let next = open(path, O_RDONLY | O_CLOEXEC)
    guard next >= 0 else { return .nothing }
    close(file)
    (file, position, isRenamed) = (next, 0, false)
    return .anotherFile
  }

  private static func error(_ path: String) -> GeneratorError {
    GeneratorError("cannot read \(path): \(String(cString: strerror(errno)))")
  }
}
