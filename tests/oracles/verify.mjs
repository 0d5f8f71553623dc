// What lib/provider_sign.c signed, judged by the providers' own packages:
// reads JSON lines of tests/flow_oracles.py and answers each with true or
// false. argv[2]: the folder that has node_modules.
import { createRequire } from "node:module";
import { webcrypto } from "node:crypto";
import readline from "node:readline";

globalThis.crypto ??= webcrypto; // Debian 12 has node 18, which does not
const require = createRequire(process.argv[2] + "/");

function lower(headers) {
	return Object.fromEntries(Object.entries(headers).map(
	    ([name, value]) => [name.toLowerCase(), value]));
}

function takes(f) {
	try {
		f();
		return true;
	} catch {
		return false;
	}
}

function whole(line) {
	return line.url + line.target.replace(/^[^?]*/, "");
}

function hubspot(version, name) {
	const { Signature } = require("@hubspot/api-client");

	return (line, headers) => Signature.isValid({
		signatureVersion: version, method: line.method,
		clientSecret: line.secret, requestBody: line.body,
		url: whole(line), signature: headers[name],
		timestamp: Number(headers["x-hubspot-request-timestamp"]) });
}

async function shopify(line, headers) {
	require("@shopify/shopify-api/adapters/web-api");
	const { shopifyApi, LogSeverity } = require("@shopify/shopify-api");
	const api = shopifyApi({ apiKey: "key", apiSecretKey: line.secret,
	    apiVersion: "2025-07", hostName: "gate.example", scopes: [],
	    isEmbeddedApp: false, logger: { level: LogSeverity.Error,
		log: () => {} } });

	return (await api.webhooks.validate({ rawBody: line.body,
	    rawRequest: new Request("https://gate.example/", {
		method: "POST", body: line.body, headers: { ...headers,
		    "X-Shopify-Topic": "orders/create",
		    "X-Shopify-API-Version": "2025-07",
		    "X-Shopify-Shop-Domain": "s.myshopify.com",
		    "X-Shopify-Webhook-Id": "1" } }) })).valid;
}

const judges = {
	"stripe": (line, headers) => takes(() =>
	    new (require("stripe"))("sk_test_x").webhooks.constructEvent(
		line.body, headers["stripe-signature"], line.secret)),
	"standard-webhooks": (line, headers) => takes(() =>
	    new (require("standardwebhooks").Webhook)(line.secret).verify(
		line.body, headers)),
	"svix": (line, headers) => takes(() =>
	    new (require("svix").Webhook)(line.secret).verify(
		line.body, headers)),
	"github": async (line, headers) => (await import(new URL(
	    "node_modules/@octokit/webhooks-methods/dist-node/index.js",
	    "file://" + process.argv[2] + "/").href)).verify(line.secret,
	    line.body, headers["x-hub-signature-256"]),
	"hubspot": hubspot("v3", "x-hubspot-signature-v3"),
	"hubspot-v2": hubspot("v2", "x-hubspot-signature"),
	"hubspot-v1": hubspot("v1", "x-hubspot-signature"),
	"twilio": (line, headers) => {
		const twilio = require("twilio");
		const signature = headers["x-twilio-signature"];

		if (line.target.includes("bodySHA256"))
			return twilio.validateRequestWithBody(line.secret,
			    signature, whole(line), line.body);
		return twilio.validateRequest(line.secret, signature,
		    whole(line), Object.fromEntries(
			new URLSearchParams(line.body)));
	},
	"slack": (line, headers) => require(
	    "@slack/bolt/dist/receivers/verify-request.js")
	    .isValidSlackRequest({ signingSecret: line.secret, body: line.body,
		headers: { "x-slack-signature": headers["x-slack-signature"],
		    "x-slack-request-timestamp":
			Number(headers["x-slack-request-timestamp"]) } }),
	"shopify": shopify,
	"paddle": (line, headers) => {
		const { Paddle } = require("@paddle/paddle-node-sdk");

		return new Paddle("key").webhooks.isSignatureValid(line.body,
		    line.secret, headers["paddle-signature"]);
	},
	"linear": (line, headers) => {
		const { LinearWebhookClient } =
		    require("@linear/sdk/webhooks");

		return takes(() => new LinearWebhookClient(line.secret)
		    .parseData(Buffer.from(line.body),
			headers["linear-signature"],
			JSON.parse(line.body).webhookTimestamp));
	},
};

for await (const text of readline.createInterface({ input: process.stdin })) {
	const line = JSON.parse(text);

	console.log(Boolean(await judges[line.provider](line,
	    lower(line.headers))));
}
