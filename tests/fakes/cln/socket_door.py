"""The JSON-RPC unix socket: several requests on a connection, each answered when it is done, ended by two line feeds."""

import json
import os
import socket
import threading

from caller import Dropped, Garbage
from node import RpcError


class SocketDoor:
    def __init__(self, caller, path):
        self.caller = caller
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o600)
        self.listener.listen(128)
        self.lock = threading.Lock()
        self.connections = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """As a restart of lightningd does."""
        with self.lock:
            for each in self.connections:
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            connection = self.listener.accept()[0]
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        decoder, pending, write = json.JSONDecoder(), "", threading.Lock()
        try:
            while data := connection.recv(65536):
                pending += data.decode()
                while pending := pending.lstrip():
                    try:
                        request, end = decoder.raw_decode(pending)
                    except json.JSONDecodeError:
                        break
                    pending = pending[end:]
                    threading.Thread(target=self._answer, args=(connection, write, request), daemon=True).start()
        except (OSError, UnicodeDecodeError):
            pass
        with self.lock:
            self.connections.discard(connection)
        connection.close()

    def _answer(self, connection, write, request):
        answer = {"jsonrpc": "2.0", "id": request.get("id")}
        try:
            if request.get("jsonrpc") != "2.0" or "id" not in request or "method" not in request:
                raise RpcError(-32600, "Invalid request")
            answer["result"] = self.caller.call(request["method"], request.get("params", {}))
            text = json.dumps(answer)
        except RpcError as error:
            answer["error"] = error.json()
            text = json.dumps(answer)
        except Garbage:
            text = '{"jsonrpc": "2.0", "id": '
        except Dropped:
            text = None
        try:
            if text is None:
                connection.shutdown(socket.SHUT_RDWR)
            else:
                with write:
                    connection.sendall(text.encode() + b"\n\n")
        except OSError:
            pass
