import Events
import SQLQuoting
import Synthesis

/// Taxi trips in JSON. The truth is the documents' own text, which Postgres reads with the operators of `jsonb`.
struct TripLoad: TopicLoad {
  let name = "trips"
  let topic = "crashtest-trips"
  let streams = [TripLoad.stream]
  let share = 1
  let malformedInterval = 300

  private static let stream = "crashtest_trips"

  static let definitions = [
    ProjectFile(
      path: "sql/streams/\(stream).sql",
      text: """
        -- Taxi trips, in JSON.
        CREATE FOREIGN TABLE \(stream) (
          trip_id text NOT NULL,
          zone integer OPTIONS (path 'pickup.zone') NOT NULL,
          requested_at timestamptz OPTIONS (unit 'milliseconds'),
          ended_at timestamptz NOT NULL,
          fare numeric(8,2),
          distance_km double precision NOT NULL,
          vendor varchar(12) OPTIONS (path 'vendors[0].name'),
          is_shared boolean OPTIONS (coerce 'true'),
          tags jsonb
        ) SERVER kafka OPTIONS (topic 'crashtest-trips', format 'json', event_time 'ended_at');

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_zones.sql",
      text: """
        -- Trips per zone.
        CREATE MATERIALIZED VIEW crashtest_zones AS
        SELECT zone,
               count(*) AS trips,
               count(tags) AS tagged_trips,
               count(*) FILTER (WHERE is_shared) AS shared_trips,
               sum(fare) AS total_fare,
               avg(fare) AS avg_fare,
               avg(distance_km) AS avg_distance_km
        FROM \(stream)
        GROUP BY tumble(ended_at, INTERVAL '1 minute'), zone;

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_vendors.sql",
      text: """
        -- Trips that are not short, per vendor.
        CREATE MATERIALIZED VIEW crashtest_vendors AS
        SELECT vendor,
               count(*) AS trips,
               max(trip_id COLLATE "C") AS last_trip,
               min(fare) AS least_fare,
               max(requested_at) AS last_request
        FROM \(stream)
        WHERE distance_km > 1
        GROUP BY tumble(ended_at, INTERVAL '10 seconds'), vendor;

        """),
    ProjectFile(
      path: "sql/aggregates/crashtest_days.sql",
      text: """
        -- Trips per day of a time zone.
        CREATE MATERIALIZED VIEW crashtest_days AS
        SELECT vendor,
               count(*) AS trips,
               sum(fare) AS total_fare
        FROM \(stream)
        GROUP BY tumble(ended_at, INTERVAL '1 day', 'Pacific/Auckland'), vendor;

        """),
  ]

  func makeSynthesizer(seed: UInt64) -> any RecordSynthesizer { TripRecords(seed: seed) }

  func makeTranscription() -> Transcription {
    { partition, offset, payload in
      CopyFile.line([String(partition), String(offset), String(decoding: payload, as: UTF8.self)])
    }
  }

  let columns = "trip jsonb"
  let copyOptions = ""

  func source(from table: String, as stream: String) -> String {
    """
    FROM (
      SELECT trip ->> 'trip_id' AS trip_id,
             (trip -> 'pickup' ->> 'zone')::integer AS zone,
             TIMESTAMPTZ 'epoch' + (trip ->> 'requested_at')::bigint * INTERVAL '1 millisecond' AS requested_at,
             (trip ->> 'ended_at')::timestamptz AS ended_at,
             (trip ->> 'fare')::numeric(8,2) AS fare,
             (trip ->> 'distance_km')::double precision AS distance_km,
             trip -> 'vendors' -> 0 ->> 'name' AS vendor,
             (trip ->> 'is_shared')::boolean AS is_shared,
             nullif(trip -> 'tags', 'null') AS tags
      FROM \(table)) AS \(quotedIdentifier(stream))
    """
  }
}

/// Documents as many writers write them: members in another order, with unknown ones, white space, escapes, exponents,
/// and values that are null or not there.
private struct TripRecords: RecordSynthesizer {
  private enum Fault: String, CaseIterable {
    case truncated
    case trailing = "a brace too many"
    case tombstone
    case missing = "no member where NOT NULL is declared"
    case wrongKind = "a text where a number is declared"
    case outOfRange = "a number beyond integer"
    case twice = "a member twice"
    case noUTF8 = "bytes that are not UTF-8"
    case noTime = "a day that there is not"
    case tooManyDigits = "more digits than declared"
  }

  /// A member's name and its value's text.
  private typealias Member = (name: String, value: String)

  /// As JSON writes them, each of at most 12 characters.
  private static let vendors = [
    "Z\\u00fcri Cab", "Caf\\u00e9 \\\"N\\\"", "\\ud83d\\ude95 Taxi", "a\\tb\\\\c", "Grüne Wagen", "Kiwi",
  ]
  private static let offsets: [(text: String, minutes: Int64)] = [("Z", 0), ("+02:00", 120), ("-0530", -330)]

  let seed: UInt64

  func record(_ number: Int, milliseconds: Int64) -> LoadRecord {
    record(number, milliseconds: milliseconds) { $0 }
  }

  func malformed(_ number: Int, turn: Int, milliseconds: Int64) -> LoadRecord {
    let fault = Fault.allCases[turn % Fault.allCases.count]
    func record(_ change: (inout [Member]) -> Void) -> LoadRecord {
      self.record(number, milliseconds: milliseconds) { members in
        var members = members
        change(&members)
        return members
      }
    }
    func with(_ name: String, _ value: String) -> LoadRecord {
      record { members in
        members.removeAll { $0.name == name }
        members.append((name, value))
      }
    }
    var spoilt = record { _ in }
    let value = spoilt.value ?? []
    switch fault {
    case .truncated: spoilt.value = Array(value.prefix(value.count / 2))
    case .trailing: spoilt.value = value + [UInt8(ascii: "}")]
    case .tombstone: spoilt.value = nil
    case .missing: spoilt = record { members in members.removeAll { $0.name == "distance_km" } }
    case .wrongKind: spoilt = with("distance_km", "\"far\"")
    case .outOfRange: spoilt = with("pickup", "{\"zone\": 3000000000}")
    case .twice: spoilt = record { $0.append(("trip_id", "\"again\"")) }
    case .noUTF8: spoilt.value = value.dropLast() + Array(",\"note\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)
    case .noTime: spoilt = with("ended_at", "\"2026-02-30T12:00:00Z\"")
    case .tooManyDigits: spoilt = with("fare", "1234567.5")
    }
    spoilt.fault = fault.rawValue
    return spoilt
  }

  private func record(
    _ number: Int, milliseconds: Int64, changed change: ([Member]) -> [Member]
  ) -> LoadRecord {
    var random = RandomNumbers(seed: seed, index: UInt64(number))
    let zone = random.number(below: 40)
    let members = change(members(number, zone: zone, milliseconds: milliseconds, &random))
    let (colon, comma) = random.number(below: 3) == 0 ? (" : ", ",\n  ") : (":", ",")
    let text = members.map { "\"\($0.name)\"\(colon)\($0.value)" }.joined(separator: comma)
    return LoadRecord(key: Array(String(zone).utf8), value: Array("{\(text)}".utf8))
  }

  private func members(
    _ number: Int, zone: Int, milliseconds: Int64, _ random: inout RandomNumbers
  ) -> [Member] {
    let ended = milliseconds - (random.number(below: 20) == 0 ? Int64(random.number(below: 3_000)) : 0)
    let offset = Self.offsets[random.number(below: Self.offsets.count)]
    let time = TimeText.timestamp(milliseconds: ended + offset.minutes * 60_000, separator: "T") + offset.text
    var members: [Member] = [
      ("trip_id", "\"trip-\(number)\""), ("ended_at", "\"\(time)\""),
      ("pickup", "{\"name\": \"Zone \(zone)\", \"zone\": \(zone), \"corners\": [[1, 2], [3, 4e2]]}"),
    ]
    let meters = random.number(below: 40_000)
    members.append(
      ("distance_km", random.number(below: 2) == 0 ? "\(Double(meters) / 1_000)" : "\(meters)e-3"))
    // Thousandths of a unit: more places than are declared.
    let fare = 2_500 + random.number(below: 80_000)
    switch random.number(below: 8) {
    case 0: break
    case 1: members.append(("fare", "null"))
    default: members.append(("fare", "\(fare / 1_000).\(padded(fare % 1_000, 3))"))
    }
    if random.number(below: 5) > 0 {
      members.append(("requested_at", String(ended - Int64(random.number(below: 3_600_000)))))
    }
    let vendor = Self.vendors[random.number(below: Self.vendors.count)]
    members.append(
      ("vendors", random.number(below: 10) == 0 ? "[]" : "[{\"name\": \"\(vendor)\"}, {\"name\": \"second\"}]"))
    members.append(("is_shared", ["true", "false", "\"true\"", "\"false\"", "null"][random.number(below: 5)]))
    if random.number(below: 2) == 0 {
      members.append(("tags", ["{\"a\": [1, {}]}", "[]", "null", "\"late\""][random.number(below: 4)]))
    }
    let rotation = random.number(below: members.count)
    return Array(members[rotation...] + members[..<rotation])
  }
}
