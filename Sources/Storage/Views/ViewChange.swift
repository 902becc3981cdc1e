import Plan

/// What is to be done to views so that they are what their definitions say.
package struct ViewChange: Sendable {
  /// Present views to be taken away, readers before what they read.
  var dropped: [String] = []
  /// Those to be made, each behind what it reads.
  var made: [ViewPlan] = []
  /// Former definitions of which nothing is left in the project.
  var removed: [String] = []

  package var isEmpty: Bool { dropped.isEmpty && made.isEmpty && removed.isEmpty }

  /// What has been done, a line each.
  var lines: [String] {
    removed.map { "dropped the view \($0)" }
      + made.map { dropped.contains($0.name) ? "made the view \($0.name) anew" : "created the view \($0.name)" }
  }
}
