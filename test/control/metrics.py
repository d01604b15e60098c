"""Reads expositions as Prometheus would: {"text": ..., "open": true} in, by family its type and samples out."""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_plain

asked = json.load(sys.stdin)
parse = parse_open if asked["open"] else parse_plain
print(
    json.dumps(
        [
            [family.name, family.type, [[one.name, one.labels, one.value] for one in family.samples]]
            for family in parse(asked["text"])
        ]
    )
)
