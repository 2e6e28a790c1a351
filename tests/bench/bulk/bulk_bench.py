#!/usr/bin/python3
"""Many names registered from a file at a provider that keeps to its limits, and some interactively in the middle of them.

Everything is real but the provider, which is the strict fake of tests/fakes: it counts, refuses what the real one refuses, and sends
its changes on to a signed zone at a Knot server, where the daemon looks for them and proves them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from offers import offer_of
from providers import DOMAIN, PROVIDERS
from stage import Children, Daemon, Lab

SOURCES = Path(__file__).resolve().parents[3]
IDLE_ROUNDS = 5
MOST_TIME, MOST_INTERACTIVE = 1.1, 3.0


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench bulk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--provider", choices=PROVIDERS, default="route53")
    parser.add_argument("--batch", action=argparse.BooleanOptionalAction, default=True, help="cloudflare: several names in a request")
    parser.add_argument("--names", type=int, default=10_000)
    parser.add_argument("--speed", type=float, default=1.0, help="how many times the provider's true limits are allowed")
    parser.add_argument("--latency", type=float, default=0.05, metavar="SECONDS", help="of the provider's answers (route53: of changes)")
    parser.add_argument("--pending", type=float, default=1.0, metavar="SECONDS", help="route53: until a change is at its servers")
    parser.add_argument("--build", type=Path, required=True, help="the folder of the build that is measured")
    parser.add_argument("--folder", type=Path, help="a new folder to work in; it stays")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser.parse_args()


def write_names(path, count):
    with open(path, "w") as file:
        file.write("name,offer\n")
        for number in range(count):
            name = f"bulk{number:06d}@{DOMAIN}"
            file.write(f"{name},{offer_of(name)}\n")


def register_now(daemon, provider, user):
    """(seconds, those of them that the DNS server behind the fake took: it is one small server where the provider has thousands)."""
    name = f"{user}@{DOMAIN}"
    return daemon.register(name, offer_of(name)), provider.server_seconds(name)


def own_part(times):
    seconds, at_the_server = times
    return seconds - at_the_server


class InTheMiddle(threading.Thread):
    """Registers one name after another when these parts of the others are changed at the provider."""

    PARTS = (0.15, 0.3, 0.45, 0.6, 0.75)

    def __init__(self, daemon, provider, names):
        super().__init__(daemon=True)
        self._daemon, self._provider = daemon, provider
        before = provider.counts()["changed"]
        self._marks = [before + int(names * part) for part in self.PARTS]
        self.times, self.trouble, self.finished = [], None, threading.Event()

    def run(self):
        try:
            for number, mark in enumerate(self._marks):
                while self._provider.counts()["changed"] < mark:
                    if self.finished.wait(0.25):
                        return
                self.times.append(register_now(self._daemon, self._provider, f"middle{number}"))
        except (OSError, RuntimeError) as trouble:
            self.trouble = str(trouble)

    def slowest_run(self):
        """What the slowest of them did when."""
        return self.times and self._daemon.steps_of(f"middle{self.times.index(max(self.times, key=own_part))}@{DOMAIN}")


def register_all(daemon, folder, count):
    """(seconds, summary) of paynamectl register --from."""
    names = folder / "names.csv"
    write_names(names, count)
    words = [str(daemon.control_program), "--url", f"http://127.0.0.1:{daemon.port}", "--key-file", str(daemon.key_file), "--json",
             "register", "--from", str(names)]
    began = time.monotonic()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - began
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"paynamectl failed: {done.stderr}{done.stdout}")
    return seconds, json.loads(done.stdout)


def difference(after, before):
    return {kind: count - before.get(kind, 0) for kind, count in after.items() if count != before.get(kind, 0)}


def measure(options, folder, children):
    lab = Lab(children, SOURCES, folder)
    provider = PROVIDERS[options.provider](children, SOURCES, lab.mirror, options, folder)
    daemon = Daemon(children, options.build.resolve() / "bin", lab, provider.plugin_table(), folder)
    idle = []
    for number in range(IDLE_ROUNDS + 1):
        idle.append(register_now(daemon, provider, f"idle{number}"))
        time.sleep(provider.pause_seconds())  # one alone has the whole budget before it
    idle = idle[1:]  # the first one finds the zone
    time.sleep(provider.refill_seconds())  # the budget that the idle ones used
    before, cpu = provider.counts(), daemon.cpu_seconds()
    middle = InTheMiddle(daemon, provider, options.names)
    middle.start()
    seconds, summary = register_all(daemon, folder, options.names)
    cpu = daemon.cpu_seconds() - cpu
    middle.finished.set()
    middle.join()
    after = provider.counts()
    allowed, why = provider.budget(len(middle.times))
    requests = difference(after["requests"], before["requests"])
    one = statistics.median(map(own_part, idle))
    own = [own_part(times) for times in middle.times]
    return {
        "bench": "bulk", "provider": options.provider, "batch": options.batch if options.provider == "cloudflare" else True,
        "names": options.names, "speed": options.speed, "latency": options.latency, "pending": options.pending,
        "seconds": round(seconds, 2), "allowed_seconds": round(allowed, 2), "allowed": why,
        "ratio": round(seconds / allowed, 3) if allowed else None,
        "requests": requests, "requests_total": sum(requests.values()), "rejected": after["rejected"] - before["rejected"],
        "refusals": after.get("refusals", {}), "idle_seconds": round(one, 3), "middle_seconds": [round(s, 3) for s in own],
        "middle_server_seconds": [round(server, 3) for _, server in middle.times],
        "middle_trouble": middle.trouble, "slowest_run": middle.slowest_run(),
        "interactive_ratio": own and round(statistics.median(own) / one, 2), "interactive_ratio_worst": own and round(max(own) / one, 2),
        "live": summary.get("live"), "live_in_daemon": daemon.live_names() - IDLE_ROUNDS - 1 - len(middle.times),
        "summary": summary, "daemon_cpu_seconds": round(cpu, 1), "cores": os.cpu_count(), "load": os.getloadavg()[0],
        "build": options.build.name,
    }  # fmt: skip


def met(is_met):
    return "met" if is_met else "MISSED"


def text(r):
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(r["requests"].items()))
    how = "" if r["provider"] == "route53" else (" in batches" if r["batch"] else " one by one")
    ratio, interactive, worst = r["ratio"], r["interactive_ratio"], r["interactive_ratio_worst"]
    lines = [
        f"{r['names']} names at {r['provider']}{how}, {r['speed']:g} x its limits, {r['build']} build, {r['cores']} cores, load {r['load']:.1f}",
        f"  live          {r['live']} of {r['names']} (the daemon counts {r['live_in_daemon']})  {met(r['live'] == r['names'])}",
        f"  time          {r['seconds']} s; the budget allows {r['allowed_seconds']} s ({r['allowed']})",
        "  ratio         none: the limits allow all at once" if ratio is None else
        f"  ratio         {ratio} (<= {MOST_TIME})  {met(ratio <= MOST_TIME)}",
        f"  rejected      {r['rejected']} (0)  {met(r['rejected'] == 0)}  {r['refusals'] or ''}",
        f"  requests      {r['requests_total']}: {kinds}",
        f"  one idle      {r['idle_seconds']} s",
        f"  in the middle {', '.join(f'{s:.3f}' for s in r['middle_seconds'])} s "
        f"(and {', '.join(f'{s:.3f}' for s in r['middle_server_seconds'])} s of the server behind the fake); median's ratio {interactive}, worst {worst} (<= {MOST_INTERACTIVE})  "
        f"{met(bool(interactive) and worst <= MOST_INTERACTIVE)}  {r['middle_trouble'] or ''}",
        f"  daemon's CPU  {r['daemon_cpu_seconds']} s",
    ]  # fmt: skip
    return "\n".join(line.rstrip() for line in lines)


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="paynamed-bulk-") as temporary:
        folder = options.folder.resolve() if options.folder else Path(temporary)
        if options.folder:
            folder.mkdir(parents=True)
        children = Children(folder)
        try:
            result = measure(options, folder, children)
        finally:
            children.end()
    print(json.dumps(result) if options.json else text(result))


if __name__ == "__main__":
    main()
