import Glibc

func lastSystemError() -> String { String(cString: strerror(errno)) }

/// Makes a folder and those above it.
func makeFolder(_ path: String, mode: mode_t) throws(PrivateClusterError) {
  var prefix = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    prefix += prefix.isEmpty || prefix == "/" ? String(part) : "/" + part
    if mkdir(prefix, mode) != 0, errno != EEXIST { throw .file(path: prefix, reason: lastSystemError()) }
  }
  guard isFolder(path) else { throw .file(path: path, reason: "not a folder") }
}

func isFolder(_ path: String) -> Bool {
  var information = stat()
  return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
}

/// The permission bits of a file.
func fileMode(_ path: String) -> mode_t {
  var information = stat()
  return stat(path, &information) == 0 ? information.st_mode & 0o7777 : 0
}

/// The text of a small file.
func readFile(_ path: String) throws(PrivateClusterError) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw .file(path: path, reason: lastSystemError()) }
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: 64 * 1024)
  let count = read(file, &bytes, bytes.count)
  guard count >= 0 else { throw .file(path: path, reason: lastSystemError()) }
  return String(decoding: bytes.prefix(count), as: UTF8.self)
}

/// The end of a file that may be long; empty when it cannot be read.
func readEnd(of path: String, bytes limit: Int = 4096) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return "" }
  defer { close(file) }
  let size = lseek(file, 0, SEEK_END)
  var bytes = [UInt8](repeating: 0, count: limit)
  let count = pread(file, &bytes, bytes.count, max(0, size - off_t(limit)))
  return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

/// Writes a file so that it is there whole or not at all, never readable by more than `mode` says.
func writeFile(_ path: String, _ text: String, mode: mode_t, owner: (uid_t, gid_t)? = nil) throws(PrivateClusterError) {
  let temporary = path + ".new"
  unlink(temporary)
  let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
  guard file >= 0 else { throw .file(path: temporary, reason: lastSystemError()) }
  let bytes = Array(text.utf8)
  let isWritten =
    write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    && (owner.map { fchown(file, $0.0, $0.1) == 0 } ?? true)
  let reason = lastSystemError()
  close(file)
  guard isWritten, rename(temporary, path) == 0 else {
    unlink(temporary)
    throw .file(path: path, reason: isWritten ? lastSystemError() : reason)
  }
}

/// Removes a folder with all that is in it, following no links.
func removeFolder(_ path: String) {
  for name in folderEntries(path) {
    let entry = path + "/" + name
    if unlink(entry) != 0 { removeFolder(entry) }
  }
  rmdir(path)
}
