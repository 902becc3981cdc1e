"""A reader of Avro's binary encoding as its specification has it, for the types that the generator's schemas use."""

import json
import struct


class AvroReader:
    """Reads records of one schema."""

    def __init__(self, schema):
        self.schema = json.loads(schema)

    def read(self, payload):
        """The record, which has to be the whole payload."""
        value, rest = self._value(self.schema, payload)
        assert rest == b"", rest
        return value

    def _value(self, type, data):
        if isinstance(type, list):
            branch, data = _long(data)
            return self._value(type[branch], data)
        kind = type["type"] if isinstance(type, dict) else type
        if kind == "record":
            record = {}
            for field in type["fields"]:
                record[field["name"]], data = self._value(field["type"], data)
            return record, data
        if kind == "map":
            entries = {}
            while True:
                count, data = _long(data)
                if count == 0:
                    return entries, data
                if count < 0:
                    count = -count
                    _, data = _long(data)
                for _ in range(count):
                    name, data = _string(data)
                    entries[name], data = self._value(type["values"], data)
        if kind == "null":
            return None, data
        if kind in ("int", "long"):
            return _long(data)
        if kind == "double":
            return struct.unpack("<d", data[:8])[0], data[8:]
        assert kind == "string", kind
        return _string(data)


def _long(data):
    number, shift = 0, 0
    for index, byte in enumerate(data):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), data[index + 1:]
    raise AssertionError("a number without an end")


def _string(data):
    size, data = _long(data)
    return data[:size].decode(), data[size:]
