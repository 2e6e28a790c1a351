#!/usr/bin/python3
"""The fake as AWS's own SDK for Python sees it: what is done, and what is refused."""

import os
import sys
import threading
import unittest
import urllib.request
from urllib.error import HTTPError

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import botocore.utils
from botocore.config import Config
from botocore.exceptions import ClientError

import fake_route53
import names
import zones
from service import Service

ZONE = "example.test."
NAME = "alice.user._bitcoin-payment.example.test."
ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def a_set(name=NAME, values=('"bitcoin:?lno=one"',), ttl=300, record_type="TXT"):
    return {"Name": name, "Type": record_type, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


class Boto3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = fake_route53.make_server()
        cls.endpoint = f"http://127.0.0.1:{cls.server.server_address[1]}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.released.set()
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.service = self.server.service
        self.service.reset()
        self.service.configure({"request_rate": 1000.0, "request_burst": 1000})
        self.zone = self.service.add_zone(ZONE)
        self.client = self.make_client()

    def make_client(self, secret=SECRET, key_id=ID, token=None, attempts=1, service="route53"):
        return boto3.client(
            service, region_name="us-east-1", endpoint_url=self.endpoint, aws_access_key_id=key_id, aws_secret_access_key=secret,
            aws_session_token=token, config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
        )  # fmt: skip

    def change(self, *changes, client=None):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record_set} for action, record_set in changes]}
        return (client or self.client).change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=batch)["ChangeInfo"]

    def refused(self, code, work, *parts):
        with self.assertRaises(ClientError) as caught:
            work()
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        text = str(caught.exception.response)
        for part in parts:
            self.assertIn(part, text)

    def at(self, name=NAME, record_type="TXT"):
        found = self.client.list_resource_record_sets(HostedZoneId=self.zone, StartRecordName=name, StartRecordType=record_type, MaxItems="1")
        sets = found["ResourceRecordSets"]
        if not sets or sets[0]["Name"] != name or sets[0]["Type"] != record_type:
            return None
        return [record["Value"] for record in sets[0]["ResourceRecords"]]

    # -- what is done

    def test_a_set_is_created_upserted_and_deleted(self):
        info = self.change(("CREATE", a_set()))
        self.assertEqual(info["Status"], "PENDING")
        self.assertTrue(info["Id"].startswith("/change/C"))
        self.assertEqual(self.at(), ['"bitcoin:?lno=one"'])
        self.change(("UPSERT", a_set(values=['"two"'])))
        self.assertEqual(self.at(), ['"two"'])
        self.change(("DELETE", a_set(values=['"two"'])))
        self.assertIsNone(self.at())

    def test_delete_and_create_in_one_batch_compare_and_set(self):
        self.change(("CREATE", a_set()))
        self.change(("DELETE", a_set()), ("CREATE", a_set(values=['"two"'])))
        self.assertEqual(self.at(), ['"two"'])
        self.refused("InvalidChangeBatch", lambda: self.change(("DELETE", a_set()), ("CREATE", a_set(values=['"three"']))), "do not match")
        self.assertEqual(self.at(), ['"two"'])

    def test_a_change_is_pending_and_then_in_sync(self):
        self.service.configure({"pending_seconds": 0.5})
        info = self.change(("CREATE", a_set()))
        change_id = info["Id"]
        self.assertEqual(self.client.get_change(Id=change_id)["ChangeInfo"]["Status"], "PENDING")
        self.client.get_waiter("resource_record_sets_changed").wait(Id=change_id, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
        self.assertEqual(self.client.get_change(Id=change_id)["ChangeInfo"]["Status"], "INSYNC")
        self.refused("NoSuchChange", lambda: self.client.get_change(Id="CUNKNOWN"))

    def test_pages_have_every_set_once_in_the_order_of_reversed_labels(self):
        for start in range(0, 700, 350):
            self.change(*[("CREATE", a_set(name=f"n{i:03d}.{ZONE}")) for i in range(start, start + 350)])
        pages = list(self.client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=self.zone))
        self.assertEqual([len(page["ResourceRecordSets"]) for page in pages], [300, 300, 102])
        found = [each["Name"] for page in pages for each in page["ResourceRecordSets"]]
        self.assertEqual(found, sorted(found, key=lambda name: ".".join(reversed(name.rstrip(".").split("."))) + "."))
        self.assertEqual(len({name for name in found if name.startswith("n")}), 700)

    def test_names_come_back_with_octal_escapes(self):
        self.change(("CREATE", a_set(name="*." + ZONE)))
        self.assertEqual(self.at(name="\\052." + ZONE), ['"bitcoin:?lno=one"'])

    def test_a_txt_value_takes_4000_characters_in_strings_of_255(self):
        value = names.quote_txt(b"x" * 3900)
        self.change(("CREATE", a_set(values=[value])))
        self.assertEqual(self.at(), [value])

    def test_zones_are_found_by_name(self):
        private = self.service.add_zone(ZONE, private=True)
        found = self.client.list_hosted_zones_by_name(DNSName="example.test")["HostedZones"]
        self.assertEqual({each["Id"]: each["Config"]["PrivateZone"] for each in found}, {"/hostedzone/" + self.zone: False, "/hostedzone/" + private: True})
        first = self.client.list_hosted_zones_by_name(DNSName="example.test", MaxItems="1")
        self.assertTrue(first["IsTruncated"])
        second = self.client.list_hosted_zones_by_name(DNSName=first["NextDNSName"], HostedZoneId=first["NextHostedZoneId"], MaxItems="1")
        self.assertNotEqual(first["HostedZones"][0]["Id"], second["HostedZones"][0]["Id"])
        self.assertEqual(self.client.get_hosted_zone(Id=self.zone)["HostedZone"]["ResourceRecordSetCount"], 2)

    def test_the_signing_status(self):
        self.assertEqual(self.client.get_dnssec(HostedZoneId=self.zone)["Status"]["ServeSignature"], "NOT_SIGNING")
        self.service.zone(self.zone).signing.update(status="SIGNING", keys=[{"Name": "ksk", "KeyTag": 12345, "DSRecord": "12345 13 2 AB"}])
        answer = self.client.get_dnssec(HostedZoneId=self.zone)
        self.assertEqual((answer["Status"]["ServeSignature"], answer["KeySigningKeys"][0]["KeyTag"]), ("SIGNING", 12345))

    def test_changes_go_on_to_the_mirror_when_they_are_in_sync(self):
        class Mirror:
            def __init__(self):
                self.got, self.changed = [], threading.Condition()

            def put(self, *change):
                with self.changed:
                    self.got.append(change)
                    self.changed.notify_all()

        mirror = Mirror()
        mirrored = Service(mirror=mirror)
        mirrored.configure({"pending_seconds": 0.3})
        zone = mirrored.zone(mirrored.add_zone(ZONE))
        long = b'quote " and \x80' + b"x" * 300
        one = zones.RecordSet(names.parse_name(NAME), "TXT", 60, (names.quote_txt(long),))
        mirrored.new_change(zone, [("CREATE", one)])
        mirrored.new_change(zone, [("DELETE", one)])
        self.assertEqual(mirror.got, [])
        with mirror.changed:
            self.assertTrue(mirror.changed.wait_for(lambda: len(mirror.got) == 2, timeout=20))
        self.assertEqual(mirror.got, [(ZONE, [(NAME, 60, [[long[:255], long[255:]]])]), (ZONE, [(NAME, 60, [])])])

    # -- what is refused

    def test_batches_are_refused_whole(self):
        self.change(("CREATE", a_set()))
        self.refused("InvalidChangeBatch", lambda: self.change(("CREATE", a_set(name="new." + ZONE)), ("CREATE", a_set())), "already exists")
        self.assertIsNone(self.at(name="new." + ZONE))

    def test_changes_that_are_not_permitted(self):
        self.change(("CREATE", a_set()), ("CREATE", a_set(name="alias." + ZONE, values=["other.test."], record_type="CNAME")))
        cases = {
            "delete of another TTL": ([("DELETE", a_set(ttl=60))], "do not match"),
            "delete of some of the values": ([("DELETE", a_set(values=['"x"']))], "do not match"),
            "delete of nothing": ([("DELETE", a_set(name="none." + ZONE))], "was not found"),
            "TXT beside a CNAME": ([("CREATE", a_set(name="alias." + ZONE))], "conflicting RRSet"),
            "CNAME beside a TXT": ([("CREATE", a_set(values=["o.test."], record_type="CNAME"))], "conflicting RRSet"),
            "a name outside": ([("CREATE", a_set(name="a.other.test."))], "not permitted in zone"),
            "a name that only ends alike": ([("CREATE", a_set(name="a.myexample.test."))], "not permitted in zone"),
            "the same set twice": ([("CREATE", a_set(name="b." + ZONE))] * 2, "invalid set of changes"),
            "deleted twice": ([("DELETE", a_set())] * 2, "invalid set of changes"),
            "unquoted text": ([("CREATE", a_set(name="c." + ZONE, values=["plain"]))], "quotation marks"),
            "a string of 256 bytes": ([("CREATE", a_set(name="c." + ZONE, values=['"' + "x" * 256 + '"']))], "too long"),
            "a value of 4001 characters": ([("CREATE", a_set(name="c." + ZONE, values=[names.quote_txt(b"x" * 4000)]))], "4000"),
            "the same value twice": ([("CREATE", a_set(name="c." + ZONE, values=['"x"', '"x"']))], "Duplicate"),
        }
        # botocore finds no code in the shape that InvalidChangeBatch has of its own, only the texts.
        for shape, code in (("messages", ""), ("error", "InvalidChangeBatch")):
            self.service.configure({"error_shape": shape})
            for name, (changes, part) in cases.items():
                with self.subTest(name=name, shape=shape):
                    self.refused(code, lambda: self.change(*changes), part)
        self.assertEqual(len(self.service.dump(self.zone)), 4)

    def test_a_request_has_at_most_1000_records_and_32000_characters(self):
        many = [("CREATE", a_set(name=f"n{i}.{ZONE}")) for i in range(1001)]
        self.refused("InvalidChangeBatch", lambda: self.change(*many), "1000")
        self.refused("InvalidChangeBatch", lambda: self.change(*[("UPSERT", each) for _, each in many[:501]]), "1000")
        self.change(*[("CREATE", each) for _, each in many[:1000]])
        large = [("CREATE", a_set(name=f"l{i}.{ZONE}", values=[names.quote_txt(b"x" * 3500)])) for i in range(10)]
        self.refused("InvalidChangeBatch", lambda: self.change(*large), "32000")

    def test_a_zone_has_a_quota(self):
        self.service.zone(self.zone).quota = 3
        self.change(("CREATE", a_set()))
        self.refused("InvalidChangeBatch", lambda: self.change(("CREATE", a_set(name="b." + ZONE))), "limit of 3 exceeded")

    def test_the_limit_of_a_zone(self):
        def limit(of="MAX_RRSETS_BY_ZONE"):
            return self.client.get_hosted_zone_limit(Type=of, HostedZoneId=self.zone)

        before = limit()
        self.assertEqual(before["Limit"], {"Type": "MAX_RRSETS_BY_ZONE", "Value": 10_000})
        self.change(("CREATE", a_set()))
        self.assertEqual(limit()["Count"], before["Count"] + 1)
        self.assertEqual(limit()["Count"], self.client.get_hosted_zone(Id=self.zone)["HostedZone"]["ResourceRecordSetCount"])
        self.refused("HostedZoneNotPrivate", lambda: limit("MAX_VPCS_ASSOCIATED_BY_ZONE"))

    def test_who_is_not_who_they_say_is_refused(self):
        self.refused("SignatureDoesNotMatch", lambda: self.at_with(self.make_client(secret="wrong")))
        self.refused("InvalidClientTokenId", lambda: self.at_with(self.make_client(key_id="AKIDOTHER")))
        self.service.keys["ASIATEMP"] = {"secret": "s", "token": "t"}
        self.refused("InvalidClientTokenId", lambda: self.at_with(self.make_client("s", "ASIATEMP", "other")))
        self.at_with(self.make_client("s", "ASIATEMP", "t"))
        self.service.keys["ASIATEMP"]["expires"] = self.service.now() - 1
        self.refused("ExpiredToken", lambda: self.at_with(self.make_client("s", "ASIATEMP", "t")))
        self.service.keys[ID]["actions"] = ["GetChange"]
        self.refused("AccessDenied", lambda: self.at_with(self.client))

    def at_with(self, client):
        return client.list_resource_record_sets(HostedZoneId=self.zone)

    def test_clocks_that_differ_by_more_than_five_minutes_are_refused(self):
        for offset in (-310, 310):
            self.service.configure({"clock_offset": offset, "skew_code": "SignatureDoesNotMatch"})
            self.refused("SignatureDoesNotMatch", lambda: self.at_with(self.make_client()), "5 min")
            self.service.configure({"skew_code": "RequestExpired"})
            self.refused("RequestExpired", lambda: self.at_with(self.make_client()))
        self.service.configure({"clock_offset": 250})
        self.at_with(self.client)

    def test_a_zone_takes_one_change_at_a_time(self):
        self.service.configure({"processing_seconds": 0.5})
        first = threading.Thread(target=lambda: self.change(("CREATE", a_set()), client=self.make_client()))
        busy = self.service.zone(self.zone).busy
        first.start()
        while not busy.locked():
            pass
        self.refused("PriorRequestNotComplete", lambda: self.change(("CREATE", a_set(name="b." + ZONE))))
        first.join()
        self.change(("CREATE", a_set(name="b." + ZONE)))

    def test_both_rates(self):
        self.service.configure({"request_rate": 0.001, "request_burst": 2})
        self.at(), self.at()
        self.refused("Throttling", self.at, "Rate exceeded")
        self.service.configure({"request_rate": 1000.0, "request_burst": 1000, "change_rate": 0.001, "change_burst": 2})
        self.change(("CREATE", a_set()), ("CREATE", a_set(name="b." + ZONE)))
        self.refused("Throttling", lambda: self.change(("CREATE", a_set(name="c." + ZONE))), "Rate exceeded")

    def test_faults(self):
        self.service.faults.add({"action": "ChangeResourceRecordSets", "kind": "lost_reply"})
        with self.assertRaises(Exception):
            self.change(("CREATE", a_set()))
        self.assertEqual(self.at(), ['"bitcoin:?lno=one"'])
        self.service.faults.add({"action": "ListResourceRecordSets", "kind": "error", "status": 503, "code": "ServiceUnavailable"})
        self.refused("ServiceUnavailable", self.at)
        self.at_with(self.make_client(attempts=3))

    def test_elements_out_of_order_and_other_namespaces_are_refused(self):
        change = "<Change><Action>CREATE</Action><ResourceRecordSet>%s</ResourceRecordSet></Change>"
        right = f"<Name>{NAME}</Name><Type>TXT</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>\"x\"</Value></ResourceRecord></ResourceRecords>"
        wrong = f"<Name>{NAME}</Name><TTL>60</TTL><Type>TXT</Type><ResourceRecords><ResourceRecord><Value>\"x\"</Value></ResourceRecord></ResourceRecords>"
        body = '<ChangeResourceRecordSetsRequest xmlns="%s"><ChangeBatch><Changes>%s</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>'
        namespace = "https://route53.amazonaws.com/doc/2013-04-01/"
        for status, content in (
            (400, body % (namespace, change % wrong)),
            (400, body % ("https://other.test/", change % right)),
            (400, "<!DOCTYPE a [<!ENTITY b 'c'>]>" + body % (namespace, change % right)),
            (200, body % (namespace, change % right)),
        ):
            self.assertEqual(self.post_raw(content), status, content)

    def post_raw(self, content):
        request = botocore.awsrequest.AWSRequest("POST", f"{self.endpoint}/2013-04-01/hostedzone/{self.zone}/rrset/", data=content.encode())
        botocore.auth.SigV4Auth(botocore.credentials.Credentials(ID, SECRET), "route53", "us-east-1").add_auth(request)
        sent = urllib.request.Request(request.url, data=content.encode(), headers=dict(request.headers), method="POST")
        try:
            with urllib.request.urlopen(sent) as answer:
                return answer.status
        except HTTPError as refused:
            refused.close()
            return refused.code

    # -- where credentials come from

    def test_instance_metadata_of_version_2(self):
        found = botocore.utils.InstanceMetadataFetcher(base_url=self.endpoint + "/").retrieve_iam_role_credentials()
        self.at_with(self.make_client(found["secret_key"], found["access_key"], found["token"]))
        with self.assertRaises(HTTPError) as caught:
            urllib.request.urlopen(self.endpoint + "/latest/meta-data/iam/security-credentials/")
        self.assertEqual(caught.exception.code, 401)
        caught.exception.close()

    def test_the_credentials_of_a_container(self):
        fetcher = botocore.utils.ContainerMetadataFetcher()
        found = fetcher.retrieve_full_uri(self.endpoint + "/container/credentials", headers={"Authorization": "container-token"})
        self.at_with(self.make_client(found["SecretAccessKey"], found["AccessKeyId"], found["Token"]))

    def test_web_identity(self):
        sts = boto3.client(
            "sts", region_name="us-east-1", endpoint_url=self.endpoint, config=Config(signature_version=botocore.UNSIGNED, retries={"total_max_attempts": 1})
        )
        ask = lambda token: sts.assume_role_with_web_identity(RoleArn=self.server.identities.role, RoleSessionName="test", WebIdentityToken=token)
        found = ask("web-identity-token")["Credentials"]
        self.at_with(self.make_client(found["SecretAccessKey"], found["AccessKeyId"], found["SessionToken"]))
        self.refused("InvalidIdentityToken", lambda: ask("another"))


if __name__ == "__main__":
    # Nothing of the machine's own configuration has a say.
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
    unittest.main(warnings="ignore")  # botocore leaves its sockets to the collector
