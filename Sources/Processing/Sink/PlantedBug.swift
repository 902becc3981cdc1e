/// What a processor does wrong on purpose, so that tests can show that they would notice.
public enum PlantedBug: String, Sendable {
  /// The position is committed in a transaction of its own, before the rows.
  case positionBeforeRows = "position-before-rows"
}
