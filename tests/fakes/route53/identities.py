"""Where credentials come from: STS, the endpoint of containers, and the instance metadata service, version 2 only."""

import secrets
import time
from urllib.parse import parse_qs

from messages import escape
from signature import Refused

STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Identities:
    def __init__(self, service):
        self.service = service
        self.web_token, self.role = "web-identity-token", "arn:aws:iam::123456789012:role/paynamed"
        self.container_token = "container-token"
        self.metadata_tokens, self.metadata_hops_refused = {}, False
        self.lifetime, self.issued = 3600, 0

    def issue(self):
        """Fresh credentials that the API will know until they end."""
        self.issued += 1
        key_id = f"ASIATEMPORARY{self.issued:07d}"
        key = {"secret": secrets.token_urlsafe(30), "token": secrets.token_urlsafe(60), "expires": self.service.now() + self.lifetime}
        self.service.keys[key_id] = key
        return key_id, key

    def sts(self, method, body, query):
        asked = {key: values[0] for key, values in parse_qs(query + "&" + body.decode("latin-1") if query else body.decode("latin-1")).items()}
        if asked.get("Action") != "AssumeRoleWithWebIdentity" or asked.get("Version") != "2011-06-15":
            raise Refused(400, "InvalidAction", "Could not find operation for version 2011-06-15")
        if asked.get("RoleArn") != self.role or not asked.get("RoleSessionName"):
            raise Refused(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        if asked.get("WebIdentityToken") != self.web_token:
            raise Refused(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for the token")
        key_id, key = self.issue()
        inner = (
            f"<AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>test</SubjectFromWebIdentityToken><Credentials>"
            f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{escape(key['secret'])}</SecretAccessKey>"
            f"<SessionToken>{escape(key['token'])}</SessionToken><Expiration>{moment(key['expires'])}</Expiration>"
            f"</Credentials></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        )
        return f'<AssumeRoleWithWebIdentityResponse xmlns="{STS_NAMESPACE}">{inner}</AssumeRoleWithWebIdentityResponse>'.encode()

    def sts_error(self, refused):
        return (
            f'<ErrorResponse xmlns="{STS_NAMESPACE}"><Error><Type>Sender</Type><Code>{refused.code}</Code>'
            f"<Message>{escape(refused.message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        ).encode()

    def as_json(self, **more):
        key_id, key = self.issue()
        return {"AccessKeyId": key_id, "SecretAccessKey": key["secret"], "Token": key["token"], "Expiration": moment(key["expires"]), **more}

    def container(self, authorization):
        if authorization != self.container_token:
            return 401, {"code": "Unauthorized", "message": "the authorization token is not the container's"}
        return 200, self.as_json()

    def metadata(self, method, path, headers):
        """(status, body): JSON or text. A request of version 1, without a session token, is refused."""
        if path == "/latest/api/token":
            ttl = headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
            if method != "PUT" or not ttl.isdigit() or not 1 <= int(ttl) <= 21600 or "x-forwarded-for" in headers:
                return 400, "bad request"
            token = secrets.token_urlsafe(40)
            self.metadata_tokens[token] = time.monotonic() + int(ttl)
            return 200, token
        if self.metadata_tokens.get(headers.get("x-aws-ec2-metadata-token", ""), 0) < time.monotonic():
            return 401, "unauthorized"
        folder = "/latest/meta-data/iam/security-credentials/"
        if path == folder:
            return 200, "paynamed-role"
        if path == folder + "paynamed-role":
            return 200, self.as_json(Code="Success", Type="AWS-HMAC", LastUpdated=moment(self.service.now()))
        return 404, "not found"
