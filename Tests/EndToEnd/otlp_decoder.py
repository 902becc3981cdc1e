"""Run by the Python of .build/python: bodies of ExportTraceServiceRequest, a line of base64 each -> spans, a line of JSON each."""

import base64
import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def value(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [value(item) for item in any_value.array_value.values]
    return getattr(any_value, kind)


def attributes(items):
    return {item.key: value(item.value) for item in items}


for line in sys.stdin:
    request = ExportTraceServiceRequest()
    request.ParseFromString(base64.b64decode(line))
    for of_resource in request.resource_spans:
        resource = attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                print(json.dumps({
                    "resource": resource, "scope": of_scope.scope.name, "name": span.name, "kind": span.kind,
                    "trace": span.trace_id.hex(), "span": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                    "flags": span.flags, "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
                    "attributes": attributes(span.attributes), "status": span.status.code,
                    "links": [f"{link.trace_id.hex()}-{link.span_id.hex()}" for link in span.links],
                }))
