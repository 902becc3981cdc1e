/// What `adaptive` remembers of one key.
struct AdaptiveMemory: Sendable, Hashable {
  var level: Float = 0
  var count: Float = 0
  var scale = ClippedScale()
  var held: Float = 0

  init() {}

  func write(to writer: inout StateWriter) {
    writer.put(level)
    writer.put(count)
    writer.put(scale)
    writer.put(held)
  }

  init(from reader: inout StateReader) throws(StateRefusal) {
    (level, count, scale, held) = (try reader.number(), try reader.number(), try reader.scale(), try reader.number())
  }
}
