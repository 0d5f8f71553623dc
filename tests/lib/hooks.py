"""Third parties as they send: what the headers of a delivery are for exact
bytes. Written from the vendors' documents with Python's hmac alone, so that
it shares nothing with lib/provider.c."""

import base64
import hashlib
import hmac
import json
import time
import uuid


def digest(secret, data):
    return hmac.new(secret.encode(), data, hashlib.sha256)


def base64_of(secret, data):
    return base64.b64encode(digest(secret, data).digest()).decode()


class Hook:
    """One source: where it sends to, and with which secret. url: what the
    provider was told."""

    media = "application/json"

    def __init__(self, name, secret, url=""):
        self.name = name
        self.secret = secret
        self.url = url
        self.path = "/api/webhooks/" + name

    def headers(self, body, secret=None, **how):
        return {"Content-Type": self.media, "User-Agent": "hooks/1",
                **self.sign(body, secret or self.secret, **how)}


class Stripe(Hook):
    provider = "stripe"
    path_tail = ""

    def sign(self, body, secret, ts=None, **_):
        ts = int(time.time()) if ts is None else ts
        mac = digest(secret, f"{ts}.".encode() + body).hexdigest()
        return {"Stripe-Signature": f"t={ts},v1={mac},v0={'0' * 64}"}

    def body(self, kind="invoice.paid", key=None, **more):
        return json.dumps({
            "id": key or "evt_" + uuid.uuid4().hex, "object": "event",
            "type": kind, "created": 1700000000,
            "data": {"object": {"id": "in_1", "customer": "cus_7",
                                **more}}}).encode()


class GitHub(Hook):
    provider = "github"

    def sign(self, body, secret, event="issues", delivery=None, **_):
        return {"X-GitHub-Event": event,
                "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
                "X-Hub-Signature": "sha1=" + "0" * 40,
                "X-Hub-Signature-256": "sha256=" + digest(
                    secret, body).hexdigest()}

    def body(self, kind="opened", **more):
        return json.dumps({"action": kind, "issue": {
            "number": 1, "title": uuid.uuid4().hex}, "sender": {"id": 5},
            "repository": {"full_name": "o/r"}, **more}).encode()


class WooCommerce(Hook):
    provider = "woocommerce"

    def sign(self, body, secret, topic="order.updated", **_):
        return {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-ID": "3",
                "X-WC-Webhook-Delivery-ID": "0" * 32,
                "X-WC-Webhook-Source": "https://shop.example.com/",
                "X-WC-Webhook-Signature": base64_of(secret, body)}

    def body(self, number=727, **more):
        return json.dumps({"id": number, "status": "processing",
                           "date_modified_gmt": "2026-11-22T07:54:41",
                           "total": "29.35", **more}).encode()


class Shopify(Hook):
    provider = "shopify"

    def sign(self, body, secret, topic="orders/create", event=None, **_):
        return {"X-Shopify-Topic": topic,
                "X-Shopify-Shop-Domain": "s.myshopify.com",
                "X-Shopify-Event-Id": event or str(uuid.uuid4()),
                "X-Shopify-Webhook-Id": str(uuid.uuid4()),
                "X-Shopify-Hmac-Sha256": base64_of(secret, body)}

    def body(self, number=820982911946154508, **more):
        return json.dumps({"id": number, "token": uuid.uuid4().hex,
                           "updated_at": "2026-11-22T07:54:41-05:00",
                           **more}).encode()


class Slack(Hook):
    provider = "slack"

    def sign(self, body, secret, ts=None, **_):
        ts = int(time.time()) if ts is None else ts
        mac = digest(secret, f"v0:{ts}:".encode() + body).hexdigest()
        return {"X-Slack-Request-Timestamp": str(ts),
                "X-Slack-Signature": "v0=" + mac}

    def body(self, kind="app_mention", key=None, **more):
        return json.dumps({
            "type": "event_callback", "team_id": "T1",
            "event_id": key or "Ev" + uuid.uuid4().hex[:10],
            "event_time": 1700000000,
            "event": {"type": kind, "user": "U1", "channel": "C1",
                      **more}}).encode()


class HubSpot(Hook):
    provider = "hubspot"

    def sign(self, body, secret, ts=None, url=None, **_):
        ts = int(time.time() * 1000) if ts is None else ts
        data = b"POST" + (url or self.url).encode() + body + str(ts).encode()
        return {"X-HubSpot-Request-Timestamp": str(ts),
                "X-HubSpot-Signature-v3": base64_of(secret, data)}

    def item(self, kind="contact.creation", **more):
        return {"eventId": 100, "subscriptionId": 1, "portalId": 62515,
                "appId": 54321, "occurredAt": int(time.time() * 1000),
                "subscriptionType": kind, "attemptNumber": 0,
                "objectId": uuid.uuid4().int % 10**9, **more}

    def body(self, *items):
        return json.dumps(items or [self.item()]).encode()


class Zoom(Hook):
    provider = "zoom"

    def sign(self, body, secret, ts=None, **_):
        ts = int(time.time()) if ts is None else ts
        mac = digest(secret, f"v0:{ts}:".encode() + body).hexdigest()
        return {"x-zm-request-timestamp": str(ts),
                "x-zm-signature": "v0=" + mac}


class Meta(Hook):
    provider = "meta"

    def sign(self, body, secret, **_):
        return {"X-Hub-Signature-256": "sha256=" + digest(
            secret, body).hexdigest()}

    def body(self, *entries):
        """entries: lists of (field, value)."""
        return json.dumps({"object": "page", "entry": [
            {"id": str(i), "time": 1700000000, "changes": [
                {"field": f, "value": v} for f, v in changes]}
            for i, changes in enumerate(entries)]}).encode()


class Generic(Hook):
    """A sender of one's own: a list with a time in it, and two headers."""

    provider = "hmac"

    def sign(self, body, secret, ts=None, delivery=None, event="thing.made",
             **_):
        ts = int(time.time()) if ts is None else ts
        delivery = delivery or str(uuid.uuid4())
        mac = base64_of(secret, f"{delivery}.{ts}.".encode() + body)
        return {"X-Own-Signature": f"at={ts};sig={mac}",
                "X-Own-Delivery": delivery, "X-Own-Event": event}

    def body(self, **more):
        return json.dumps({"n": uuid.uuid4().hex, **more}).encode()


class Static(Hook):
    """A form plugin that can send a header, and nothing else."""

    provider = "static-header"

    def sign(self, _body, secret, **_):
        return {"X-Webhook-Secret": secret}

    def body(self, **more):
        return json.dumps({"form": "contact", "entry": uuid.uuid4().hex,
                           "email": "a@example.com", **more}).encode()


class Mailgun(Hook):
    """Signs a time and a token within the body, and not the event."""

    provider = "mailgun"

    def sign(self, _body, _secret, **_):
        return {}

    def body(self, token=None, secret=None, ts=None, key=None, **more):
        ts = str(int(time.time()) if ts is None else ts)
        token = token or uuid.uuid4().hex + uuid.uuid4().hex[:18]
        return json.dumps({
            "signature": {"timestamp": ts, "token": token,
                          "signature": digest(
                              secret or self.secret,
                              (ts + token).encode()).hexdigest()},
            "event-data": {"event": "opened", "id": key or
                           uuid.uuid4().hex, **more}}).encode()


class Adyen(Hook):
    """The key is hexadecimal; each item carries its own signature."""

    provider = "adyen"

    def sign(self, _body, _secret, **_):
        return {}

    def item(self, psp=None, secret=None, code="AUTHORISATION"):
        item = {"pspReference": psp or str(uuid.uuid4().int)[:16],
                "merchantAccountCode": "M", "merchantReference": "R",
                "amount": {"value": 1130, "currency": "EUR"},
                "eventCode": code, "success": "true",
                "eventDate": "2026-11-22T07:54:41+01:00"}
        data = ":".join([item["pspReference"], "", "M", "R", "1130", "EUR",
                         code, "true"])
        key = bytes.fromhex(secret or self.secret)
        item["additionalData"] = {"hmacSignature": base64.b64encode(
            hmac.new(key, data.encode(), hashlib.sha256).digest()).decode()}
        return item

    def body(self, *items):
        return json.dumps({"live": "false", "notificationItems": [
            {"NotificationRequestItem": i} for i in items]}).encode()
