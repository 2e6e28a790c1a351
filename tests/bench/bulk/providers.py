"""The two providers: how the plugin is configured, what the fake is told to allow, and what the fake counted."""

import http.client
import json
import math
import sys

DOMAIN = "example.test"


class Fake:
    """What both have in common: a program that prints its port, and answers at /_fake/..."""

    def __init__(self, children, program, words):
        self._child = children.start([sys.executable, str(program), *words], "fake", speaks=True)
        self.port = int(self._child.stdout.readline().split()[1])

    def control(self, what, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET" if body is None else "POST", "/_fake/" + what, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"the fake refused {what}: {text.decode()}")
            return json.loads(text)
        finally:
            connection.close()


class Cloudflare:
    """1200 requests in 5 minutes, of which a fortieth may go at once (the plugin's rule, within Cloudflare's)."""

    TOKEN = "bulk-0123456789-0123456789-0123456789"
    NAMES_A_BATCH, RECORDS_A_PAGE = 200, 5000
    REQUESTS_OF_ONE = 5  # at most, of a registration

    def __init__(self, children, sources, mirror, options, folder):
        self._batch, self._names = options.batch, options.names
        self._requests = max(40, round(1200 * options.speed))
        self._burst = self._requests // 40
        self._fake = Fake(children, sources / "tests/fakes/cloudflare/fake_cloudflare.py",
                          ["--zone", DOMAIN, "--token", self.TOKEN, "--quota", str(options.names + 100), "--mirror", mirror])
        self._fake.control("limit", {"most": self._requests, "window": 300.0, "block": 300.0})
        self._fake.control("delay", {"seconds": options.latency})
        self._token_file = folder / "cloudflare.token"
        children.write_secret(self._token_file, self.TOKEN)

    def plugin_table(self):
        return (f'module = "cloudflare"\napi_token = {{ file = "{self._token_file}" }}\n'
                f'endpoint = "http://127.0.0.1:{self._fake.port}/client/v4"\nbatch = {str(self._batch).lower()}\n'
                f"max_batch = {self.NAMES_A_BATCH}\nrequests_per_5_minutes = {self._requests}\n")

    def counts(self):
        counters = self._fake.control("counters")
        kinds = ("verify", "zones", "zone", "list", "get", "post", "patch", "put", "delete", "batch")
        return {"requests": {kind: counters[kind] for kind in kinds if counters.get(kind)},
                "rejected": counters.get("blocked", 0) + counters.get("refused", 0),
                "changed": counters.get("post", 0) + counters.get("batched", 0)}

    def server_seconds(self, name):
        """What the signed zone behind the fake took to have a name that was changed alone."""
        user, _, domain = name.partition("@")
        return self._fake.control("server_seconds").get(f"{user}.user._bitcoin-payment.{domain}.", 0.0)

    def refill_seconds(self):
        return self._burst / self._rate()

    def pause_seconds(self):
        return self.REQUESTS_OF_ONE / self._rate()

    def _rate(self):
        return (self._requests - self._burst) / 300

    def budget(self, alone):
        """(seconds, how they come about), with `alone` names that are registered one by one meanwhile."""
        writes = math.ceil(self._names / self.NAMES_A_BATCH) if self._batch else self._names
        # A batch is only known to have gone well when the zone was read after it (one list, page by page).
        pages = sum(math.ceil(batch * self.NAMES_A_BATCH / self.RECORDS_A_PAGE) for batch in range(1, writes + 1)) if self._batch else 0
        seconds = max(0.0, (writes + pages + alone - self._burst) / self._rate())
        return seconds, (f"{writes} requests that write and {pages} pages read after them, {alone} for names alone, {self._burst} at once, "
                         f"then {self._rate():.2f} a second")


class Route53:
    """10 requests and 50 changed record sets a second, 50 and 500 at once."""

    KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    CHANGES_A_REQUEST = 500

    def __init__(self, children, sources, mirror, options, folder):
        self._names, self._speed = options.names, options.speed
        self._fake = Fake(children, sources / "tests/fakes/route53/fake_route53.py", ["--mirror", mirror])
        self._fake.control("settings", {
            "request_rate": 10.0 * self._speed, "request_burst": self._whole(50),
            "change_rate": 50.0 * self._speed, "change_burst": self._whole(500),
            "pending_seconds": options.pending, "processing_seconds": options.latency,
        })  # fmt: skip
        self._zone = self._fake.control("add_zone", {"name": DOMAIN + ".", "quota": options.names + 100})["id"]
        self._secret_file = folder / "aws.secret"
        children.write_secret(self._secret_file, self.SECRET)

    def _whole(self, number):
        return max(1, round(number * self._speed))

    def plugin_table(self):
        return (f'module = "route53"\nzone_id = "{self._zone}"\naccess_key_id = "{self.KEY_ID}"\n'
                f'secret_access_key = {{ file = "{self._secret_file}" }}\n'
                f'endpoint = "http://127.0.0.1:{self._fake.port}"\nsts_endpoint = "http://127.0.0.1:{self._fake.port}"\n'
                f"requests_per_second = {10.0 * self._speed}\nrequest_burst = {self._whole(50)}\n"
                f"changes_per_second = {50.0 * self._speed}\nchange_burst = {self._whole(500)}\n")

    def counts(self):
        counters = self._fake.control("counters")
        return {"requests": counters["requests"], "rejected": sum(counters["refusals"].values()),
                "refusals": counters["refusals"], "changed": sum(each["size"] for each in self._fake.control("changes"))}

    def server_seconds(self, name):
        return 0.0  # GetChange says INSYNC when it is there, which is the provider's time: nothing is taken off

    def refill_seconds(self):
        return 10.0

    def pause_seconds(self):
        return 0.5 / self._speed

    def budget(self, alone):
        names = self._names + alone
        changes = (names - self._whole(500)) / (50.0 * self._speed)
        requests = (math.ceil(self._names / self.CHANGES_A_REQUEST) + alone - self._whole(50)) / (10.0 * self._speed)
        return max(0.0, changes, requests), f"{names} changes, {self._whole(500)} at once, then {50.0 * self._speed:g} a second"


PROVIDERS = {"cloudflare": Cloudflare, "route53": Route53}
