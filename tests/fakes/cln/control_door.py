"""How a test speaks with the fake: POST /<what> with a JSON body on a port of its own."""

import http.server
import json
import threading


class Controls:
    def __init__(self, node, faults, cut, renew):
        self.node, self.faults, self.cut, self.renew = node, faults, cut, renew

    def run(self, what, body):
        if what == "fault":
            self.faults.order(body)
            return {}
        if what == "no_faults":
            self.faults.ordered = []
            return {}
        if what == "counters":
            return self.faults.counters
        if what == "restart":
            self.cut()
            return {}
        if what == "renew":
            self.renew()
            return {}
        with self.node.lock:
            return self._on_node(what, body)

    def _on_node(self, what, body):
        node = self.node
        if what == "pay_invoice":
            return {"paid": node.pay_invoice(body["bolt11"], body.get("amount_msat"))}
        if what == "pay_offer":
            return {"paid": node.pay_offer(body["offer"], body["amount_msat"], body.get("payer_note"), body.get("name"))}
        if what == "state":
            return {"offers": len(node.offers), "invoices": len(node.invoices), "now": node.now(), "id": node.id,
                    "pay_index": node.pay_index}
        if what == "fronting":
            return {each.get("label", ""): each["fronting_nodes"] for each in node.offers.values()}
        if what == "pass":
            node.clock_offset += body["seconds"]
        elif what == "set":
            for key in body:
                if not hasattr(node, key):
                    raise KeyError(key)
                setattr(node, key, body[key])
        elif what == "stuff":
            node.stuff(body["offers"], body["size"])
        elif what == "delete":
            node.delete(body["label"])
        elif what == "forget_description":
            node.forget_description(body["label"])
        elif what == "delete_paid":
            node.delete_paid()
        elif what == "rewind":
            node.rewind(body["pay_index"])
        else:
            raise KeyError(what)
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    controls = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, answer = 200, self.controls.run(self.path.lstrip("/"), json.loads(body or b"{}"))
        except (KeyError, ValueError) as error:
            status, answer = 400, {"error": repr(error)}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def serve(controls):
    """The port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"controls": controls}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server.server_address[1]
