#include "CSimdjson.h"

#include <simdjson.h>

using namespace simdjson;

struct streampulse_simdjson_parser {
  ondemand::parser parser;
};

streampulse_simdjson_parser *streampulse_simdjson_open() {
  return new streampulse_simdjson_parser;
}

void streampulse_simdjson_close(streampulse_simdjson_parser *parser) {
  delete parser;
}

size_t streampulse_simdjson_padding() {
  return SIMDJSON_PADDING;
}

namespace {

simdjson_inline bool get_text(ondemand::object &object, std::string_view name, streampulse_simdjson_text &text) {
  std::string_view value;
  if (object.find_field(name).get_string().get(value)) return false;
  text = {value.data(), value.size()};
  return true;
}

simdjson_inline bool read_document(
  ondemand::parser &parser, const uint8_t *bytes, size_t count, const streampulse_simdjson_columns &columns, size_t row
) {
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(bytes, count, count + SIMDJSON_PADDING).get(document)) return false;
  if (document.get_object().get(object)) return false;
  return !object.find_field("timestamp").get_int64().get(columns.timestamp[row])
         && get_text(object, "content", columns.content[row]) && get_text(object, "title", columns.title[row])
         && !object.find_field("size_gb").get_double().get(columns.size_gb[row])
         && get_text(object, "place", columns.place[row]) && get_text(object, "device", columns.device[row])
         && get_text(object, "os", columns.os[row]) && get_text(object, "status", columns.status[row])
         && !object.find_field("seconds").get_int64().get(columns.seconds[row])
         && !object.find_field("speed_mbps").get_double().get(columns.speed_mbps[row]);
}

}

size_t streampulse_simdjson_read(
  streampulse_simdjson_parser *parser, const uint8_t *documents, const ptrdiff_t *ends, size_t first, size_t count,
  const streampulse_simdjson_columns *columns
) {
  for (size_t row = 0; row < count; row++) {
    ptrdiff_t start = first + row == 0 ? 0 : ends[first + row - 1];
    size_t length = static_cast<size_t>(ends[first + row] - start);
    if (!read_document(parser->parser, documents + start, length, *columns, row)) return row;
  }
  return count;
}
