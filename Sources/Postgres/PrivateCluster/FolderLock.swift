import Glibc
import Synchronization

/// The right to use a data folder: an advisory lock on a file, which ends with the process that holds it.
public final class FolderLock: Sendable {
  private let descriptor: Mutex<Int32>

  /// - Parameter path: of the lock's file; made in its folder if there is none.
  /// - Throws: `inUse` when another process holds it.
  public init(_ path: String) throws(PrivateClusterError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .file(path: path, reason: lastSystemError()) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      let reason = lastSystemError()
      close(file)
      guard isHeld else { throw .file(path: path, reason: reason) }
      let holder = (try? readFile(path)).flatMap { Int32($0.prefix { $0.isNumber }) }
      let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      throw .inUse(folder: folder, pid: holder)
    }
    // For the message above only; the lock itself is the kernel's.
    let text = Array("\(getpid())\n".utf8)
    _ = ftruncate(file, 0)
    _ = pwrite(file, text, text.count, 0)
    descriptor = Mutex(file)
  }

  var isHeld: Bool { descriptor.withLock { $0 >= 0 } }

  /// May be called again.
  public func release() {
    descriptor.withLock { file in
      guard file >= 0 else { return }
      // Not by closing alone: until it runs its program, a child that is just being started has the file open, too.
      flock(file, LOCK_UN)
      close(file)
      file = -1
    }
  }

  deinit {
    release()
  }
}
