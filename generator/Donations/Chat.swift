import Synthesis

/// What viewers write and give.
enum Chat {
  /// Those written most come first. Some hold what formats must escape.
  static let messages = [
    "LOL", "GG", "hi from Köln!", "nice one", "❤️❤️❤️", "what song is this?", "first time here, hello",
    "gg, well played", "no way", "he said \"one more round\"", "こんにちは", "clip it", "1 like = 1 push-up", "👏👏",
    "are you going to play the new map?", "wait, what happened; I was away", "c:\\> shutdown", "привет",
  ]

  static let greetings = [
    "keep it up!", "for the new microphone", "thank you for the evening, all of you", "🎉", "\"LOL\"",
  ]

  /// Round sums are given most.
  static let amounts: [(dollars: Double, weight: Double)] = [
    (5, 26), (2, 18), (1, 16), (10, 14), (3, 8), (20, 6), (1.5, 3), (7.5, 2), (25, 2), (50, 2), (4.25, 1), (100, 1),
    (250, 0.2), (500, 0.05),
  ]
}
