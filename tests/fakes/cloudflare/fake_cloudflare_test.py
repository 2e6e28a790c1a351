#!/usr/bin/python3
"""The fake itself: what the real API is known to do and to refuse, asked through HTTP."""

import http.client
import json
import os
import socket
import sys
import unittest
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import txt_content
from api import Api
from fake_cloudflare import serve

TOKEN = "token-of-everything"


class FakeCloudflareTest(unittest.TestCase):
    def setUp(self):
        self.api = Api()
        self.zone = self.api.add_zone("example.test", quota=20)
        self.api.add_token(TOKEN)
        self.server = serve(self.api)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=10)
        self.records = f"/zones/{self.zone.id}/dns_records"

    def tearDown(self):
        self.connection.close()
        self.server.shutdown()
        self.server.server_close()

    def call(self, method, path, body=None, token=TOKEN, query=None):
        target = "/client/v4" + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        self.connection.request(method, target, json.dumps(body) if body is not None else None, headers)
        self.response = self.connection.getresponse()
        return self.response.status, json.loads(self.response.read())

    def control(self, what, body=None):
        self.connection.request("GET" if body is None else "POST", "/_fake/" + what, json.dumps(body) if body is not None else None)
        answer = self.connection.getresponse()
        self.assertEqual(answer.status, 200)
        return json.loads(answer.read())

    def txt(self, name="alice", content='"bitcoin:?lno=1"', **more):
        return {"type": "TXT", "name": name + ".example.test", "content": content, "ttl": 300, **more}

    def post(self, **more):
        return self.call("POST", self.records, self.txt(**more))

    def code(self, answer):
        return (answer[0], answer[1]["errors"][0]["code"])

    def test_a_record_is_made_changed_and_removed(self):
        status, answer = self.post(comment="ours")
        self.assertEqual((status, answer["success"], answer["errors"]), (200, True, []))
        record = answer["result"]
        self.assertEqual(record["comment"], "ours")
        status, answer = self.call("PATCH", f"{self.records}/{record['id']}", {"content": '"bitcoin:?lno=2"'})
        self.assertEqual(answer["result"]["content"], '"bitcoin:?lno=2"')
        self.assertEqual(answer["result"]["created_on"], record["created_on"])
        self.assertEqual(answer["result"]["comment"], "ours")
        self.assertEqual(self.call("DELETE", f"{self.records}/{record['id']}")[1]["result"], {"id": record["id"]})
        self.assertEqual(self.code(self.call("DELETE", f"{self.records}/{record['id']}")), (404, 81044))
        self.assertEqual(self.control("zone?zone=example.test&name=alice.example.test")["history"],
                         [['"bitcoin:?lno=1"'], ['"bitcoin:?lno=2"'], []])

    def test_a_second_txt_is_taken_and_an_identical_one_refused(self):
        self.post()
        self.assertEqual(self.post(content='"bitcoin:?lno=2"')[0], 200)
        self.assertEqual(self.code(self.post()), (400, 81058))

    def test_cname_excludes_others(self):
        self.post()
        cname = {"type": "CNAME", "name": "alice.example.test", "content": "elsewhere.test", "ttl": 1}
        self.assertEqual(self.code(self.call("POST", self.records, cname)), (400, 81053))
        self.call("POST", self.records, {**cname, "name": "bob.example.test"})
        self.assertEqual(self.code(self.post(name="bob")), (400, 81054))

    def test_what_a_record_must_not_be(self):
        for more in ({"ttl": 59}, {"ttl": 86401}, {"ttl": 0}, {"comment": "x" * 101}, {"comment": "a\nb"}, {"tags": ["a:b"]},
                     {"content": ""}, {"content": '"open'}, {"content": '"a" b'}, {"content": '"' + "x" * 4096 + '"'}, {"content": "x" * 256},
                     {"name": "x" * 64}, {"type": "NONE"}):
            self.assertEqual(self.code(self.post(**more)), (400, 1004), more)
        self.assertEqual(self.code(self.post(unknown=1)), (400, 9207))

    def test_ttl_1_is_automatic(self):
        self.assertEqual(self.post(ttl=1)[0], 200)

    def test_long_strings_come_back_split(self):
        content = '"' + "a" * 300 + '" "b\\"\\\\\\200"'
        self.assertEqual(self.post(content=content)[1]["result"]["content"],
                         '"' + "a" * 255 + '" "' + "a" * 45 + '" "b\\"\\\\\\200"')

    def test_characters_of_one_name_are_bounded(self):
        for filler in "ab":
            self.assertEqual(self.post(content='"' + filler * 4000 + '"')[0], 200)
        self.assertEqual(self.code(self.post(content='"' + "c" * 4000 + '"')), (400, 1004))

    def test_quota(self):
        for i in range(20):
            self.assertEqual(self.post(name=f"n{i}")[0], 200)
        self.assertEqual(self.code(self.post()), (400, 81045))
        self.assertEqual(self.call("GET", self.records + "/usage")[1]["result"], {"record_quota": 20, "record_usage": 20})

    def test_filters_and_pages(self):
        for i in range(7):
            self.post(name=f"n{i}", comment="even" if i % 2 == 0 else None)
        self.call("POST", self.records, {"type": "A", "name": "n1.example.test", "content": "192.0.2.1", "ttl": 1})
        for query, count, total in (({"name.exact": "n1.example.test"}, 2, 2), ({"type": "TXT"}, 7, 7), ({"comment": "even"}, 4, 4),
                                    ({"type": "TXT", "per_page": 3}, 3, 7), ({"type": "TXT", "per_page": 3, "page": 3}, 1, 7),
                                    ({"type": "TXT", "per_page": 3, "page": 4}, 0, 7)):
            info = self.call("GET", self.records, query=query)[1]["result_info"]
            self.assertEqual((info["count"], info["total_count"]), (count, total), query)
        self.assertEqual(self.call("GET", self.records, query={"per_page": 5001})[0], 400)
        self.assertEqual(self.call("GET", self.records, query={"nonsense": 1})[0], 400)

    def test_a_batch_runs_in_order_and_stands_or_falls_as_one(self):
        old = self.post()[1]["result"]["id"]
        kept = self.post(name="bob")[1]["result"]["id"]
        # The delete runs first, or the post would be identical to what stands.
        batch = {"posts": [self.txt()], "deletes": [{"id": old}], "patches": [{"id": kept, "content": '"bitcoin:?lno=3"'}]}
        status, answer = self.call("POST", self.records + "/batch", batch)
        self.assertEqual((status, [len(answer["result"][k]) for k in ("deletes", "patches", "puts", "posts")]), (200, [1, 1, 0, 1]))
        before = self.control("zone?zone=example.test")
        bad = {"posts": [self.txt(name="carol"), self.txt(name="carol", ttl=5)], "deletes": [{"id": kept}]}
        self.assertEqual(self.code(self.call("POST", self.records + "/batch", bad)), (400, 1004))
        self.assertEqual({r["id"] for r in self.control("zone?zone=example.test")["records"]}, {r["id"] for r in before["records"]})

    def test_a_batch_is_bounded(self):
        many = {"posts": [self.txt(name=f"n{i}") for i in range(201)]}
        self.assertEqual(self.code(self.call("POST", self.records + "/batch", many)), (400, 9207))

    def test_tokens_and_permissions(self):
        self.api.add_token("reads-zones", permissions=["zone:read"])
        self.api.add_token("reads-records", permissions=["dns:read"])
        self.api.add_token("edits-elsewhere", zones=["other.test"])
        self.api.add_token("expired-token", status="expired")
        self.api.add_token("of-account", account="a" * 32)
        verify, zones = "/user/tokens/verify", "/zones"
        body = self.txt()
        for method, path, token, expected in (
            ("GET", verify, None, (400, 1001)), ("GET", verify, "bad token", (400, 6003)), ("GET", verify, "unknown-token", (401, 1000)),
            ("GET", zones, "unknown-token", (403, 9109)), ("GET", zones, "reads-records", (403, 9109)),
            ("GET", self.records, "reads-zones", (403, 10000)), ("POST", self.records, "reads-records", (403, 10000)),
            ("POST", self.records, "edits-elsewhere", (403, 10000)), ("GET", self.records, "expired-token", (403, 10000)),
            ("GET", verify, "of-account", (401, 1000)), ("GET", "/zones/" + "0" * 32 + "/dns_records", TOKEN, (404, 7003)),
            ("GET", "/zones/short/dns_records", TOKEN, (404, 7003))):
            self.assertEqual(self.code(self.call(method, path, body if method == "POST" else None, token=token)), expected, (path, token))
        self.assertEqual(self.call("GET", verify)[1]["result"]["status"], "active")
        self.assertEqual(self.call("GET", verify, token="expired-token")[1]["result"]["status"], "expired")
        self.assertEqual(self.call("GET", f"/accounts/{'a' * 32}/tokens/verify", token="of-account")[0], 200)
        self.assertEqual(self.call("GET", zones, token="edits-elsewhere", query={"name": "example.test"})[1]["result"], [])

    def test_zones_are_found_by_name_and_paged(self):
        for i in range(30):
            self.api.add_zone(f"z{i}.test")
        self.assertEqual([z["name"] for z in self.call("GET", "/zones", query={"name": "z7.test"})[1]["result"]], ["z7.test"])
        info = self.call("GET", "/zones")[1]["result_info"]
        self.assertEqual((info["count"], info["total_count"], info["total_pages"]), (20, 31, 2))

    def test_too_many_requests_block_for_a_while(self):
        self.control("limit", {"most": 3, "window": 60, "block": 0.3})
        for _ in range(3):
            self.assertEqual(self.call("GET", "/zones")[0], 200)
        self.assertEqual(self.call("GET", "/zones")[0], 429)
        self.assertIsNotNone(self.response.getheader("retry-after"))
        self.assertEqual(self.control("counters")["blocks"], 1)

    def test_faults_are_what_was_ordered(self):
        self.control("faults", [{"kind": "status", "status": 502, "text": "<html>"}, {"kind": "auth_error", "path": "dns_records", "count": 2},
                                {"kind": "lose_reply", "method": "POST"}])
        self.connection.request("GET", "/client/v4/zones", headers={"Authorization": f"Bearer {TOKEN}"})
        answer = self.connection.getresponse()
        self.assertEqual((answer.status, answer.read()), (502, b"<html>"))
        self.assertEqual(self.code(self.call("GET", self.records)), (403, 10000))
        self.assertEqual(self.code(self.call("GET", self.records)), (403, 10000))
        with self.assertRaises((http.client.RemoteDisconnected, socket.error)):
            self.post()
        self.connection.close()
        self.assertEqual(len(self.control("zone?zone=example.test")["records"]), 1)

    def test_dnssec(self):
        self.control("zone", {"name": "example.test", "dnssec": {"status": "active", "key_tag": 7}})
        self.assertEqual(self.call("GET", f"/zones/{self.zone.id}/dnssec")[1]["result"]["key_tag"], 7)

    def test_contents_survive_whatever_their_bytes(self):
        everything = bytes(range(256)) * 3
        text = txt_content.text_of([everything[:200], everything[200:]])
        self.assertEqual(b"".join(txt_content.strings_of(text)), everything)


if __name__ == "__main__":
    unittest.main()
