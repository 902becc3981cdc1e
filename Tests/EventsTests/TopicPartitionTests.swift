import Events
import Testing

@Suite struct TopicPartitionTests {
  private func partition(_ topic: String, _ number: Int32) -> TopicPartition {
    TopicPartition(topic: topic, partition: number)
  }

  @Test("partitions of the same number are different ones in different topics")
  func identity() {
    let offsets = [partition("orders", 0): 5, partition("clicks", 0): 7]
    #expect(offsets[partition("orders", 0)] == 5)
    #expect(offsets[partition("clicks", 0)] == 7)
    #expect(offsets[partition("views", 0)] == nil)
    #expect(offsets[partition("orders", 1)] == nil)
  }

  @Test("they are ordered by topic and then by number, not by the number's digits")
  func order() {
    let drawn = [partition("b", 0), partition("a", 10), partition("a", 9), partition("b", 2)]
    #expect(drawn.sorted().map(\.description) == ["a[9]", "a[10]", "b[0]", "b[2]"])
  }

  @Test("what is grouped by topic keeps its order within each")
  func grouping() {
    let drawn = [partition("b", 1), partition("a", 3), partition("b", 0)]
    let groups = drawn.byTopic(\.self)
    #expect(groups.map(\.topic) == ["a", "b"])
    #expect(groups.map { $0.elements.map(\.partition) } == [[3], [1, 0]])
  }
}
