#!/usr/bin/python3
"""The plugin webhook against a strict receiver and the libraries that receivers use.

    webhook_receivers_test.py SENDER MODULE RECEIVERS"""
import base64
import datetime
import email.utils
import json
import pathlib
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
RECEIVERS = ROOT / "tests/fakes/webhook/receivers"
VECTORS = ROOT / "plugins/notifier/webhook/tests/webhook_vectors.json"
sys.path.insert(0, str(ROOT / "tests/fakes/webhook"))
from fake_receiver import FakeReceiver  # noqa: E402

SENDER, MODULE, INSTALLED = sys.argv[1:4]
if not pathlib.Path(INSTALLED, "stamp").exists():
    print("the libraries of receivers are not installed; run scripts/setup")
    sys.exit(77)

vectors = json.loads(VECTORS.read_text())
BY_NAME = {each["name"]: each for each in vectors["accepted"] + vectors["refused"]}
NEW, OLD = BY_NAME["one secret"]["secret"], BY_NAME["rotation, whoever has the old secret"]["secret"]
OTHER, PUBLIC = BY_NAME["another secret"]["secret"], BY_NAME["one secret"]["public_key"]
HMACS = ("standardwebhooks (npm)", "svix (npm)", "standardwebhooks (PyPI)")
ED25519S = ("v1a (Node)", "v1a (Python)")


def verdicts(webhooks, at=None):
    """What each library says of each webhook, when its clock says `at` (Unix seconds): "" or why it refuses it."""
    clock = []
    if at is not None:
        moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        clock = ["env", "TZ=UTC", "faketime", "-f", moment.strftime("@%Y-%m-%d %H:%M:%S")]

    def run(*command):
        text = json.dumps(webhooks).encode()
        return json.loads(subprocess.run([*clock, *map(str, command)], input=text, stdout=subprocess.PIPE, check=True).stdout)

    node = run("node", RECEIVERS / "verify.mjs", pathlib.Path(INSTALLED, "node_modules"))
    python = run(pathlib.Path(INSTALLED, "venv/bin/python"), RECEIVERS / "verify.py")
    return [dict(zip(HMACS + ED25519S, (n["standardwebhooks"], n["svix"], p["standardwebhooks"], n["v1a"], p["v1a"])))
            for n, p in zip(node, python)]


def webhook(headers, body, secret=NEW, public_key=PUBLIC):
    return {"headers": headers, "body": base64.b64encode(body).decode(), "secret": secret, "public_key": public_key}


class Sender:
    """The plugin in the daemon's host."""

    def __init__(self, **table):
        table = {"allow_http": True, "allow": ["127.0.0.0/8"]} | table
        self.process = subprocess.Popen([SENDER, MODULE, json.dumps(table)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        private = vectors["private_key"]
        for handle, value in (("new", NEW), ("old", OLD), ("pair", private)):
            self.write({"secret": f"secret:zone/added/{handle}", "value": value})

    def write(self, line):
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, line):
        self.write(line)
        return json.loads(self.process.stdout.readline())

    def deliver(self, address, event_id="01975c2e-7f3a-7c11-9a4e-5b1f0c2d3e4f", keys=("new",), data=None):
        body = json.dumps({"specversion": "1.0", "id": event_id, "source": "paynamed", "type": "payment.received",
                           "time": "2027-01-15T08:00:00Z", "timestamp": "2027-01-15T08:00:00Z",
                           "data": data or {"name": "alice@example.com", "note": "caf\u00e9 \u26a1"}}, ensure_ascii=False)
        named = [{"kind": "ed25519" if key == "pair" else "hmac", "handle": f"secret:zone/added/{key}"} for key in keys]
        return self.ask({"deliver": {"id": event_id, "address": address, "body": body, "keys": named}})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class Vectors(unittest.TestCase):
    def judge(self, group):
        # The libraries parse what they have verified, and an empty body is no JSON.
        chosen = [each for each in group if each["body"]]
        webhooks = [webhook({"webhook-id": each["id"], "webhook-timestamp": each["timestamp"],
                             "webhook-signature": each["signature"]}, each["body"].encode(), each["secret"], each["public_key"])
                    for each in chosen]
        return zip(chosen, verdicts(webhooks, vectors["now"]))

    def test_what_is_accepted(self):
        for vector, verdict in self.judge(vectors["accepted"]):
            for library in HMACS + (ED25519S if "v1a" in vector["schemes"] else ()):
                with self.subTest(vector["name"], library=library):
                    self.assertEqual(verdict[library], "")

    def test_what_is_refused(self):
        for vector, verdict in self.judge(vectors["refused"]):
            # The ed25519 key of a vector with another secret is its own.
            libraries = HMACS + ED25519S
            for library in libraries:
                with self.subTest(vector["name"], library=library):
                    self.assertNotEqual(verdict[library], "", vector["reason"])


class Deliveries(unittest.TestCase):
    def send(self, keys):
        with FakeReceiver() as receiver, Sender() as sender:
            reply = sender.deliver(receiver.url("/status/204"), keys=keys)
            self.assertEqual(reply["outcome"], "delivered", reply)
            self.assertEqual(len(receiver.requests), 1)
            return receiver.requests[0]

    def test_every_library_takes_ours_and_refuses_what_was_changed(self):
        sent = self.send(("new", "pair"))
        headers, body = sent["headers"], sent["body"]
        middle = len(body) // 2
        changed = {
            "one byte of the body": webhook(headers, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1:]),
            "the id": webhook(headers | {"webhook-id": headers["webhook-id"][:-1] + "0"}, body),
            "the timestamp": webhook(headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body),
        }
        good, *bad = verdicts([webhook(headers, body), *changed.values()])
        for library in HMACS + ED25519S:
            with self.subTest("unchanged", library=library):
                self.assertEqual(good[library], "")
            for name, verdict in zip(changed, bad):
                with self.subTest(name, library=library):
                    self.assertNotEqual(verdict[library], "")

    def test_an_old_one_and_a_wrong_key_are_refused(self):
        sent = self.send(("new", "pair"))
        now = int(sent["headers"]["webhook-timestamp"])
        [later] = verdicts([webhook(sent["headers"], sent["body"])], now + 301)
        other_public = "whpk_" + base64.b64encode(base64.b64decode(vectors["private_key"][5:])[:32]).decode()
        [stranger] = verdicts([webhook(sent["headers"], sent["body"], OTHER, other_public)])
        for library in HMACS + ED25519S:
            with self.subTest(library=library):
                self.assertNotEqual(later[library], "")
                self.assertNotEqual(stranger[library], "")

    def test_both_secrets_work_during_a_rotation(self):
        sent = self.send(("new", "old", "pair"))
        self.assertRegex(sent["headers"]["webhook-signature"], r"^v1,\S+ v1,\S+ v1a,\S+$")
        both = verdicts([webhook(sent["headers"], sent["body"], secret) for secret in (NEW, OLD, OTHER)])
        for library in HMACS:
            with self.subTest(library=library):
                self.assertEqual([verdict[library] == "" for verdict in both], [True, True, False])

    def test_a_repeat_has_the_same_id_and_is_signed_anew(self):
        with FakeReceiver() as receiver, Sender() as sender:
            sender.deliver(receiver.url("/status/500"))
            time.sleep(1.1)  # the signature is of whole seconds
            sender.deliver(receiver.url("/status/200"))
            first, second = (each["headers"] for each in receiver.requests)
        self.assertEqual(first["webhook-id"], second["webhook-id"])
        self.assertNotEqual(first["webhook-timestamp"], second["webhook-timestamp"])
        self.assertNotEqual(first["webhook-signature"], second["webhook-signature"])


class Treatment(unittest.TestCase):
    """plugins/notifier/webhook/README.md, "What an answer means"."""

    def table(self):
        in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True).replace(" ", "%20")
        return {
            "/status/200": {"outcome": "delivered", "status": 200, "reason": ""},
            "/status/204": {"outcome": "delivered", "status": 204},
            "/status/301?location=/status/200": {"outcome": "retry", "status": 301, "throttled": False},
            "/status/307?location=/status/200": {"outcome": "retry", "status": 307, "throttled": False},
            "/status/400": {"outcome": "retry", "status": 400, "throttled": False},
            "/status/404": {"outcome": "retry", "status": 404, "throttled": False},
            "/status/410": {"outcome": "gone", "status": 410},
            "/status/501": {"outcome": "gone", "status": 501},
            "/status/500": {"outcome": "retry", "status": 500, "throttled": False, "retry_after_ms": 0},
            "/status/429?retry-after=7": {"outcome": "retry", "throttled": True, "retry_after_ms": 7000},
            "/status/503?retry-after=" + in_a_minute: {"outcome": "retry", "throttled": True, "retry_after_ms": (30_000, 60_000)},
            "/status/503?retry-after=soon": {"outcome": "retry", "throttled": True, "retry_after_ms": 0},
            "/status/502": {"outcome": "retry", "throttled": True},
            "/status/504": {"outcome": "retry", "throttled": True},
            "/body/100000000": {"outcome": "delivered", "status": 200, "answer_bytes": 20_000},
            "/endless": {"outcome": "delivered", "status": 200, "answer_bytes": 20_000},
            "/cut/status-line": {"outcome": "delivered", "status": 200, "answer_bytes": 0},
            "/cut/headers": {"outcome": "delivered", "status": 200},
            "/cut/body": {"outcome": "delivered", "status": 200, "answer_bytes": 4},
            "/slow-body": {"outcome": "delivered", "status": 200, "answer_bytes": 4},
            "/hang": {"code": 4},       # DEADLINE_EXCEEDED
            "/hang-up": {"code": 2},    # UNKNOWN
            "/garbage": {"outcome": "retry", "status": 0},
        }

    def test_each_answer_gets_its_treatment(self):
        with FakeReceiver() as receiver, Sender(timeout="1s") as sender:
            for path, wanted in self.table().items():
                with self.subTest(path):
                    before = len(receiver.requests)
                    reply = sender.deliver(receiver.url(path))
                    for name, value in wanted.items():
                        if isinstance(value, tuple):
                            self.assertTrue(value[0] <= reply[name] <= value[1], reply)
                        else:
                            self.assertEqual(reply.get(name), value, reply)
                    self.assertEqual([each["path"] for each in receiver.requests[before:]], [path], "one attempt, not followed")
            self.assertEqual([each["broken"] for each in receiver.requests if each["broken"]], [])
            long_ones = sum(path.startswith(("/body/", "/endless")) for path in self.table())
            poured = receiver.wait_for_poured(long_ones)
            self.assertEqual(len(poured), long_ones)
            self.assertLess(max(poured), 50_000_000, "the rest of an answer is not read")

    def test_nobody_there_is_unavailable(self):
        with FakeReceiver() as receiver:
            address = receiver.url("/status/200")
        with Sender() as sender:
            self.assertEqual(sender.deliver(address)["code"], 14)

    def test_what_must_not_be_called_is_denied_and_nothing_is_sent(self):
        with FakeReceiver() as receiver, Sender(allow=[]) as sender:
            port = receiver.server_address[1]
            for host, code in (("127.0.0.1", 7), ("localhost", 7), ("[::ffff:127.0.0.1]", 7), ("127.1", 3), ("2130706433", 3)):
                with self.subTest(host):
                    reply = sender.deliver(f"http://{host}:{port}/status/200")
                    self.assertEqual(reply.get("code"), code, reply)
            self.assertEqual(receiver.requests, [])

    def test_a_receiver_is_asked_by_the_handshake(self):
        with FakeReceiver() as receiver, Sender(handshake="events.example.com") as sender:
            reply = sender.ask({"check": receiver.url("/status/200")})
            self.assertEqual(reply.get("address"), receiver.url("/status/200"), reply)
            self.assertEqual(receiver.requests[0]["headers"]["WebHook-Request-Origin"], "events.example.com")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
