"""Judges Kubernetes' objects and renders a Helm chart: manifests.py CHART VALUES < objects

Runs in a virtual environment with helm-python-sdk, Helm's own library, and kubernetes-validate (.ci/install-python).
Standard input is a JSON list of objects. Prints a JSON object: `rendered`, the chart's objects with VALUES (JSON), and
`problems` of either, as [object, what the schema says].
"""

import json
import sys

import helm_python
import kubernetes_validate
import yaml

# What Debian's and the clouds' clusters have had for long; the newest that the validator knows is looked at, too.
VERSIONS = ("1.28", kubernetes_validate.latest_version())
# Custom resources have no schema there; a test looks at them itself.
CUSTOM = {"ServiceMonitor"}

chart, values = sys.argv[1], json.loads(sys.argv[2])
with helm_python.Chart.load(chart) as loaded:
    texts = loaded.render(values, name="streampulse", namespace="default").values()
rendered = [one for text in texts for one in yaml.safe_load_all(text) if one]
problems = []
for document in rendered + json.load(sys.stdin):
    for version in VERSIONS if document["kind"] not in CUSTOM else ():
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append([f"{document['kind']} {document['metadata']['name']} ({version})", error.message])
print(json.dumps({"rendered": rendered, "problems": problems}))
