import Downloads
import Events
import Glibc

/// The project's root, found from this file's own place.
let projectRoot = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })

/// 2026-01-01T00:00:00Z.
let newYear: Int64 = 1_767_225_600_000

func readFile(_ path: String) -> [UInt8]? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
  }
}

struct MissingFile: Error {
  var path: String
}

func eventSchema() throws -> String {
  let path = projectRoot + "/schemas/event.avsc"
  guard let bytes = readFile(path) else { throw MissingFile(path: path) }
  return String(decoding: bytes, as: UTF8.self)
}

/// `count` events, one each `step` milliseconds.
func makeEvents(_ settings: SynthesisSettings, count: UInt64, step: Int64 = 10) throws -> [KeptEvent] {
  let synthesizer = try DownloadSynthesizer(settings: settings)
  return (0..<count).map { index in
    let turn = settings.beginningMilliseconds + Int64(index) * step
    return KeptEvent(synthesizer.event(index, timestampMilliseconds: turn))
  }
}

func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  guard let file = fopen(path, "wb") else { throw MissingFile(path: path) }
  defer { fclose(file) }
  guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw MissingFile(path: path) }
}

func writeFile(_ path: String, _ text: String) throws {
  guard let file = fopen(path, "wb") else { throw MissingFile(path: path) }
  defer { fclose(file) }
  guard fputs(text, file) >= 0 else { throw MissingFile(path: path) }
}
