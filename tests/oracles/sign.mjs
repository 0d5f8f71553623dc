// Deliveries signed by the providers' own packages, one JSON line each, for
// tests/hook_judge. Where a package only verifies, the key pair's signature is
// made by Node. argv[2]: the folder that has node_modules.
import { createRequire } from "node:module";
import crypto from "node:crypto";

const require = createRequire(process.argv[2] + "/");
const now = Math.floor(Date.now() / 1000);

// JSON as other programs write it: spaces, escapes, letters of the world.
const bodies = [
	"{}",
	'{"id":"evt_1","type":"order.paid","data":{"id":"o1"}}',
	'{ "id" : "evt_2",\n  "text": "Gr\\u00fc\\u00dfe, 你好 🙂",\r\n  "n": 1.50 }\n',
	JSON.stringify({ id: "evt_3", filler: "x".repeat(20000) }),
];

function put(line) {
	console.log(JSON.stringify({
		method: "POST", url: "", target: "", now, headers: {}, ...line,
	}));
}

async function stripe(body) {
	const Stripe = require("stripe");
	const secret = "whsec_" + crypto.randomBytes(24).toString("base64url");
	put({ provider: "stripe", secret, body, headers: { "Stripe-Signature":
	    new Stripe("sk_test_x").webhooks.generateTestHeaderString(
		{ payload: body, secret, timestamp: now }) } });
}

async function standard(body) {
	const secret = "whsec_" + crypto.randomBytes(32).toString("base64");
	const id = "msg_" + crypto.randomUUID();
	const when = new Date(now * 1000);

	for (const [provider, library, prefix] of [
		["standard-webhooks", "standardwebhooks", "webhook"],
		["gitlab", "standardwebhooks", "webhook"],
		["svix", "svix", "svix"]]) {
		const { Webhook } = require(library);
		put({ provider, secret, body, headers: {
			[prefix + "-id"]: id,
			[prefix + "-timestamp"]: String(now),
			[prefix + "-signature"]:
			    new Webhook(secret).sign(id, when, body) } });
	}
}

async function github(body) {
	const { sign } = await import(new URL(
	    "node_modules/@octokit/webhooks-methods/dist-node/index.js",
	    "file://" + process.argv[2] + "/").href);
	const secret = "It's a Secret to Everybody";

	put({ provider: "github", secret, body, headers: {
		"X-Hub-Signature-256": await sign(secret, body) } });
}

async function hubspot(body) {
	const { Signature } = require("@hubspot/api-client");
	const clientSecret = crypto.randomUUID();
	const url = "https://gate.example/api/webhooks/crm";
	const timestamp = now * 1000;
	const made = (method, version, whole) => Signature.getSignature(method,
	    version, { clientSecret, requestBody: body, url: whole, timestamp });
	const common = { secret: clientSecret, body, url };

	put({ ...common, provider: "hubspot-v1", headers: {
		"X-HubSpot-Signature": made("POST", "v1", url) } });
	put({ ...common, provider: "hubspot-v2", headers: {
		"X-HubSpot-Signature": made("POST", "v2", url) } });
	put({ ...common, provider: "hubspot-v2", method: "GET",
	    target: "/x?a=1", headers: {
		"X-HubSpot-Signature": made("GET", "v2", url + "?a=1") } });
	put({ ...common, provider: "hubspot", target: "/x?a=1&b=%20", headers: {
		"X-HubSpot-Signature-v3": made("POST", "v3", url + "?a=1&b=%20"),
		"X-HubSpot-Request-Timestamp": String(timestamp) } });
}

async function twilio(body) {
	const { getExpectedTwilioSignature, getExpectedBodyHash } =
	    require("twilio/lib/webhooks/webhooks");
	const secret = crypto.randomBytes(16).toString("hex");
	const url = "https://gate.example/api/webhooks/phone";
	const params = { To: "+15551234", From: "+1555 4321", Body: body,
	    MessageSid: "SM1", Empty: "", MediaUrl: ["b", "a", "b"] };
	const form = new URLSearchParams();
	const query = "?bodySHA256=" + getExpectedBodyHash(body);

	for (const [name, value] of Object.entries(params))
		for (const one of [value].flat())
			form.append(name, one);
	put({ provider: "twilio", secret, url, body: form.toString(),
	    target: "/x", headers: { "X-Twilio-Signature":
		getExpectedTwilioSignature(secret, url, params) } });
	put({ provider: "twilio", secret, url, body, target: "/x" + query,
	    headers: { "X-Twilio-Signature":
		getExpectedTwilioSignature(secret, url + query, {}) } });
}

async function adyen() {
	const { hmacValidator } = require("@adyen/api-library");
	const secret = crypto.randomBytes(32).toString("hex");
	const items = [
		{ pspReference: "7914073381342284", originalReference: "",
		    merchantAccountCode: "TestMerchant",
		    merchantReference: "INV:42",
		    amount: { value: 1130, currency: "EUR" },
		    eventCode: "AUTHORISATION", success: "true" },
		{ pspReference: "8", merchantAccountCode: "Größe",
		    merchantReference: "x\\y", amount: { value: 0,
			currency: "JPY" },
		    eventCode: "REFUND", success: "false" },
	];

	for (const item of items)
		item.additionalData = { hmacSignature:
		    new hmacValidator().calculateHmac(item, secret) };
	put({ provider: "adyen", secret, body: JSON.stringify({ live: "false",
	    notificationItems: items.map((i) => (
		{ NotificationRequestItem: i })) }) });
}

// Its package only verifies: what it takes, we must take.
async function sendgrid(body) {
	const { EventWebhook } = require("@sendgrid/eventwebhook");
	const pair = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
	const secret = pair.publicKey.export({ type: "spki", format: "der" })
	    .toString("base64");
	const signature = crypto.sign("sha256", Buffer.from(now + body),
	    pair.privateKey).toString("base64");
	const judge = new EventWebhook();

	if (!judge.verifySignature(judge.convertPublicKeyToECDSA(secret), body,
	    signature, String(now)))
		throw new Error("SendGrid refuses its own");
	put({ provider: "sendgrid", secret, body, headers: {
		"X-Twilio-Email-Event-Webhook-Signature": signature,
		"X-Twilio-Email-Event-Webhook-Timestamp": String(now) } });
}

async function discord(body) {
	const { verifyKey } = require("discord-interactions");
	const pair = crypto.generateKeyPairSync("ed25519");
	const secret = pair.publicKey.export({ type: "spki", format: "der" })
	    .subarray(-32).toString("hex");
	const signature = crypto.sign(null, Buffer.from(now + body),
	    pair.privateKey).toString("hex");

	if (!await verifyKey(body, signature, String(now), secret))
		throw new Error("Discord refuses its own");
	put({ provider: "discord", secret, body, headers: {
		"X-Signature-Ed25519": signature,
		"X-Signature-Timestamp": String(now) } });
}

for (const body of bodies)
	for (const sign of [stripe, standard, github, hubspot, twilio, sendgrid,
	    discord])
		await sign(body);
await adyen();
