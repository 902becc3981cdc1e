import ChildProcess
import Glibc

/// The files of a private cluster and who owns them.
struct ClusterFiles: Sendable {
  /// The data folder, absolute, symbolic links resolved.
  let folder: String
  /// The cluster itself (PGDATA).
  let cluster: String
  /// Whom the server runs as; nil: as we do.
  let owner: UserIdentity?

  var log: String { folder + "/postgres.log" }
  var lock: String { folder + "/postgres.lock" }
  var passwordFile: String { folder + "/pgpass" }

  init(folder path: String) throws(PrivateClusterError) {
    let owner = geteuid() == 0 ? try Self.systemUser() : nil
    try makeFolder(path, mode: owner == nil ? 0o700 : 0o711)
    guard let resolved = realpath(path, nil) else { throw .file(path: path, reason: lastSystemError()) }
    defer { free(resolved) }
    folder = String(cString: resolved)
    self.owner = owner
    guard let owner else {
      cluster = folder + "/postgres"
      return
    }
    // Our own folder we may open to the server's user; those above it belong to somebody else.
    chmod(folder, fileMode(folder) | 0o011)
    cluster = isReachable(folder, by: owner) ? folder + "/postgres" : try Self.moveAside(folder)
  }

  /// The version of the cluster that is there; nil: there is none.
  var clusterVersion: String? {
    (try? readFile(cluster + "/PG_VERSION")).flatMap { text in
      text.split(whereSeparator: \.isNewline).first.map(String.init)
    }
  }

  struct Passwords {
    var superuser: String
    var application: String
  }

  /// Reads the passwords, or makes them before there is a cluster.
  func passwords(user: String) throws(PrivateClusterError) -> Passwords {
    if access(passwordFile, F_OK) != 0 {
      guard clusterVersion == nil else { throw .passwordsMissing(path: passwordFile) }
      let passwords = try Passwords(superuser: randomPassword(), application: randomPassword())
      let lines = [(PrivateCluster.superuser, passwords.superuser), (user, passwords.application)]
      let text = lines.map { "\(loopbackAddress):*:*:\($0.0):\($0.1)\n" }.joined()
      try writeFile(passwordFile, text, mode: 0o600)
      return passwords
    }
    var found: [String: String] = [:]
    for line in try readFile(passwordFile).split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count == 5 { found[String(fields[3])] = String(fields[4]) }
    }
    guard let superuser = found[PrivateCluster.superuser], let application = found[user] else {
      throw .passwordsMissing(path: passwordFile)
    }
    return Passwords(superuser: superuser, application: application)
  }

  /// Where the server's user cannot come, the cluster lives elsewhere and a link points to it.
  private static func moveAside(_ folder: String) throws(PrivateClusterError) -> String {
    let root = "/var/lib/streampulse"
    try makeFolder(root, mode: 0o711)
    let link = folder + "/postgres"
    if let known = realpath(link, nil) {
      defer { free(known) }
      return String(cString: known)
    }
    let name = folder.utf8.reduce(into: UInt64(0xcbf2_9ce4_8422_2325)) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    // A cluster without a link to it belonged to a data folder that was removed, with its passwords; it is left alone.
    var number = 1
    while access("\(root)/\(String(name, radix: 16))-\(number)", F_OK) == 0 { number += 1 }
    let target = "\(root)/\(String(name, radix: 16))-\(number)"
    unlink(link)
    guard symlink(target, link) == 0 else { throw .file(path: link, reason: lastSystemError()) }
    return target
  }

  private static func systemUser() throws(PrivateClusterError) -> UserIdentity {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    guard getpwnam_r("postgres", &entry, &buffer, buffer.count, &found) == 0, found != nil, entry.pw_uid != 0 else {
      throw .noSystemUser
    }
    return UserIdentity(user: entry.pw_uid, group: entry.pw_gid)
  }
}

/// Whether a user may pass through all folders of an absolute path.
private func isReachable(_ path: String, by user: UserIdentity) -> Bool {
  var prefix = ""
  for part in path.split(separator: "/") {
    prefix += "/" + part
    var information = stat()
    guard stat(prefix, &information) == 0 else { return false }
    let bit: mode_t =
      information.st_uid == user.user ? S_IXUSR : information.st_gid == user.group ? S_IXGRP : S_IXOTH
    if information.st_mode & bit == 0 { return false }
  }
  return true
}

/// 32 letters and digits of the system's random source.
private func randomPassword() throws(PrivateClusterError) -> String {
  var bytes = [UInt8](repeating: 0, count: 32)
  guard getentropy(&bytes, bytes.count) == 0 else { throw .file(path: "getentropy", reason: lastSystemError()) }
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
  return String(bytes.map { letters[Int($0 & 63)] })
}
