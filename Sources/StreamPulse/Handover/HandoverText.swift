import Configuration
import Events
import Rebuild

/// What a hand-over reports: which rows and offsets it is about, and what nobody can know.
enum HandoverText {
  static func to(_ results: [HandoverSurvey.Result], without: [String]) -> [String] {
    var lines = ["# Handed over to Apache Flink", ""]
    for result in results {
      let handover = result.handover
      lines += [
        "## \(handover.stream), topic \(handover.topic)", "",
        result.watermark.map { "Event time had come to \($0). What Flink does with each partition:" }
          ?? "Nothing had been counted: every row will be Flink's.",
        "", "| partition | begins at | ours ended before |", "|---|---|---|",
      ]
      for (partition, position) in handover.positions.sorted(by: { $0.key < $1.key }) {
        lines.append("| \(partition) | \(handover.starts[partition] ?? position) | \(position) |")
      }
      lines += [
        "",
        """
        \(counted(result.readAgain, "record")) that \(result.readAgain == 1 ? "was" : "were") counted here \
        \(result.readAgain == 1 ? "is" : "are") read again\
        \(result.dead > 0 ? ", \(result.dead) of them dead letters, which Flink judges for itself" : ""). Windows that \
        begin before these times stay ours, and Flink takes none of their events; of those from then on Flink writes every \
        row anew and whole, in the place of ours, so that nothing is counted twice:
        """,
        "", "| aggregate | Flink's from | rows of ours that it replaces |", "|---|---|---|",
      ]
      for share in result.shares {
        let from = share.boundary == .min ? "the beginning" : share.boundaryText
        lines.append("| \(share.name) | \(from) | \(share.rows) |")
      }
      lines.append("")
    }
    lines += [
      "## What nobody can know", "",
      """
      - Events that come from now on for windows that were closed are late, and Flink drops them; so it does with events \
      that it reads again and that are late by its own watermark. Their number is nowhere.
      """,
      """
      - A row of an open window shows what was counted here until Flink writes it, when the window closes. Sessions of the \
      open time are removed, and come back when they close.
      """,
      "- A job that is started again without a savepoint reads from these offsets again, and writes the same rows again.",
    ]
    if !without.isEmpty {
      lines.append(
        """
        - \(without.joined(separator: ", ")): left out; the rows rest, and get what came since on the way back, while the \
        topic holds it.
        """)
    }
    return lines
  }

  static func from(_ results: [TakeBack.Result], isAnew: Bool) -> [String] {
    var lines: [String] = []
    for result in results {
      let read = counted(result.readAgain, "record")
      lines.append("\(result.stream) is ours again; \(read) of \(result.topic) read for the open windows")
      for (partition, position) in result.positions.sorted(by: { $0.key < $1.key }) {
        let start = result.starts[partition] ?? position
        lines.append("  partition \(partition): processors begin at \(position), rows were made from \(start) on")
      }
      for share in result.shares {
        guard let boundary = share.boundary else {
          lines.append("  \(share.name), which was left out: all since the hand-over was added to its rows")
          continue
        }
        let from = boundary == "-infinity" ? "the beginning" : boundary
        let before = isAnew ? "" : "; those before stay as Flink has written them"
        let removed = counted(share.removed, "row")
        lines.append(
          "  \(share.name): windows from \(from) on made anew, \(removed) removed and \(share.rows) written\(before)")
      }
      if isAnew {
        lines.append("  processors read all since the hand-over again, and verify --recount judges all of it")
      } else {
        lines.append(
          "  doubt: what Flink dropped as late is in no row before these windows"
            + (result.unjudgedUntil.map { "; verify --recount judges no window that begins by \($0)" } ?? ""))
      }
    }
    return lines
  }
}
