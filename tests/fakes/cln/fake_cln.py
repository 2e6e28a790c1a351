#!/usr/bin/python3
"""A strict fake of a Core Lightning node v26.06 on loopback: one node behind its JSON-RPC socket, clnrest and,
with --grpc, cln-grpc.

  fake_cln.py FOLDER [--seed TEXT] [--grpc]

FOLDER gets the socket lightning-rpc and lightningd's PEM files. Prints one line of JSON when it listens: the ports, the node's id
and runes. Ends when its standard input does. Tests order faults and payments at the control port (control_door.py).
"""

import argparse
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import certificates
import control_door
import rest_door
from caller import Caller
from commands import PARAMETERS, Commands
from faults import Faults
from node import Node
from socket_door import SocketDoor


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--seed", default="alice")
    parser.add_argument("--grpc", action="store_true")
    options = parser.parse_args()
    certificates.write(options.folder)
    grpc = None
    node, faults = Node(options.seed), Faults()
    caller = Caller(Commands(node), faults)
    door = SocketDoor(caller, os.path.join(options.folder, "lightning-rpc"))
    server = [os.path.join(options.folder, name) for name in ("server.pem", "server-key.pem")]
    rune = rest_door.make_rune(sorted(PARAMETERS))

    def cut():
        door.cut()
        if grpc:
            grpc.restart()

    def renew():
        """As somebody does who deletes all six files and starts lightningd again; clnrest keeps the old ones here."""
        certificates.write(options.folder)
        grpc.restart()

    told = {"rest": rest_door.serve(caller, *server),
            "control": control_door.serve(control_door.Controls(node, faults, cut, renew)), "id": node.id,
            "rune": rune, "master_rune": rest_door.make_rune(),
            "foreign_rune": ("B" if rune[0] == "A" else "A") + rune[1:]}
    if options.grpc:
        import grpc_door  # takes its time

        grpc = grpc_door.GrpcDoor(caller, options.folder)
        told["grpc"] = grpc.port
    print(json.dumps(told), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
