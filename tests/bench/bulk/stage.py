"""What stands around the measurement: children that end with us, a private DNS, and the daemon."""

import ctypes
import http.client
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from urllib.parse import quote

from providers import DOMAIN

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
READY_SECONDS = 60


def end_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Children:
    """Processes that are ended in the other order than they were started."""

    def __init__(self, folder):
        self._folder, self._started = folder, []

    def start(self, words, log, speaks=False):
        with open(self._folder / f"{log}.log", "wb") as errors:
            child = subprocess.Popen(words, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE if speaks else errors,
                                     stderr=errors, preexec_fn=end_with_parent, text=True)
        self._started.append(child)
        return child

    def end(self):
        for child in reversed(self._started):
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    @staticmethod
    def write_secret(path, text):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text + "\n")


class Lab:
    """A root, test. and example.test., signed, of scripts/dns-lab."""

    def __init__(self, children, sources, folder):
        self.folder = folder / "lab"
        child = children.start([str(sources / "scripts/dns-lab"), "start", str(self.folder), "--foreground"], "lab", speaks=True)
        for line in child.stdout:
            if "ready: port" in line:
                break
        else:
            raise RuntimeError(f"the private DNS did not start; {folder}/lab.log says why")
        # It goes on to talk, and must not wait for somebody who listens.
        threading.Thread(target=lambda: child.stdout.read(), daemon=True).start()
        lab = json.loads((self.folder / "lab.json").read_text())
        self.port, self.addresses = lab["port"], lab["addresses"]
        self.mirror = f"{self.addresses[0]}:{self.port},paynamed.,{(self.folder / 'tsig.secret').read_text().strip()}"


class Daemon:
    """paynamed with one domain at the provider."""

    def __init__(self, children, binaries, lab, plugin_table, folder):
        # Each key has a rate of its own: who registers one name is not who registers many.
        self._key = "bench-" + secrets.token_hex(16)
        self.key_file, self._config = folder / "bulk.key", folder / "paynamed.toml"
        children.write_secret(folder / "one.key", self._key)
        children.write_secret(self.key_file, "bench-" + secrets.token_hex(16))
        self.program, self.control_program = binaries / "paynamed", binaries / "paynamectl"
        self._config.write_text(self._configuration(lab, plugin_table))
        self.child = children.start([str(self.program), "run", "--config", str(self._config)], "paynamed")
        self._wait_until_ready()

    def _configuration(self, lab, plugin_table):
        self.port = free_port()
        servers = ", ".join(f'"{address}:{lab.port}"' for address in lab.addresses)
        stubs = "".join(f'[[dns.stubs]]\nzone = "{zone}."\nservers = [{servers}]\n' for zone in ("test", DOMAIN))
        return (f'[daemon]\nstate = "state.sqlite3"\n[api]\nlisten = "127.0.0.1:{self.port}"\n'
                f'[tenants.default]\napi_keys = [{{ file = "one.key" }}, {{ file = "bulk.key" }}]\n'
                f'[dns]\ntrust_anchor = "{lab.folder}/root.anchor"\nroot_hints = [{servers}]\nauthoritative_port = {lab.port}\n'
                f'{stubs}[domains."{DOMAIN}"]\ndns = "zone"\nttl = "60s"\n[plugins.zone]\n{plugin_table}'
                f'[plugins.node]\nmodule = "sandbox"\nkey_file = "sandbox.key"\nstate_file = "sandbox.nodes"\n')

    def _wait_until_ready(self):
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.child.poll() is None:
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the daemon did not become ready; paynamed.log says why")

    def ask(self, method, target, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, target, None if body is None else json.dumps(body),
                               {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def register(self, name, offer):
        """Seconds until it is live; somebody waits for it."""
        began = time.monotonic()
        status, answer = self.ask("POST", "/v1/names", {"name": name, "source": {"offer": offer}}, {"Prefer": "wait=60"}, timeout=90)
        while status == 202:
            time.sleep(0.05)
            status, answer = self.ask("GET", f"/v1/names/{name}")
            status = 202 if status == 200 and answer["state"] in ("reserved", "pending", "published") else status
        if status not in (200, 201):
            raise RuntimeError(f"{name} was not registered: {answer}")
        return time.monotonic() - began

    def steps_of(self, name):
        """What the latest run of a name did when: the timeline as the API gives it."""
        _, page = self.ask("GET", f"/v1/runs?name={quote(name, safe='')}&limit=1")
        return self.ask("GET", f"/v1/runs/{page['items'][0]['id']}")[1]

    def live_names(self):
        count, after = 0, ""
        while True:
            status, page = self.ask("GET", f"/v1/names?limit=500&state=live{after}")
            if status != 200:
                raise RuntimeError(f"the daemon does not list its names: {page}")
            count += len(page["items"])
            if not page.get("next"):
                return count
            after = f"&cursor={quote(page['next'], safe='')}"

    def cpu_seconds(self):
        with open(f"/proc/{self.child.pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]
