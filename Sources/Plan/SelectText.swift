/// An aggregate's SELECT as its definition writes it, and where in it stands what a batch replaces or repeats.
public struct SelectText: Hashable, Sendable {
  public var text: String
  /// From FROM to the end of the stream's name, in bytes of the text's UTF-8.
  public var from: Range<Int>
  /// The call that names the window, e.g. `tumble("timestamp", INTERVAL '1 minute')`.
  public var window: String

  public init(text: String, from: Range<Int>, window: String) {
    self.text = text
    self.from = from
    self.window = window
  }
}
