import Glibc

/// Writes a text to a file that it makes, with these further flags of `open`. False, with `errno`: it could not, or not all.
func writeFile(_ path: String, _ text: String, _ flags: Int32, mode: mode_t = 0o644) -> Bool {
  let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode)
  guard file >= 0 else { return false }
  let bytes = Array(text.utf8)
  let written = write(file, bytes, bytes.count)
  return close(file) == 0 && written == bytes.count
}

/// Makes the folders above a path that are not there. Whoever makes something in them learns what went wrong.
func makeFolders(above path: String) {
  for end in path.indices where path[end] == "/" && end != path.startIndex { mkdir(String(path[..<end]), 0o755) }
}
