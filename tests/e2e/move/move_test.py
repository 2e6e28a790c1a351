#!/usr/bin/python3
"""The names of a delegated zone move from Knot to PowerDNS, or to another Knot, while resolvers with caches ask for
them.

  move_test.py PAYNAMED PAYNAMECTL [--to powerdns|knot] [--names N] [--ttl S] [--above S] [--kill S]

It takes a network of its own (unshare), so that servers can listen on port 53."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from answers import Answer
from asker import Asker
from daemon import Daemon, Killer
from lab import A, B, DOMAIN, ZONE, Lab


def in_a_network_of_our_own():
    if os.environ.get("MOVE_TEST_NETWORK"):
        return
    own = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    refused = subprocess.run(own + ["true"], capture_output=True, text=True)
    if refused.returncode != 0:
        print("skipped: this machine gives no network of one's own:", refused.stderr.strip())
        sys.exit(77)
    os.environ["MOVE_TEST_NETWORK"] = "1"
    os.execvp(own[0], own + [sys.executable, *sys.argv])


def check(condition, what):
    if not condition:
        raise RuntimeError(what)


def change_names(daemon, changed, gone, values, allowed):
    """One name gets another offer, one is removed, in the middle of the move."""
    before = values[changed]
    allowed[changed] = None
    daemon.change("POST", f"/v1/names/{changed}@{DOMAIN}/rotate")
    values[changed] = daemon.value_of(changed, other_than=before)["value"]
    allowed[changed] = {before, values[changed]}
    daemon.change("DELETE", f"/v1/names/{gone}@{DOMAIN}")
    daemon.value_of(gone, state="quarantined")


def check_changed(server, value, changed, gone):
    check(Answer.of(server, f"{changed}.{ZONE}.", 16).texts() == [value], f"{changed} is not new at {server}")
    check(Answer.of(server, f"{gone}.{ZONE}.", 16).rcode == 3, f"{gone} is still at {server}")


def scenario(arguments, folder):
    lab = Lab(folder, arguments.to, arguments.ttl, arguments.above)
    (folder / "d").mkdir()
    daemon = Daemon(folder / "d", lab, arguments)
    askers, killer = [], None
    try:
        lab.start()
        daemon.start()
        began = time.monotonic()
        users = [f"user{number}" for number in range(arguments.names)]
        users += ["changed", "changed-late", "gone", "gone-late"]
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(daemon.register, users))
        names = {user: daemon.value_of(user) for user in users}
        values = {user: name["value"] for user, name in names.items()}
        print(f"{len(users)} names are live after {time.monotonic() - began:.0f} s", flush=True)

        lab.start_resolver("127.0.0.21")
        allowed = {user: {value} for user, value in values.items() if not user.startswith("gone")}
        askers.append(Asker("127.0.0.21", allowed))
        askers[0].start()
        time.sleep(min(arguments.ttl / 2, 10))
        lab.start_resolver("127.0.0.22")
        askers.append(Asker("127.0.0.22", allowed))
        askers[1].start()

        plan = daemon.ctl("domains", "move", DOMAIN, "--to", "zoneb", "--dry-run")
        check(plan.returncode == 0, f"the dry run: {plan.stdout}{plan.stderr}")
        check(not Answer.of(B, f"user0.{ZONE}.", 16).texts(), "the dry run copied something")
        begun = daemon.ctl("domains", "move", DOMAIN, "--to", "zoneb")
        check(begun.returncode == 0, f"the move: {begun.stdout}{begun.stderr}")
        if arguments.kill:
            killer = Killer(daemon, arguments.kill)
            killer.start()
        move = daemon.until_phase("dual", 600)
        check("nsb" in move["next"], f"it does not say what to change: {move['next']}")
        for user in users[:20]:
            check(Answer.of(B, f"{user}.{ZONE}.", 16).texts() == [values[user]], f"{user} is not on B")

        # What is registered, changed and removed meanwhile has to arrive, too.
        daemon.register("late", wait=False)
        late = daemon.value_of("late")["value"]
        check(Answer.of(A, f"late.{ZONE}.", 16).texts() == [late], "a new name is not on A")
        check(Answer.of(B, f"late.{ZONE}.", 16).texts() == [late], "a new name is not on B")

        change_names(daemon, "changed", "gone", values, allowed)
        for server in (A, B):
            check_changed(server, values["changed"], "changed", "gone")

        lab.delegate_to("nsb")
        changed = time.monotonic()
        move = daemon.until_phase("draining", 120)
        print(f"draining: {move['seconds_left']} s, {move['drain_because']}", flush=True)
        check(Answer.of(A, f"user0.{ZONE}.", 16).texts() == [values["user0"]], "A was emptied early")
        change_names(daemon, "changed-late", "gone-late", values, allowed)
        check_changed(B, values["changed-late"], "changed-late", "gone-late")
        daemon.until_phase("finished", 900)
        took = time.monotonic() - changed
        check(took >= arguments.above, f"A was left {took:.0f} s after the change, before caches forgot it")
        print(f"finished {took:.0f} s after the delegation was changed", flush=True)

        if killer:
            killer.ending.set()
            killer.join()
            # It ends with the thread that started it.
            daemon.process.kill()
            daemon.start()
            check(killer.kills > 0, "nothing was killed")
            print(f"killed {killer.kills} times", flush=True)
        for phase, seconds in daemon.phases():
            print(f"  {phase}: {seconds:.1f} s", flush=True)
        # Caches go on to be asked after the end.
        time.sleep(min(arguments.ttl, 10))
        for asker in askers:
            asker.ending.set()
        for asker in askers:
            asker.join()
            print(f"{asker.address}: {asker.asked} questions, {len(asker.wrong)} wrong", flush=True)
        for asker in askers:
            check(not asker.wrong, "wrong answers:\n" + "\n".join(asker.wrong[:20]))
            check(asker.asked > 100, "hardly anything was asked")

        for asker in askers:
            for user in ("changed", "changed-late"):
                answer = Answer.of(asker.address, f"{user}.{ZONE}.", 16, True)
                check(answer.authenticated and answer.texts() == [values[user]], f"{user} is not new at a resolver")
        for server in (A, B):
            for user in ("gone", "gone-late"):
                check(Answer.of(server, f"{user}.{ZONE}.", 16).rcode == 3, f"{user} is still at {server}")
                users = [each for each in users if each != user]
        for user in users + ["late"]:
            shown = json.loads(daemon.patiently("GET", f"/v1/names/{user}@{DOMAIN}")[1])
            check(shown["dns_instance"] == "zoneb" and shown["state"] == "live", f"{user}: {shown}")
            check(Answer.of(B, f"{user}.{ZONE}.", 16).texts() == [shown["value"]], f"{user} is not on B")
            check(not Answer.of(A, f"{user}.{ZONE}.", 16).texts(), f"{user} is still on A")
        # What was not ours stays where it was.
        check(len(Answer.of(A, f"by-hand.{ZONE}.", 16).texts()) == 1, "a record of somebody else is gone from A")
        # The configuration still says zonea; new names go to B all the same, and that is said.
        daemon.register("after", wait=False)
        check(daemon.value_of("after")["dns_instance"] == "zoneb", "a name after the move is not on B")
        check("zoneb" in daemon.send("GET", "/readyz")[1], "nothing says that the configuration is behind")
    except BaseException:
        log = folder / "d" / "log"
        print("the daemon's log ends:\n" + (log.read_text()[-6000:] if log.exists() else ""), file=sys.stderr)
        for asker in askers:
            print(f"{asker.address}: {asker.asked} asked, wrong: {asker.wrong[:10]}", file=sys.stderr)
        raise
    finally:
        if killer:
            killer.ending.set()
            killer.join()
        for asker in askers:
            asker.ending.set()
        daemon.process.kill()
        lab.stop()


def main():
    in_a_network_of_our_own()
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("paynamed", "paynamectl"):
        parser.add_argument(name)
    parser.add_argument("--to", choices=["powerdns", "knot"], default="powerdns")
    parser.add_argument("--names", type=int, default=10)
    parser.add_argument("--ttl", type=int, default=3)
    parser.add_argument("--above", type=int, default=5)
    parser.add_argument("--kill", type=float, default=0)
    arguments = parser.parse_args()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="paynamed-move-") as folder:
        scenario(arguments, Path(folder))
    print("all answers were right")


if __name__ == "__main__":
    main()
