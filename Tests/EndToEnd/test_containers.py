"""The files in ops/ for containers and clusters: what they name is there, and means what it says."""

import json
import re
import shutil
import signal
import subprocess

import pytest
import yaml
from clean_system import package
from product import PATIENCE, ROOT, STREAMPULSE, wait_until

PYTHON = ROOT / ".build/python/bin/python"
OPS = ROOT / "ops"
KUBERNETES = OPS / "kubernetes"
COMPOSE = yaml.safe_load((OPS / "compose.yaml").read_text())
VERSION = subprocess.run([STREAMPULSE, "--version"], capture_output=True, text=True).stdout.split()[1]
SETTINGS = set(re.findall(r"^#([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def is_setting(name):
    return name in SETTINGS or name.startswith("KAFKA_PROPERTY_")


# The Dockerfile and compose.


@pytest.fixture(scope="module")
def dockerfile():
    """Its instructions, as (name, value)."""
    assert PYTHON.exists(), "there is no .build/python: run make test-packages"
    script = """if True:
        import dockerfile_parse, io, json, sys
        parser = dockerfile_parse.DockerfileParser(fileobj=io.BytesIO(sys.stdin.buffer.read()))
        print(json.dumps([[one["instruction"], one["value"]] for one in parser.structure]))"""
    done = subprocess.run(
        [PYTHON, "-c", script], input=(OPS / "container/Dockerfile").read_bytes(), capture_output=True, check=True)
    return [(name, value) for name, value in json.loads(done.stdout) if name != "COMMENT"]


def ignored(path):
    """Whether .dockerignore keeps the path from the build."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), path) for pattern in patterns)


def test_the_image_is_built_of_what_is_there(dockerfile):
    copied = [value.split() for name, value in dockerfile if name == "COPY" and "--from" not in value]
    sources = {source for *several, _ in copied for source in several}
    for source in sources:
        assert (ROOT / source).exists() and not ignored(source), source
    # All that git has, but for what is about the repository itself.
    held = set(subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.splitlines())
    if held:
        top = {path.split("/")[0] for path in held}
        assert top - sources == {".dockerignore", ".gitignore", ".swift-format"}
    assert all(":" in value.split()[0] for name, value in dockerfile if name == "FROM")
    made = next(value for name, value in dockerfile if name == "COPY" and "--from=build" in value)
    assert made.split()[1] == "/source/.build/debian/*.deb" and ("RUN", "make deb") in dockerfile


def test_the_image_runs_the_package_as_somebody_who_may_nothing(dockerfile):
    last = dockerfile[max(index for index, (name, _) in enumerate(dockerfile) if name == "FROM"):]
    values = dict(last)
    # Its packages are those that the package depends on, and the dashboard's charts, which it recommends.
    installed = re.findall(r"install --yes --no-install-recommends (.*?) +&&", " ".join(values["RUN"].split()))
    control = (OPS / "debian/control").read_text()
    recommended = re.search(r"^Recommends: (.*)$", control, re.MULTILINE)[1].split(", ")
    assert [one.split() for one in installed] == [["/tmp/streampulse_*.deb", *recommended]]
    assert re.fullmatch(r"\d+:\d+", values["USER"]) and values["USER"].split(":")[0] in " ".join(
        value for name, value in last if name == "RUN")
    assert json.loads(values["ENTRYPOINT"]) == ["streampulse"]
    assert all(is_setting(pair.split("=")[0]) for pair in values["ENV"].split())


def test_the_health_check_says_how_it_is(dockerfile, parts):
    """As the image runs it, beside an API, beside a processor, and beside nothing."""
    check = json.loads(dict(dockerfile)["HEALTHCHECK"].split("CMD ")[1])
    assert check[0] == "streampulse"
    assert parts.run(*check[1:]).returncode == 1
    parts.settings["METRICS_PORT"] = "0"
    serve = parts.start("serve")
    wait_until(lambda: parts.get("/ping"), lambda: serve.output)
    # Until it has looked it is down; without a processor it is degraded, and answers.
    wait_until(lambda: (done := parts.run(*check[1:])).returncode == 0 and done.stdout == "degraded\n", "it stays down")
    serve.stop()
    process = parts.start("process")
    port = json.loads(process.wait_for_output('"listening"'))["url"].rpartition(":")[2]
    wait_until(lambda: parts.run(*check[1:], METRICS_PORT=port).returncode == 0, "the processor is not seen")
    process.stop()


@pytest.mark.deep
@pytest.mark.long
def test_the_last_stage_makes_an_image_that_runs(dockerfile, clean_system, scratch, parts):
    """Its instructions, carried out on a clean system of the distribution that it begins with."""
    system = clean_system.copy(scratch / "root")
    last = dockerfile[max(index for index, (name, _) in enumerate(dockerfile) if name == "FROM"):]
    values = dict(last)
    for name, value in last:
        if name == "COPY":
            shutil.copy(package(VERSION, scratch / "packages"), system.root / value.split()[-1].strip("/"))
        elif name == "RUN":
            system.run("sh", "-c", value)
    user, _, group = values["USER"].partition(":")
    assert system.run("getent", "passwd", user).split(":")[:4] == ["streampulse", "x", user, group]
    settings = dict(pair.split("=", 1) for pair in values["ENV"].split()) | {
        "PATH": "/usr/bin:/bin", "DATABASE_URL": parts.settings["DATABASE_URL"], "API_PORT": str(parts.port),
        "KAFKA_BOOTSTRAP_SERVERS": parts.settings["KAFKA_BOOTSTRAP_SERVERS"], "API_ALLOW_ANONYMOUS": "true"}

    def container(*command):
        return system.command(*command, user=user, folder=values["WORKDIR"])

    entry = json.loads(values["ENTRYPOINT"])
    program, *arguments = container(*entry, *json.loads(values["CMD"]))
    parts.settings = settings
    serve = parts.start(*arguments, program=program, log="container")
    wait_until(lambda: parts.get("/ping"), lambda: serve.output)
    check = container(*json.loads(values["HEALTHCHECK"].split("CMD ")[1]))
    wait_until(lambda: subprocess.run(check, env=settings, capture_output=True).returncode == 0, "it stays down")
    assert parts.get("/vendor/chart.js").status == 200
    assert serve.stop(signal.SIGTERM) == 0
    assert subprocess.run(check, env=settings, capture_output=True).returncode == 1


def environment(service):
    return service.get("environment", {})


def test_compose_names_only_what_there_is():
    services = COMPOSE["services"]
    assert set(services) >= {"kafka", "postgres", "prometheus", "grafana", "migrate", "process", "serve"}
    commands = re.findall(
        r"^  ([a-z-]+) ", subprocess.run([STREAMPULSE, "--help"], capture_output=True, text=True).stdout, re.MULTILINE)
    for name, service in services.items():
        # A tag of a version: neither the newest nor none.
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+[\w.-]*", service["image"]), service["image"]
        for other in service.get("depends_on", {}):
            assert other in services
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] if not source.startswith(".") else (OPS / source).exists(), volume
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")
        if service["image"].startswith("streampulse:"):
            assert service["image"] == f"streampulse:{VERSION}"
            assert all(is_setting(setting) for setting in environment(service)), environment(service)
            assert (OPS / service["build"]["context"] / service["build"]["dockerfile"]).exists()
            if "entrypoint" not in service:
                assert service["command"][0] in commands
    targets = re.findall(r'"([a-z]+):(\d+)"', (OPS / "container/prometheus.yml").read_text())
    assert targets == [("serve", "8000"), ("process", environment(services["process"])["METRICS_PORT"])]


def test_prometheus_of_compose_scrapes_as_that_of_one_machine_does():
    ours, theirs = (
        yaml.safe_load((OPS / path).read_text()) for path in ("container/prometheus.yml", "prometheus/prometheus.yml"))
    for configuration in (ours, theirs):
        for job in configuration["scrape_configs"]:
            del job["static_configs"][0]["targets"]
    assert ours == theirs


# Kubernetes.


def kustomized(folder):
    """The objects that kubectl makes of a kustomization."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl, which builds kustomizations, is not here")
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def judged():
    """(objects, values…) → the chart's objects with the values; the schemas have nothing against them and the others."""
    folder = ROOT / ".build/kubernetes"
    packages = ("helm-python-sdk==0.2.2", "kubernetes-validate==1.37.0")
    subprocess.run([ROOT / ".ci/install-python", folder, *packages], check=True, cwd=ROOT)

    def judge(objects, **values):
        done = subprocess.run(
            [folder / "bin/python", ROOT / "Tests/EndToEnd/manifests.py", KUBERNETES / "chart", json.dumps(values)],
            input=json.dumps(objects), capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["problems"] == []
        return found["rendered"]

    return judge


def containers(objects):
    return [
        container for one in objects if one["kind"] in ("Deployment", "StatefulSet", "Job")
        for container in one["spec"]["template"]["spec"]["containers"]
    ]


def holds_together(objects):
    """What a schema does not see: that what an object names is another's."""
    by_kind = {kind: [one for one in objects if one["kind"] == kind] for kind in {one["kind"] for one in objects}}
    pods = [(one["spec"]["template"]["metadata"]["labels"], one["spec"]["template"]["spec"])
            for one in by_kind["Deployment"] + by_kind["StatefulSet"] + by_kind["Job"]]

    def selected(labels):
        found = [pod for have, pod in pods if labels.items() <= have.items()]
        assert found, labels
        return found

    ports = {port["name"] for container in containers(objects) for port in container.get("ports", [])}
    for one in by_kind["Service"]:
        for pod in selected(one["spec"]["selector"]):
            for port in one["spec"]["ports"]:
                assert port["targetPort"] in {had["name"] for had in pod["containers"][0]["ports"]}
    for one in by_kind["PodDisruptionBudget"]:
        assert len(selected(one["spec"]["selector"]["matchLabels"])) == 1
    for one in by_kind["NetworkPolicy"]:
        assert len(selected(one["spec"]["podSelector"]["matchLabels"])) == 3
        assert {port["port"] for rule in one["spec"]["ingress"] for port in rule["ports"]} == ports
    for one in by_kind["HorizontalPodAutoscaler"]:
        scaled = one["spec"]["scaleTargetRef"]
        target = next(had for had in by_kind[scaled["kind"]] if had["metadata"]["name"] == scaled["name"])
        # Otherwise each apply would undo what was scaled.
        assert "replicas" not in target["spec"]
    for one in by_kind["StatefulSet"]:
        assert one["spec"]["serviceName"] in {had["metadata"]["name"] for had in by_kind["Service"]}
    for one in by_kind["ServiceMonitor"]:
        assert one["apiVersion"] == "monitoring.coreos.com/v1"
        labels = one["spec"]["selector"]["matchLabels"]
        services = [had for had in by_kind["Service"] if labels.items() <= had["metadata"]["labels"].items()]
        assert {port["name"] for had in services for port in had["spec"]["ports"]} == {
            endpoint["port"] for endpoint in one["spec"]["endpoints"]}
    settings = [one["data"] for one in by_kind["ConfigMap"]]
    assert all(is_setting(name) for data in settings for name in data)
    for container in containers(objects):
        assert container["image"].endswith(f"streampulse:{VERSION}")
        assert all(is_setting(variable["name"]) for variable in container.get("env", []))
        assert {one["configMapRef"]["name"] for one in container["envFrom"] if "configMapRef" in one} <= {
            one["metadata"]["name"] for one in by_kind["ConfigMap"]}


KINDS = {"ConfigMap", "Job", "Deployment", "StatefulSet", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler",
         "NetworkPolicy", "ServiceMonitor"}


@pytest.mark.deep
@pytest.mark.parametrize("folder", ("base", "overlays/trial", "overlays/production"))
def test_kustomizations_make_valid_objects_that_hold_together(folder, judged):
    objects = kustomized(KUBERNETES / folder)
    judged(objects)
    assert {one["kind"] for one in objects} >= KINDS
    holds_together(objects)
    if folder != "base":
        assert len({one["metadata"].get("namespace") for one in objects}) == 1


def comparable(objects):
    """The objects by kind and name; containers' settings are their values, wherever they come from."""
    settings = {one["metadata"]["name"]: one["data"] for one in objects if one["kind"] == "ConfigMap"}
    for container in containers(objects):
        variables = {one["name"]: one["value"] for one in container.pop("env", [])}
        for source in list(container["envFrom"]):
            if "configMapRef" in source:
                variables = settings[source["configMapRef"]["name"]] | variables
                container["envFrom"].remove(source)
        container["variables"] = variables
    for one in objects:
        one["metadata"].pop("annotations", None)
    return {(one["kind"], one["metadata"]["name"]): one for one in objects}


@pytest.mark.deep
def test_the_chart_makes_what_the_base_makes(judged):
    base = kustomized(KUBERNETES / "base")
    assert comparable(judged(base)) == comparable(base)


@pytest.mark.deep
def test_the_chart_follows_its_values(judged):
    objects = judged([], image=f"registry.example.org/streampulse:{VERSION}", secret="other", serviceMonitor=False,
                     settings={"STREAMPULSE_PROJECT": "trips", "WORKERS": "2", "API_ALLOW_ANONYMOUS": "false"},
                     egressPorts=[19092, 6432])
    assert not [one for one in objects if one["kind"] == "ServiceMonitor"]
    assert all(one["image"].startswith("registry.example.org/") for one in containers(objects))
    assert all({"secretRef": {"name": "other"}} in one["envFrom"] for one in containers(objects))
    job = next(one for one in objects if one["kind"] == "Job")
    # Before there is anything else of the release.
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert {"name": "STREAMPULSE_PROJECT", "value": "trips"} in job["spec"]["template"]["spec"]["containers"][0]["env"]
    policy = next(one for one in objects if one["kind"] == "NetworkPolicy")
    assert [port["port"] for port in policy["spec"]["egress"][0]["ports"]] == [53, 53, 19092, 6432]


def test_the_chart_has_the_version_of_the_program():
    chart = yaml.safe_load((KUBERNETES / "chart/Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == VERSION
