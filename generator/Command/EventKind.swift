import Donations
import Downloads
import Metrics
import Nexmark
import Requests
import Synthesis
import Trips

/// What events of one sort consist of, and how and where they are sent unless the options say otherwise.
struct EventShape {
  var form: EventForm
  var topic: String
  /// The field that is the records' key.
  var key: String
  var format: OutputFormat
  /// The file of the project's `schemas/` that says how they are encoded in Avro.
  var schemaFile: String
  /// Whether the project has to have that file; else the schema is the form's own without it.
  var needsSchemaFile = false

  static let downloads = EventShape(
    form: DownloadEvent.form, topic: "content-downloads", key: "user.region", format: .avro, schemaFile: "event.avsc",
    needsSchemaFile: true)
  static let trips = EventShape(
    form: TripEvent.form, topic: "trips", key: "region_id", format: .json, schemaFile: "trips.avsc")
  static let metrics = EventShape(
    form: MetricEvent.form, topic: "metrics", key: "metric_id", format: .json, schemaFile: "metrics.avsc")
  static let donations = EventShape(
    form: DonationEvent.form, topic: "donations", key: "stream_id", format: .json, schemaFile: "donations.avsc")
  static let persons = EventShape(
    form: NexmarkPerson.form, topic: "nexmark-persons", key: "id", format: .json, schemaFile: "person.avsc")
  static let auctions = EventShape(
    form: NexmarkAuction.form, topic: "nexmark-auctions", key: "id", format: .json, schemaFile: "auction.avsc")
  static let bids = EventShape(
    form: NexmarkBid.form, topic: "nexmark-bids", key: "auction", format: .json, schemaFile: "bid.avsc")
  /// Made up, or of an access log as it is.
  static let requests = EventShape(
    form: RequestEvent.form, topic: "requests", key: "client", format: .json, schemaFile: "requests.avsc")
}

/// What a record's payload is.
enum OutputFormat: String, CaseIterable {
  case avro
  case json
  case csv
}

/// The kinds of events that can be made up; the raw value is the command's name.
enum EventKind: String, CaseIterable {
  case downloads
  case trips
  case metrics
  case donations
  case requests
  case persons
  case auctions
  case bids

  var shape: EventShape {
    switch self {
    case .downloads: .downloads
    case .trips: .trips
    case .metrics: .metrics
    case .donations: .donations
    case .requests: .requests
    case .persons: .persons
    case .auctions: .auctions
    case .bids: .bids
    }
  }

  /// Whether something can happen to the events; the benchmark's are what it publishes.
  var hasIncidents: Bool {
    switch self {
    case .downloads, .trips, .metrics, .donations, .requests: true
    case .persons, .auctions, .bids: false
    }
  }

  /// What an incident happens to, in errors.
  var incidentTarget: String {
    switch self {
    case .downloads, .trips: "region"
    case .metrics: "metric"
    case .donations: "stream"
    case .requests: "path"
    case .persons, .auctions, .bids: "person"
    }
  }

  var incidentEffect: String { self == .downloads ? "error rate" : "effect" }
}
