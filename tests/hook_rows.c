/*
 * Deliveries that others made, each with who. Where a provider publishes no
 * example, the signature is another program's, by the provider's own words.
 */
#include "config.h"

#include "tests/hook_rows.h"

#include "tests/runner.h"

const struct hook_row hook_rows[] = {
    {
	.source = "npm stripe, webhooks.generateTestHeaderString",
	.provider = "stripe",
	.secret = "whsec_test_secret",
	.other = "whsec_test_secreu",
	.now_s = 1614265330,
	.headers = {"Stripe-Signature: t=1614265330,v1=42b3d2b2181207b6b2"
		    "99df380bf37599bb895dc182467ba12e046b1916c4cd19"},
	.body = BYTES("{\"id\":\"evt_1\",\"object\":\"event\"}"),
    },
    {
	.source = "docs.github.com, validating webhook deliveries",
	.provider = "github",
	.secret = "It's a Secret to Everybody",
	.other = "it's a Secret to Everybody",
	.headers = {"X-Hub-Signature-256: sha256=757107ea0eb2509fc211221c"
		    "ce984b8a37570b6d7586c22c46f4379c8b043e17"},
	.body = BYTES("Hello, World!"),
    },
    {
	.source = "octokit/webhooks-methods.js, test",
	.provider = "github",
	.secret = "mysecret",
	.other = "secret",
	.headers = {"X-Hub-Signature-256: sha256=4864d2759938a15468b5df9a"
		    "de20bf161da9b4f737ea61794142f3484236bda3"},
	.body = BYTES("{\"foo\":\"bar\"}"),
    },
    {
	.source = "the same as GitHub's, in upper case",
	.provider = "hmac",
	.secret = "It's a Secret to Everybody",
	.other = "another",
	.headers = {"X-Signature: sha256=757107EA0EB2509FC211221CCE984B8A"
		    "37570B6D7586C22C46F4379C8B043E17"},
	.body = BYTES("Hello, World!"),
    },
    {
	.source = "no signature: the secret itself",
	.provider = "static-header",
	.secret = "a secret that is sent itself",
	.other = "a secret that is sent itselg",
	.headers = {"X-Webhook-Secret: a secret that is sent itself"},
	.body = BYTES("{\"a\":1}"),
	.is_loose = true,
    },
    {
	.source = "docs.gitlab.com, webhooks: the token is sent",
	.provider = "gitlab-token",
	.secret = "glwt-0123456789abcdef",
	.other = "glwt-0123456789abcdeg",
	.headers = {"X-Gitlab-Token: glwt-0123456789abcdef",
	    "X-Gitlab-Event: Push Hook"},
	.body = BYTES("{\"object_kind\":\"push\"}"),
	.is_loose = true,
    },
    {
	.source = "docs.slack.dev, verifying requests from Slack",
	.provider = "slack",
	.secret = "8f742231b10e8888abcd99yyyzzz85a5",
	.other = "8f742231b10e8888abcd99yyyzzz85a6",
	.now_s = 1531420618,
	.headers = {"X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd83162"
		    "35a7b4a8d21a10bd27519666489c69b503",
	    "X-Slack-Request-Timestamp: 1531420618"},
	.body = BYTES("token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&tea"
		      "m_domain=testteamnow&channel_id=G8PSS9T3V&channel_na"
		      "me=foobar&user_id=U2CERLKJA&user_name=roadrunner&com"
		      "mand=%2Fwebhook-collect&text=&response_url=https%3A%"
		      "2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700"
		      "885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=3987386"
		      "63015.47445629121.803a0bc887a14d10d2c447fce8b6703c"),
    },
    {
	.source = "hubspot-api-nodejs, test/unit/signature.spec.ts",
	.provider = "hubspot-v1",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.headers = {"X-HubSpot-Signature: 232db2615f3d666fe21a8ec971ac7b5"
		    "402d33b9a925784df3ca654d05f4817de"},
	.body = BYTES("[{\"eventId\":1,\"subscriptionId\":12345,\"portalId"
		      "\":62515,\"occurredAt\":1564113600000,\"subscription"
		      "Type\":\"contact.creation\",\"attemptNumber\":0,\"ob"
		      "jectId\":123,\"changeSource\":\"CRM\",\"changeFlag\""
		      ":\"NEW\",\"appId\":54321}]"),
    },
    {
	.source = "hubspot-api-nodejs, v2 without a body",
	.provider = "hubspot-v2",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.method = "GET",
	.url = "https://www.example.com/webhook_uri",
	.target = "/webhook_uri",
	.headers = {"X-HubSpot-Signature: eee2dddcc73c94d699f5e395f4b9d45"
		    "4a069a6855fbfa152e91e88823087200e"},
	.body = BYTES(""),
    },
    {
	.source = "hubspot-api-nodejs, v2 with a body",
	.provider = "hubspot-v2",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.url = "https://www.example.com/webhook_uri",
	.target = "/webhook_uri",
	.headers = {"X-HubSpot-Signature: 9569219f8ba981ffa6f6f16aa0f4863"
		    "7d35d728c7e4d93d0d52efaa512af7900"},
	.body = BYTES("{\"example_field\":\"example_value\"}"),
    },
    {
	.source = "Python's hashlib, as the SDKs do: v2 with a query",
	.provider = "hubspot-v2",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.method = "GET",
	.url = "https://www.example.com/webhook_uri",
	.target = "/webhook_uri?a=%2F1",
	.headers = {"X-HubSpot-Signature: d1ad975e4a95840e596dec6e1a6e378"
		    "20b335a8f78d00e16c4b7e3fa549c863b"},
	.body = BYTES(""),
    },
    {
	.source = "hubspot-api-python, tests, v3",
	.provider = "hubspot",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.url = "https://www.example.com/webhook_uri",
	.target = "/webhook_uri",
	.now_s = 1693657560,
	.headers = {"X-HubSpot-Signature-v3: K36dawei4A+QBNolUOqo7s91KQDW"
		    "Q5MXZ/QufNYuk/Y=",
	    "X-HubSpot-Request-Timestamp: 1693657560000"},
	.body = BYTES("{'example_field':'example_value'}"),
    },
    {
	.source = "hubspot-api-ruby, spec, v3",
	.provider = "hubspot",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.url = "https://www.example.com/webhook_uri",
	.target = "/webhook_uri",
	.now_s = 1700000300,
	.headers = {"X-HubSpot-Signature-v3: RnbPH7+UMKVkbV32P8bz450N4M56"
		    "aPmcru1+D3kSDtw=",
	    "X-HubSpot-Request-Timestamp: 1700000300000"},
	.body = BYTES("{'example_field':'example_value'}"),
    },
    {
	.source = "Python's hmac, as developers.hubspot.com says of esc"
		  "apes",
	.provider = "hubspot",
	.secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
	.other = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyz",
	.url = "https://www.example.com/webhook_uri",
	.target = "/hooks/webhook_uri?a=x%2Fy%3az&b=%20%26c",
	.now_s = 1700000300,
	.headers = {"X-HubSpot-Signature-v3: qOY994o5IAzKJDB9sOnZWz00zCML"
		    "e9nOFJ7RfIRIQmg=",
	    "X-HubSpot-Request-Timestamp: 1700000300000"},
	.body = BYTES("{}"),
    },
    {
	.source = "Standard Webhooks and Svix, tests, v1",
	.provider = "standard-webhooks",
	.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	.other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
	.now_s = 1614265330,
	.headers = {"webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
	    "webhook-timestamp: 1614265330",
	    "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uF"
	    "JELVlNIOLJ1OE="},
	.body = BYTES("{\"test\": 2432232314}"),
    },
    {
	.source = "Standard Webhooks and Svix, tests, v1",
	.provider = "svix",
	.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	.other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
	.now_s = 1614265330,
	.headers = {"svix-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
	    "svix-timestamp: 1614265330",
	    "svix-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJEL"
	    "VlNIOLJ1OE="},
	.body = BYTES("{\"test\": 2432232314}"),
    },
    {
	.source = "Standard Webhooks and Svix, tests, v1",
	.provider = "gitlab",
	.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	.other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
	.now_s = 1614265330,
	.headers = {"webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
	    "webhook-timestamp: 1614265330",
	    "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uF"
	    "JELVlNIOLJ1OE="},
	.body = BYTES("{\"test\": 2432232314}"),
    },
    {
	.source = "Standard Webhooks, tests, v1 with a bare secret",
	.provider = "standard-webhooks",
	.secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	.other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
	.now_s = 1614265330,
	.headers = {"webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
	    "webhook-timestamp: 1614265330",
	    "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uF"
	    "JELVlNIOLJ1OE="},
	.body = BYTES("{\"test\": 2432232314}"),
    },
    {
	.source = "Standard Webhooks, tests, v1a",
	.provider = "standard-webhooks",
	.secret = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
	.other = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	.now_s = 1614265330,
	.headers = {"webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
	    "webhook-timestamp: 1614265330",
	    "webhook-signature: v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVq"
	    "khqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m"
	    "7TBAg=="},
	.body = BYTES("{\"test\": 2432232314}"),
    },
    {
	.source = "Standard Webhooks, tests, v1a",
	.provider = "svix",
	.secret = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
	.other = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	.now_s = 1614265330,
	.headers = {"svix-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
	    "svix-timestamp: 1614265330",
	    "svix-signature: v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhq"
	    "w/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TB"
	    "Ag=="},
	.body = BYTES("{\"test\": 2432232314}"),
    },
    {
	.source = "square-nodejs-sdk, WebhooksHelper test",
	.provider = "square",
	.secret = "signature-key",
	.other = "signature-kez",
	.url = "https://webhook.site/webhooks",
	.target = "/webhooks",
	.headers = {"x-square-hmacsha256-signature: W3FlCNk5IA3ZQ2LHTWoaj"
		    "vzfaDu/OwY2tNHIHC3IUOA="},
	.body = BYTES("{\"data\":{\"type\":\"webhooks\",\"id\":\"fake_id\"}"
		      "}"),
    },
    {
	.source = "paddle-node-sdk, webhooks validator test",
	.provider = "paddle",
	.secret = "VALID_SECRET",
	.other = "OTHER_SECRET",
	.now_s = 1698796800,
	.headers = {"Paddle-Signature: ts=1698796800;h1=a300428748dce5c70"
		    "e4da19bffd60769591ea969c99dea3105d0ec9612cf43f9"},
	.body = BYTES("{\"data\": [\"1\", \"2\"]}"),
    },
    {
	.source = "Python's hmac, as shopify.dev says",
	.provider = "shopify",
	.secret = "hush-hush-hush-hush",
	.other = "hush-hush-hush-husi",
	.headers = {"X-Shopify-Hmac-Sha256: MUbuAepkZ0pY473oSU5ZUvpAJ2o7F"
		    "NuGFI2ouE515B8=",
	    "X-Shopify-Topic: orders/create"},
	.body = BYTES("{\"id\":820982911946154508,\"admin_graphql_api_id\":"
		      "\"gid://shopify/Order/820982911946154508\"}"),
    },
    {
	.source = "Python's hmac, as shopify.dev says",
	.provider = "shopify-events",
	.secret = "hush-hush-hush-hush",
	.other = "hush-hush-hush-husi",
	.headers = {"shopify-hmac-sha256: MUbuAepkZ0pY473oSU5ZUvpAJ2o7FNu"
		    "GFI2ouE515B8="},
	.body = BYTES("{\"id\":820982911946154508,\"admin_graphql_api_id\":"
		      "\"gid://shopify/Order/820982911946154508\"}"),
    },
    {
	.source = "Python's hmac, as class-wc-webhook.php does",
	.provider = "woocommerce",
	.secret = "a & b <c> \"d\"",
	.other = "a &amp; b &lt;c&gt; &quot;d&quot;",
	.headers = {"X-WC-Webhook-Signature: u1jdqtYDgMm09elR4dXEv9prhiLM"
		    "vLGioqbEkuCcDI0=",
	    "X-WC-Webhook-Topic: order.updated",
	    "X-WC-Webhook-Delivery-ID: 0000"},
	.body = BYTES("{\"id\":727,\"status\":\"processing\",\"date_modifie"
		      "d_gmt\":\"2026-11-22T06:30:00\"}"),
    },
    {
	.source = "Python's hmac, as the Linear SDK does",
	.provider = "linear",
	.secret = "lin_wh_0123456789",
	.other = "lin_wh_0123456780",
	.now_s = 1676056940,
	.headers = {"Linear-Signature: 6375e87440aca75088c1b04a01b498a316"
		    "553f9cf65b8beb3fe47eeafc5956f7",
	    "Linear-Delivery: 234d1a4e-b617-4388-90fe-adc3633d6b7"
	    "2"},
	.body = BYTES("{\"action\":\"create\",\"type\":\"Issue\",\"webhookT"
		      "imestamp\":1676056940508}"),
    },
    {
	.source = "Python's hmac, as developer.atlassian.com says",
	.provider = "jira",
	.secret = "It's a Secret to Everybody",
	.other = "x",
	.headers = {"X-Hub-Signature: sha256=57d2dad78717a1f4681370a30d77"
		    "217e9b69f8075de66410e6d98bcb491b2716"},
	.body = BYTES("{\"webhookEvent\":\"jira:issue_updated\",\"timestamp"
		      "\":1700000000000}"),
    },
    {
	.source = "developer.atlassian.com, secure admin webhooks",
	.provider = "jira",
	.secret = "It's a Secret to Everybody",
	.other = "x",
	.headers = {"X-Hub-Signature: sha256=a4771c39fbe90f317c7824e83dde"
		    "f3caae9cb3d976c214ace1f2937e133263c9"},
	.body = BYTES("Hello World!"),
    },
    {
	.source = "Python's hmac, as typeform.com says",
	.provider = "typeform",
	.secret = "mYs3cret",
	.other = "mYs3creu",
	.headers = {"Typeform-Signature: sha256=FYVdzPiFn/CXTdtrzPb9LXPLM"
		    "psDquV33LDoVzeU3Ls="},
	.body = BYTES("{\"event_id\":\"LtWXD3crgy\",\"event_type\":\"form_r"
		      "esponse\"}"),
    },
    {
	.source = "Python's hmac, as developer.calendly.com says",
	.provider = "calendly",
	.secret = "5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0I",
	.other = "5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0J",
	.now_s = 1492774577,
	.headers = {"Calendly-Webhook-Signature: t=1492774577,v1=a7582641"
		    "7ec57092b1e73cb9ca6e01f34b90b0fbedcb6acac56d40606aa7"
		    "6e05"},
	.body = BYTES("{\"event\":\"invitee.created\",\"created_at\":\"2020"
		      "-11-23T17:51:19.000000Z\"}"),
    },
    {
	.source = "Python's hmac, as developers.zoom.us says",
	.provider = "zoom",
	.secret = "zoom-secret-token",
	.other = "zoom-secret-tokeo",
	.now_s = 1658940994,
	.headers = {"x-zm-signature: v0=267bae7277d61e6a7b2a3374ed1784592"
		    "87edfe20210eba221ed188773f0afe6",
	    "x-zm-request-timestamp: 1658940994"},
	.body = BYTES("{\"event\":\"meeting.ended\",\"event_ts\":1658940994"
		      "914,\"payload\":{\"object\":{\"uuid\":\"4444AAAiAAAA"
		      "AiAiAiiAii==\"}}}"),
    },
    {
	.source = "Python's hmac, as developers.facebook.com says",
	.provider = "meta",
	.secret = "app secret",
	.other = "app secres",
	.headers = {"X-Hub-Signature-256: sha256=e75f9fdabf5db5ca46cd6349"
		    "bd66b4d1c1338904ee75b25fd0ab8e8ec319f93e"},
	.body = BYTES("{\"object\":\"whatsapp_business_account\",\"entry\":"
		      "[{\"id\":\"1\",\"changes\":[{\"field\":\"messages\","
		      "\"value\":{}}]}]}"),
    },
    {
	.source = "Python's hmac, as developers.facebook.com says",
	.provider = "meta-messaging",
	.secret = "app secret",
	.other = "app secres",
	.headers = {"X-Hub-Signature-256: sha256=e75f9fdabf5db5ca46cd6349"
		    "bd66b4d1c1338904ee75b25fd0ab8e8ec319f93e"},
	.body = BYTES("{\"object\":\"whatsapp_business_account\",\"entry\":"
		      "[{\"id\":\"1\",\"changes\":[{\"field\":\"messages\","
		      "\"value\":{}}]}]}"),
    },
    {
	.source = "Python's hmac, as developers.intercom.com says",
	.provider = "intercom",
	.secret = "client secret",
	.other = "client secres",
	.headers = {"X-Hub-Signature: sha1=919236e21f1e2083b99190f79f8213"
		    "1e0f6d5283"},
	.body = BYTES("{\"type\":\"notification_event\",\"id\":\"notif_1\","
		      "\"topic\":\"conversation.user.created\"}"),
    },
    {
	.source = "Python's hmac, as developer.zendesk.com says",
	.provider = "zendesk",
	.secret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
	.other = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=a",
	.now_s = 1616648967,
	.headers = {"X-Zendesk-Webhook-Signature: 69EIqFt9nbXumm7w0tvopVm"
		    "D8Bclei89GEk+Qcfyr4Y=",
	    "X-Zendesk-Webhook-Signature-Timestamp: 2021-03-25T05"
	    ":09:27Z"},
	.body = BYTES("{\"type\":\"zen:event-type:ticket.created\"}"),
    },
    {
	.source = "twilio-node and twilio-python, tests: a form",
	.provider = "twilio",
	.secret = "12345",
	.other = "12346",
	.url = "https://mycompany.com/myapp.php",
	.target = "/myapp.php?foo=1&bar=2",
	.headers = {"X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8="},
	.body = BYTES("Digits=1234&To=%2B18005551212&From=%2B14158675309&Ca"
		      "ller=%2B14158675309&CallSid=CA1234567890ABCDE"),
    },
    {
	.source = "twilio-node, tests: the same with a port",
	.provider = "twilio",
	.secret = "12345",
	.other = "12346",
	.url = "https://mycompany.com:443/myapp.php",
	.target = "/myapp.php?foo=1&bar=2",
	.headers = {"X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8="},
	.body = BYTES("Digits=1234&To=%2B18005551212&From=%2B14158675309&Ca"
		      "ller=%2B14158675309&CallSid=CA1234567890ABCDE"),
    },
    {
	.source = "twilio-node, tests: a body and its digest",
	.provider = "twilio",
	.secret = "12345",
	.other = "12346",
	.url = "https://mycompany.com/myapp.php",
	.target = "/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95d"
		  "b5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
	.headers = {"X-Twilio-Signature: a9nBmqA0ju/hNViExpshrM61xv4="},
	.body = BYTES("{\"property\": \"value\", \"boolean\": true}"),
    },
    {
	.source = "Python's hmac, as twilio-node does: port, twins",
	.provider = "twilio",
	.secret = "12345",
	.other = "12346",
	.url = "https://mycompany.com/myapp.php",
	.target = "/myapp.php?foo=1&bar=2",
	.headers = {"X-Twilio-Signature: TieARlu90wmpT2qdcVcpxIqNUGk="},
	.body = BYTES("To=%2B1&MediaUrl=c&MediaUrl=a+b&MediaUrl=c"),
	.is_loose = true,
    },
    {
	.source = "sendgrid-python and -ruby, tests",
	.provider = "sendgrid",
	.secret = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW"
		  "4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVp"
		  "iglSI8eNEc6wEA3F+g==",
	.other = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2"
		 "LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7G"
		 "jUuFDb/R1NGe1OPzpA==",
	.now_s = 1600112502,
	.headers = {"X-Twilio-Email-Event-Webhook-Signature: MEUCIGHQVtGj"
		    "+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe"
		    "5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
	    "X-Twilio-Email-Event-Webhook-Timestamp: 1600112502"},
	.body = BYTES("[{\"email\":\"hello@world.com\",\"event\":\"dropped"
		      "\",\"reason\":\"Bounced Address\",\"sg_event_id\":\""
		      "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA"
		      "\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filter"
		      "drecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"sm"
		      "tp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.s"
		      "endgrid.net>\",\"timestamp\":1600112492}]\r\n"),
    },
    {
	.source = "sendgrid-nodejs, eventwebhook.spec.js of 7.0",
	.provider = "sendgrid",
	.secret = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzpl"
		  "ybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZ"
		  "FceEu/1FwCM/QmGUhA==",
	.other = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2"
		 "LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7G"
		 "jUuFDb/R1NGe1OPzpA==",
	.now_s = 1588788367,
	.headers = {"X-Twilio-Email-Event-Webhook-Signature: MEUCIQCtIHJe"
		    "H93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xon"
		    "ZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=",
	    "X-Twilio-Email-Event-Webhook-Timestamp: 1588788367"},
	.body = BYTES("{\"category\":\"example_payload\",\"event\":\"test_e"
		      "vent\",\"message_id\":\"message_id\"}"),
    },
    {
	.source = "openssl pkeyutl, as docs.discord.com says",
	.provider = "discord",
	.secret = "041ae59ecd12b48e3e2a53a19c253a9e319e03d15849aa3083f4"
		  "23de1b3f9de1",
	.other = "ba7f97c6d03e3b9a2d2826e8f6e007b385cf7da0a0edeba5b7cf"
		 "4e1947670927",
	.now_s = 1784500000,
	.headers = {"X-Signature-Ed25519: bb9e728fc5617df7ec4264a5a588e54"
		    "b9c468a47274660bc91468c50a6128f4e201d864d1ed197639d7"
		    "30fb882f419e3e9ee40b9ca473d79a0a8ffd52833b606",
	    "X-Signature-Timestamp: 1784500000"},
	.body = BYTES("{\"type\":0}"),
    },
    {
	.source = "docs.adyen.com, verify HMAC signatures",
	.provider = "adyen",
	.secret = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48"
		  "EC2ACF6BA056",
	.other = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48"
		 "EC2ACF6BA057",
	.body = BYTES("{\"live\":\"false\",\"notificationItems\":[{\"Notifi"
		      "cationRequestItem\":{\"additionalData\":{\"hmacSigna"
		      "ture\":\"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0"
		      "=\"},\"amount\":{\"value\":1130,\"currency\":\"EUR\""
		      "},\"pspReference\":\"7914073381342284\",\"eventCode"
		      "\":\"AUTHORISATION\",\"merchantAccountCode\":\"TestM"
		      "erchant\",\"merchantReference\":\"TestPayment-140732"
		      "5143704\",\"success\":\"true\"}}]}"),
	.is_loose = true,
    },
    {
	.source = "Python's hmac, as documentation.mailgun.com says",
	.provider = "mailgun",
	.secret = "key-0123456789",
	.other = "key-0123456780",
	.now_s = 1770920772,
	.body = BYTES("{\"signature\":{\"token\":\"e0b5477167110d68991efc6b"
		      "9f89f0a11066af27834600e123\",\"timestamp\":\"1770920"
		      "772\",\"signature\":\"9bf4d2d2b3ee1c6cf624ba2d2eaef0"
		      "19913b196eef17a044601bfadc7bf18097\"},\"event-data\""
		      ":{\"event\":\"opened\",\"id\":\"Ase7i2zsRYeDXztHGENq"
		      "RA\"}}"),
	.is_loose = true,
    },
    {
	.source = "the same of a subaccount, whose own key is not ours",
	.provider = "mailgun",
	.secret = "key-0123456789",
	.other = "key-0123456780",
	.now_s = 1770920772,
	.body = BYTES("{\"signature\":{\"token\":\"e0b5477167110d68991efc6b"
		      "9f89f0a11066af27834600e123\",\"timestamp\":177092077"
		      "2,\"signature\":\"0000000000000000000000000000000000"
		      "000000000000000000000000000000\",\"parent-signature"
		      "\":\"9bf4d2d2b3ee1c6cf624ba2d2eaef019913b196eef17a04"
		      "4601bfadc7bf18097\"},\"event-data\":{\"event\":\"ope"
		      "ned\",\"id\":\"Ase7i2zsRYeDXztHGENqRA\"}}"),
	.is_loose = true,
    },
    {
	.source = "openssl dgst and zlib, as PayPal-Python-SDK does",
	.provider = "paypal",
	.secret = "keyring:rsa.certificate",
	.other = "keyring:rsa_other.certificate",
	.setting = "4JH86294D6297924G",
	.now_s = 1431963913,
	.headers = {"PAYPAL-TRANSMISSION-ID: dfb3be50-fd74-11e4-8bf3-7733"
		    "9302725b",
	    "PAYPAL-TRANSMISSION-TIME: 2015-05-18T15:45:13Z",
	    "PAYPAL-CERT-URL: https://api.paypal.com/v1/notificat"
	    "ions/certs/CERT-360caa42-fca2a594-a5cafa77",
	    "PAYPAL-AUTH-ALGO: SHA256withRSA",
	    "PAYPAL-TRANSMISSION-SIG: TnqGRjp8wGSU1rkIKWEUMRmUTrM"
	    "EgbvQXncphaOgMFOHRcWlnUbCN5GThYWMMCbo8kApD8l2WeLkap9"
	    "eioHJEFtI7oOSmwUPswsjOBQxBNE1CdeNb5IQB4kX92+OjyIwTO7"
	    "WV+9wENgTYaYeDj8wPudxgRVEK2K+qBCz3fbYIWmreK5wrDPQnKb"
	    "uUcI8J9Nq51MaRhbwoslQL8wKWtTV8hG5wzEbz00gLKwAVMjlPdx"
	    "bb1M1mxbs4j6599Xvy2ALjdVX55Uwg3w1GGXAq34j0WHkKLgekOY"
	    "qS4NtP9FAiQP4+YdQW4OhnITimmjmH57z0GMZCod08pFBpyf0zDk"
	    "HRg=="},
	.body = BYTES("{\"id\":\"WH-2WR32451HC0233532-67976317FL4543714\","
		      "\"event_type\":\"PAYMENT.SALE.COMPLETED\"}"),
    },
    {
	.source = "openssl dgst",
	.provider = "public-key",
	.secret = "keyring:rsa.public",
	.other = "keyring:rsa_other.public",
	.headers = {"X-Signature: fEfg8Qo6gUsk05YSPqU7tdPl8ySZ6Y8Op/zJxQK"
		    "9kpOW++Qs0GMuY2/2RI81JDQD9X2s7PcwkKotqLNvujcMnvoC1wl"
		    "PGEcvqjCCvKnABjn913QSIK/Fz97l0hWhl3DdZyxVQLqELyGuYlR"
		    "YCv3lZJGabbvH+h0KzYP8h+sB4i4aQmRzUuxmR/2dQSUBQWd1g/W"
		    "5+UOo6D84kaZ9RPWVc7zmwLyhGPT3b43LCLxYfGZTq1EXQaq2G0b"
		    "OYAH8HgzNjBE45n+UOSEoB51EY3Uhe6/iIh8is1vfjsMheafYZVh"
		    "CH6k2m0pV9QTD1KBjX9xMQrbOw5KhR/m0lFFetsa39g=="},
	.body = BYTES("Hello, World!"),
    },
};
const size_t hook_row_count = sizeof(hook_rows) / sizeof(hook_rows[0]);
