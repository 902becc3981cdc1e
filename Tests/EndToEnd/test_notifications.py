"""Notifications as receivers see them: real servers, servers that fail, and a courier that is killed."""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import random
import shutil
import subprocess
import time
import urllib.request

import pytest
from product import ROOT, free_port, wait_until
from receiver import Receiver

PYTHON = ROOT / ".build/python/bin/python"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def new_receiver():
    receivers = []

    def make(*arguments):
        receivers.append(Receiver(*arguments))
        return receivers[-1]

    yield make
    for receiver in receivers:
        receiver.stop()


def define(product, targets):
    """Gives the product a project with these targets."""
    folder = product.folder / "project"
    if not folder.exists():
        folder.mkdir()
        for name in ("sql", "schemas"):
            shutil.copytree(ROOT / name, folder / name)
        product.settings["STREAMPULSE_PROJECT"] = str(folder)
    (folder / "sql/alerts/targets.sql").write_text(targets)


def write(product, target, incident, event="firing", **more):
    """Writes a notification as the transaction does that raises what it tells; returns its key."""
    payload = {
        "incident": incident, "event": event, "alert": "HIGH_ERROR_RATE", "severity": "CRITICAL",
        "message": f"Error rate of region {incident} is 42 %", "key": {"region": f"region {incident}"},
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "metric": "error_rate", "value": 0.42,
    } | more
    return product.value(
        "INSERT INTO pulse.notifications (target, incident, event, payload) VALUES (%s, %s, %s, %s) RETURNING key::text",
        (target, incident, event, json.dumps(payload)))


def waiting(product):
    return product.value(
        "SELECT count(*) FROM pulse.notifications WHERE delivered_at IS NULL AND given_up_at IS NULL")


def wait_until_delivered(product):
    wait_until(lambda: waiting(product) == 0, lambda: product.query("SELECT * FROM pulse.notifications ORDER BY id"))


def signature(request):
    """What the documentation says a receiver computes."""
    key = base64.b64decode(SECRET[6:])
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_every_notification_arrives_with_its_key_though_half_fail_and_the_courier_is_killed(parts, new_receiver):
    noise = random.Random(11)
    receiver = new_receiver(lambda number: noise.choice([200, 500]))
    define(parts, f"-- target: oncall webhook {receiver.url}/hook\n-- secret: env ONCALL_SECRET\n")
    keys = {write(parts, "oncall", incident): incident for incident in range(1, 41)}
    for kill in range(5):
        processor = parts.start("process", ONCALL_SECRET=SECRET)
        enough = 8 * (kill + 1)
        wait_until(lambda: len(receiver.requests) >= enough or waiting(parts) == 0, lambda: processor.output)
        processor.kill()
    parts.start("process", ONCALL_SECRET=SECRET)
    wait_until_delivered(parts)

    assert {request.headers["Idempotency-Key"] for request in receiver.taken} == set(keys)
    for request in receiver.requests:
        key = request.headers["Idempotency-Key"]
        assert request.headers["webhook-id"] == key
        assert request.json["incident"] == keys[key]
        assert request.headers["webhook-signature"] == signature(request)
        assert abs(time.time() - int(request.headers["webhook-timestamp"])) < 600
        assert request.path == "/hook"
    assert any(request.status == 500 for request in receiver.requests)


def test_a_receiver_that_hangs_delays_no_other_and_secrets_are_nowhere(parts, new_receiver):
    hanging, good = new_receiver(lambda number: None), new_receiver()
    hidden = "T0PS3CRET-path"
    define(parts, f"-- target: hangs slack env CHAT_URL\n-- target: good webhook {good.url}\n-- secret: env ONCALL_SECRET\n")
    for incident in range(5):
        write(parts, "hangs", incident)
        write(parts, "good", incident)
    processor = parts.start(
        "process", "--notification-timeout-seconds", 3, CHAT_URL=f"{hanging.url}/{hidden}", ONCALL_SECRET=SECRET)
    wait_until(lambda: len(good.taken) == 5, lambda: processor.output)
    assert len(hanging.requests) == 1
    line = processor.wait_for_output("a target does not take notifications")
    assert '"target":"hangs"' in line
    wait_until(
        lambda: parts.value("SELECT count(*) FROM pulse.notifications WHERE problem IS NOT NULL"), "no problem is kept")
    rows = str(parts.query("SELECT n::text FROM pulse.notifications AS n"))
    command = open(f"/proc/{processor.pid}/cmdline").read()
    for text in (rows, command, processor.output):
        assert hidden not in text and SECRET not in text and SECRET[6:] not in text
    assert processor.stop() == 0


@pytest.fixture
def certificate(scratch):
    """A certificate for 127.0.0.1 that is its own authority."""
    files = (scratch / "certificate.pem", scratch / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
         "-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True)
    return files


class MailServer:
    """aiosmtpd; `mails` are those that it has taken."""

    def __init__(self, product, *certificate):
        self.port = free_port()
        self.folder = product.folder / f"mails-{self.port}"
        self.folder.mkdir()
        self.program = product.start(
            ROOT / "Tests/EndToEnd/smtp_server.py", self.port, self.folder, *certificate, program=PYTHON, log="smtp")
        self.program.wait_for_output("ready")

    @property
    def mails(self):
        """Each as its envelope and the message, in their order."""
        found = []
        for file in sorted(self.folder.glob("*.mail"), key=lambda file: int(file.stem)):
            head, _, content = file.read_bytes().partition(b"\n")
            found.append((head.decode().split(" "), email.message_from_bytes(content, policy=email.policy.default)))
        return found

    def target(self, name="mail"):
        return (
            f"-- target: {name} email smtp://127.0.0.1:{self.port}\n"
            "-- from: StreamPulse <alerts@example.org>\n-- to: oncall@example.org, Zoë <zoe@example.org>\n"
            "-- user: alerts\n-- password: env SMTP_PASSWORD\n")


def test_a_mail_comes_encrypted_with_a_login_and_is_readable(parts, certificate):
    server = MailServer(parts, *certificate)
    define(parts, server.target())
    parts.settings["NOTIFICATION_CA"] = str(certificate[0])
    long = "Größe " * 100 + "Ende."
    write(parts, "mail", 1, title="Fehler in Köln", message=f".first line\n{long}", labels={"team": "médias"})
    write(parts, "mail", 1, "resolved", title="Fehler in Köln")
    processor = parts.start("process", SMTP_PASSWORD="open sesame")
    wait_until(lambda: len(server.mails) == 2, lambda: processor.output)
    (sender, recipients, way), mail = server.mails[0]
    assert (sender, recipients, way) == ("alerts@example.org", "oncall@example.org,zoe@example.org", "tls")
    assert mail["Subject"] == "[CRITICAL] Fehler in Köln"
    assert mail["From"] == "StreamPulse <alerts@example.org>"
    assert "Zoë <zoe@example.org>" in mail["To"]
    assert mail.defects == [] and mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content().splitlines()
    assert body[0] == ".first line" and body[1] == long
    assert "Labels:   team = médias" in body
    assert "Key:      region = region 1" in body
    resolved = server.mails[1][1]
    assert resolved["Subject"] == "[RESOLVED] Fehler in Köln"
    assert resolved["References"] == mail["References"] and resolved["Message-ID"] != mail["Message-ID"]
    assert processor.stop() == 0


def test_no_mail_is_sent_in_the_clear_or_to_a_server_that_nobody_vouches_for(parts, certificate):
    plain, unknown = MailServer(parts), MailServer(parts, *certificate)
    define(parts, plain.target("plain") + unknown.target("unknown"))
    for name, reason in (("plain", "the server offers no TLS"), ("unknown", "certificate")):
        done = parts.run("alerts", "notify-test", name, SMTP_PASSWORD="open sesame")
        assert done.returncode == 1 and reason in done.stdout, done.stdout
    done = parts.run(
        "alerts", "notify-test", "unknown", SMTP_PASSWORD="wrong one", NOTIFICATION_CA=str(certificate[0]))
    assert done.returncode == 1 and "refuses user and password" in done.stdout, done.stdout
    done = parts.run(
        "alerts", "notify-test", "unknown", SMTP_PASSWORD="open sesame", NOTIFICATION_CA=str(certificate[0]))
    assert done.returncode == 0, done.stdout
    assert [mail["Subject"] for _, mail in unknown.mails] == ["[TEST] Test of the target unknown"]
    assert plain.mails == []


def test_an_alertmanager_gets_groups_and_resolves_alerts(parts, new_receiver):
    receiver = new_receiver()
    port = free_port()
    settings = parts.folder / "alertmanager.yml"
    settings.write_text(f"""
route: {{receiver: ours, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
- name: ours
  webhook_configs: [{{url: '{receiver.url}/', send_resolved: true}}]
""")
    alertmanager = parts.start(
        f"--config.file={settings}", f"--storage.path={parts.folder}/alertmanager", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}", program="/usr/bin/prometheus-alertmanager", log="alertmanager")

    def ask(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return json.loads(answer.read() or "null")
        except OSError:
            return None

    wait_until(lambda: ask("/api/v2/status"), lambda: alertmanager.output)
    define(parts, f"-- target: prometheus alertmanager http://127.0.0.1:{port}\n")
    for incident in (1, 2, 3):
        write(parts, "prometheus", incident, runbook="https://wiki.example.org/x", labels={"team": "media"})
    processor = parts.start("process", "--notification-resend-seconds", 1)
    groups = wait_until(
        lambda: [group for group in ask("/api/v2/alerts/groups") if len(group["alerts"]) == 3],
        lambda: alertmanager.output + processor.output)
    assert len(groups) == 1 and groups[0]["labels"] == {"alertname": "HIGH_ERROR_RATE"}
    alert = min(groups[0]["alerts"], key=lambda alert: alert["labels"]["incident"])
    assert alert["labels"] == {
        "alertname": "HIGH_ERROR_RATE", "incident": "1", "severity": "critical", "source": "project",
        "region": "region 1", "team": "media"}
    assert alert["annotations"]["summary"] == "[CRITICAL] HIGH_ERROR_RATE: region = region 1"
    assert alert["annotations"]["runbook_url"] == "https://wiki.example.org/x"

    def told(status):
        return [len(request.json["alerts"]) for request in receiver.taken if request.json["status"] == status]

    wait_until(lambda: 3 in told("firing"), lambda: alertmanager.output)
    # Four times the interval of repeats: what was not repeated would be over.
    time.sleep(6)
    assert len(ask("/api/v2/alerts")) == 3 and told("resolved") == []
    for incident in (1, 2, 3):
        ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        write(parts, "prometheus", incident, "resolved", resolved_at=ended, labels={"team": "media"})
    wait_until(lambda: told("resolved"), lambda: alertmanager.output)
    wait_until(lambda: ask("/api/v2/alerts") == [], lambda: ask("/api/v2/alerts"))
    assert processor.stop() == 0
    alertmanager.stop()


def test_a_test_message_says_what_came_of_it(product, new_receiver):
    receiver = new_receiver(lambda number: 200 if number < 2 else 403)
    define(product, f"""
-- target: oncall webhook {receiver.url}/hook
-- secret: env ONCALL_SECRET
-- target: chat slack env CHAT_URL
""")
    done = product.run("alerts", "notify-test", "oncall", ONCALL_SECRET=SECRET)
    assert done.returncode == 0 and done.stdout.startswith("oncall (webhook) has taken the test message: 200"), done
    assert receiver.requests[0].json["event"] == "test"
    assert receiver.requests[0].headers["webhook-signature"] == signature(receiver.requests[0])
    # A secret may stand in .env, too.
    (product.folder / ".env").write_text(f"CHAT_URL={receiver.url}/T0PS3CRET\n")
    assert "[TEST]" in product.must("alerts", "notify-test", "chat") + receiver.requests[1].json["text"]
    done = product.run("alerts", "notify-test", "chat")
    assert done.returncode == 1 and "the server answers 403" in done.stdout and "T0PS3CRET" not in done.stdout
    done = product.run("alerts", "notify-test", "oncall")
    assert done.returncode == 1 and "ONCALL_SECRET is not set" in done.stdout
    done = product.run("alerts", "notify-test", "oncal")
    assert done.returncode == 2 and "did you mean oncall?" in done.stderr
    assert "target oncall: webhook" in product.must("check").splitlines()


def test_the_documentation_s_targets_are_valid(product):
    text = (ROOT / "docs/notifications.md").read_text()
    define(product, "-- target:" + text.split("```\n-- target:", 1)[1].split("```")[0])
    lines = product.must("check").splitlines()
    assert "target oncall: webhook" in lines and "target prometheus: alertmanager" in lines
