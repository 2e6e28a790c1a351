"""Zones of real providers, seen and changed without paynamed: what stands at a name, one more record, nothing any more.

Values are bytes. Every class asks its provider in its own way; PAYNAMED_LIVE_* and the variables that scripts/live-test lists
say where and with which credentials.
"""

import os
import re
import time
import urllib.parse

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import requests

TIMEOUT = 30
TTL = 300


def strings_of(presentation):
    """The joined bytes of a TXT record in master file form (RFC 1035 section 5.1)."""
    return b"".join(dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.TXT, presentation).strings)


def quoted(value):
    """Master file form of printable text, in strings of 255 bytes."""
    parts = [value[i : i + 255] for i in range(0, len(value), 255)] or [b""]
    return " ".join('"' + part.decode("ascii").replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


def ask(method, url, **more):
    """One request; waits where the server says that there were too many."""
    for _ in range(10):
        answer = requests.request(method, url, timeout=TIMEOUT, allow_redirects=False, **more)
        if answer.status_code != 429:
            return answer
        time.sleep(min(310, max(1, int(answer.headers.get("retry-after", "5")))))
    raise RuntimeError(f"{method} {urllib.parse.urlsplit(url).path}: refused as too many, again and again")


class Rfc2136:
    def __init__(self, apex):
        self.apex = dns.name.from_text(apex)
        self.server = os.environ["DNS_SERVER"]
        self.port = int(os.environ.get("DNS_PORT", "53"))
        self.keyring = dns.tsigkeyring.from_text({os.environ["TSIG_NAME"]: os.environ["TSIG_SECRET"]})
        self.algorithm = os.environ.get("TSIG_ALGORITHM", "hmac-sha256")

    def _ask(self, name, record_type):
        question = dns.message.make_query(name, record_type, flags=0, use_edns=0, payload=1232)
        return dns.query.tcp(question, self.server, port=self.port, timeout=TIMEOUT)

    def txt(self, name):
        owner = dns.name.from_text(name)
        found = self._ask(owner, "TXT").get_rrset(dns.message.ANSWER, owner, dns.rdataclass.IN, dns.rdatatype.TXT)
        return [(b"".join(each.strings), found.ttl) for each in found] if found else []

    def version(self):
        found = self._ask(self.apex, "SOA").get_rrset(dns.message.ANSWER, self.apex, dns.rdataclass.IN, dns.rdatatype.SOA)
        return found[0].serial if found else None

    def _update(self, change):
        update = dns.update.UpdateMessage(self.apex, keyring=self.keyring, keyalgorithm=self.algorithm)
        change(update)
        answer = dns.query.tcp(update, self.server, port=self.port, timeout=TIMEOUT)
        if answer.rcode() != 0:
            raise RuntimeError(f"the update was refused: {dns.rcode.to_text(answer.rcode())}")

    def add_txt(self, name, value):
        self._update(lambda update: update.add(dns.name.from_text(name), TTL, "TXT", quoted(value)))

    def add_cname(self, name, target):
        self._update(lambda update: update.add(dns.name.from_text(name), TTL, "CNAME", target))

    def clear(self, name):
        if self.txt(name):
            self._update(lambda update: update.delete(dns.name.from_text(name), "TXT"))


class PowerDns:
    def __init__(self, apex):
        server = os.environ.get("PDNS_SERVER_ID", "localhost")
        self.url = f"{os.environ['PDNS_API_URL'].rstrip('/')}/api/v1/servers/{server}/zones/{apex}"
        self.headers = {"X-API-Key": os.environ["PDNS_API_KEY"]}

    def _ask(self, method, url, **more):
        answer = ask(method, url, headers=self.headers, **more)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} at the API of PowerDNS: {answer.status_code} {answer.text[:300]}")
        return answer

    def _sets(self, name, record_type):
        found = self._ask("GET", self.url, params={"rrset_name": name, "rrset_type": record_type}).json()["rrsets"]
        return [each for each in found if each["name"] == name and each["type"] == record_type]

    def txt(self, name):
        return [(strings_of(record["content"]), each["ttl"]) for each in self._sets(name, "TXT") for record in each["records"]]

    def version(self):
        return self._ask("GET", self.url, params={"rrsets": "false"}).json()["serial"]

    def _replace(self, name, record_type, contents):
        change = {"name": name, "type": record_type, "ttl": TTL, "changetype": "REPLACE"}
        change["records"] = [{"content": each, "disabled": False} for each in contents]
        self._ask("PATCH", self.url, json={"rrsets": [change]})

    def add_txt(self, name, value):
        stands = [record["content"] for each in self._sets(name, "TXT") for record in each["records"]]
        self._replace(name, "TXT", stands + [quoted(value)])

    def add_cname(self, name, target):
        self._replace(name, "CNAME", [target])

    def clear(self, name):
        gone = [{"name": name, "type": each, "changetype": "DELETE"} for each in ("TXT", "CNAME")]
        self._ask("PATCH", self.url, json={"rrsets": gone})


class Cloudflare:
    def __init__(self, apex):
        self.api = os.environ.get("CLOUDFLARE_ENDPOINT", "https://api.cloudflare.com/client/v4").rstrip("/")
        self.headers = {"Authorization": "Bearer " + os.environ["CLOUDFLARE_API_TOKEN"]}
        found = self._ask("GET", "/zones", params={"name": apex.rstrip(".")})
        if len(found) != 1:
            raise RuntimeError(f"the token sees {len(found)} zones {apex} at Cloudflare, not one")
        self.records = f"/zones/{found[0]['id']}/dns_records"

    def _ask(self, method, path, **more):
        answer = ask(method, self.api + path, headers=self.headers, **more)
        try:
            body = answer.json()
        except ValueError:
            raise RuntimeError(f"{method} at Cloudflare: {answer.status_code} without JSON")
        if not body.get("success"):
            raise RuntimeError(f"{method} at Cloudflare: {answer.status_code} {body.get('errors')}")
        return body["result"]

    def _at(self, name):
        return self._ask("GET", self.records, params={"name.exact": name.rstrip(".")})

    def txt(self, name):
        found = [each for each in self._at(name) if each["type"] == "TXT"]
        return [(strings_of(each["content"]), each["ttl"]) for each in found]

    def version(self):
        return None

    def add_txt(self, name, value):
        self._ask("POST", self.records, json={"name": name.rstrip("."), "type": "TXT", "content": quoted(value), "ttl": TTL})

    def add_cname(self, name, target):
        record = {"name": name.rstrip("."), "type": "CNAME", "content": target.rstrip("."), "ttl": TTL, "proxied": False}
        self._ask("POST", self.records, json=record)

    def clear(self, name):
        for each in self._at(name):
            if each["type"] in ("TXT", "CNAME"):
                self._ask("DELETE", f"{self.records}/{each['id']}")


class Route53:
    def __init__(self, apex):
        import boto3
        from botocore.config import Config

        self.client = boto3.client(
            "route53",
            region_name=os.environ.get("AWS_REGION", "us-east-1"),
            endpoint_url=os.environ.get("ROUTE53_ENDPOINT"),
            config=Config(retries={"mode": "standard", "max_attempts": 20}),
        )
        found = self.client.list_hosted_zones_by_name(DNSName=apex)["HostedZones"]
        public = [each for each in found if each["Name"] == apex and not each.get("Config", {}).get("PrivateZone")]
        if len(public) != 1:
            raise RuntimeError(f"there are {len(public)} public hosted zones {apex}, not one")
        self.zone = public[0]["Id"].rpartition("/")[2]

    def _set(self, name, record_type):
        found = self.client.list_resource_record_sets(
            HostedZoneId=self.zone, StartRecordName=name, StartRecordType=record_type, MaxItems="1"
        )["ResourceRecordSets"]
        same = found and found[0]["Name"].lower() == name and found[0]["Type"] == record_type
        return found[0] if same else None

    def _change(self, action, record_set):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}
        self.client.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch=batch)

    @staticmethod
    def _value(text):
        """Strings in quotation marks, with octal escapes, not decimal ones as in a master file."""
        decimal = lambda match: f"\\{int(match[1], 8):03d}" if len(match[1]) == 3 else match[0]
        return strings_of(re.sub(r"\\([0-7]{3}|.)", decimal, text))

    def txt(self, name):
        found = self._set(name, "TXT")
        return [(self._value(each["Value"]), found["TTL"]) for each in found["ResourceRecords"]] if found else []

    def version(self):
        return None

    def add_txt(self, name, value):
        wanted = self._set(name, "TXT") or {"Name": name, "Type": "TXT", "TTL": TTL, "ResourceRecords": []}
        wanted["ResourceRecords"].append({"Value": quoted(value)})
        self._change("UPSERT", wanted)

    def add_cname(self, name, target):
        self._change("UPSERT", {"Name": name, "Type": "CNAME", "TTL": TTL, "ResourceRecords": [{"Value": target}]})

    def clear(self, name):
        for record_type in ("TXT", "CNAME"):
            found = self._set(name, record_type)
            if found:
                self._change("DELETE", found)


ZONES = {"rfc2136": Rfc2136, "powerdns": PowerDns, "cloudflare": Cloudflare, "route53": Route53}
