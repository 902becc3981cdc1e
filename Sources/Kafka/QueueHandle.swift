import CRdKafka

/// Owns one reference to a librdkafka queue. Must be gone before the client that it belongs to.
final class QueueHandle {
  let pointer: OpaquePointer

  /// Takes ownership of `pointer`.
  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
  }

  deinit {
    rd_kafka_queue_destroy(pointer)
  }

  /// Sends everything that is in this queue, and that will come to it, to `target`. Doing it again does no harm.
  func forward(to target: QueueHandle) {
    rd_kafka_queue_forward(pointer, target.pointer)
  }
}
