import Faults
import Kafka
import Testing

@Suite struct PipelineErrorTests {
  @Test(
    "only what can pass by itself is tried again",
    arguments: [
      (.kafka(KafkaError(code: "_TRANSPORT", message: "")), true),
      (.kafka(KafkaError(code: "INVALID_SESSION_TIMEOUT", message: "")), false),
      (.kafka(KafkaError(code: "_INVALID_ARG", message: "")), false),
      (.definition(""), false),
    ] as [(PipelineError, Bool)])
  func transience(error: PipelineError, isTransient: Bool) {
    #expect(error.isTransient == isTransient)
  }
}
