/*
 * Deliveries that others made. Each names who.
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
	.headers = {"Stripe-Signature: t=1614265330,v1="
		    "42b3d2b2181207b6b299df380bf37599bb895dc182467ba12e046b1916"
		    "c4cd19"},
	.body = BYTES("{\"id\":\"evt_1\",\"object\":\"event\"}"),
    },
    {
	.source = "docs.github.com, validating webhook deliveries",
	.provider = "github",
	.secret = "It's a Secret to Everybody",
	.other = "it's a Secret to Everybody",
	.headers = {"X-Hub-Signature-256: sha256="
		    "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b"
		    "043e17"},
	.body = BYTES("Hello, World!"),
    },
    {
	.source = "octokit/webhooks-methods.js, test",
	.provider = "github",
	.secret = "mysecret",
	.other = "secret",
	.headers = {"X-Hub-Signature-256: sha256="
		    "4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f34842"
		    "36bda3"},
	.body = BYTES("{\"foo\":\"bar\"}"),
    },
    {
	.source = "the same as GitHub's: a generic row",
	.provider = "hmac",
	.secret = "It's a Secret to Everybody",
	.other = "another",
	.headers = {"X-Signature: sha256="
		    "757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B"
		    "043E17"},
	.body = BYTES("Hello, World!"),
    },
};
const size_t hook_row_count = sizeof(hook_rows) / sizeof(hook_rows[0]);
