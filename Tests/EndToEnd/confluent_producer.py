"""Publishes records with Confluent's own serialiser: confluent_producer.py SERVERS REGISTRY TOPIC < lines

Runs in a virtual environment with the package (.ci/install-python). Each line is a JSON object: `schema`, `partition` and
`values`; the schema is registered by the serialiser under its topic's subject. Prints the number of published records.
"""

import json
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

servers, registry, topic = sys.argv[1:]
failed = []
producer = Producer({"bootstrap.servers": servers})
client = SchemaRegistryClient({"url": registry})
context = SerializationContext(topic, MessageField.VALUE)
count = 0
for line in sys.stdin:
    order = json.loads(line)
    serialise = AvroSerializer(client, json.dumps(order["schema"]))
    for value in order["values"]:
        producer.produce(
            topic, serialise(value, context), partition=order["partition"],
            on_delivery=lambda error, _: failed.append(error) if error else None)
        count += 1
left = producer.flush(120)
if left or failed:
    sys.exit(f"{left} records were not delivered, {failed}")
print(count)
