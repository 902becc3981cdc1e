/// A text that quotes events, with a point for each control character: nothing of it may steer the terminal.
func printable(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "." : $0 }))
}
