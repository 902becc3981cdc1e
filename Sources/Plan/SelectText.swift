/// An aggregate's SELECT as its definition writes it, and where in it stands what a batch replaces or repeats.
public struct SelectText: Hashable, Sendable {
  /// Without HAVING: all groups.
  public var text: String
  /// HAVING and its condition; nil: there is none.
  public var having: String?
  /// From FROM to the end of the stream's name, in bytes of the text's UTF-8.
  public var from: Range<Int>
  /// The tables that it is joined with, with their aliases, in bytes of the text's UTF-8; as many as the plan has joins.
  public var joins: [Range<Int>]
  /// The call that names the window, e.g. `tumble("timestamp", INTERVAL '1 minute')`.
  public var window: String
  /// Where all calls stand that name it, in bytes of the text's UTF-8.
  public var windowCalls: [Range<Int>]

  /// All of it.
  public var whole: String { having.map { "\(text)\n\($0)" } ?? text }

  public init(
    text: String, having: String? = nil, from: Range<Int>, joins: [Range<Int>] = [], window: String,
    windowCalls: [Range<Int>] = []
  ) {
    self.text = text
    self.having = having
    self.from = from
    self.joins = joins
    self.window = window
    self.windowCalls = windowCalls
  }
}
