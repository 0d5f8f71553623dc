/*
 * Keys that nobody has: what a request of an unknown site or key is checked
 * with, so that the answer takes the time of a wrong signature and does not
 * tell which sites and keys exist: by RSA that of 2048 bits, so that a longer
 * key can be told from none. Of the key pairs the private halves were
 * never kept; and if somebody had one, its signature would be refused all
 * the same, since whoever asks a dummy has already decided.
 */
#include "config.h"

#include "lib/dummy.h"

#include "lib/num.h"

static const char rsa[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAz4vyURAYlol396ZeV9FE\n"
    "/WiaCDieO5YvWXIQbQMu2uWyWBPZ5Sp4NLo8VBmc6J7IaaV70X+7Dj9dwW45uElY\n"
    "2PZFXxYu2PO5FNuHdjLNCN+LBoU0LxhrRof7FCffG5tt3hGfKHlI3sVh65R12mbV\n"
    "A1QuOPKjd34/hw5zxESo7j5B2H31eRFRg68zExBKcnMsIDYL7rIf7cItYH196PW5\n"
    "uqEjDBkPApzVk4OlBK11/b45D0uzuLNTPKMIR4l9HALPGhnRS3Cq3h0wvu3qpIZu\n"
    "lNyQd62ptpwBvMtGWz+YJlyx5Fc4NiYvzRQgUYgo5TzCCzOl3SuUoA4UdJpsdqOw\n"
    "SwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char ec[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOiViRDM9Q8C9FHpm6lbv/MrA0FlR\n"
    "UdLQB2a+30CjOtU3ezuupxdaQiUbysFEEynzhZz7Ed5vCH1gcjJGpvfO+Q==\n"
    "-----END PUBLIC KEY-----\n";
static const char ed[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAK4rrPO9Q6AB1YQfpqEnRbTSWhEJVW+jhyhupZ4mHgWg=\n"
    "-----END PUBLIC KEY-----\n";

static const struct {
	enum gate_alg alg;
	const char *pem; /* NULL: random bytes */
} keys[] = {
    {GATE_ALG_RS256, rsa},
    {GATE_ALG_ES256, ec},
    {GATE_ALG_EDDSA, ed},
    {GATE_ALG_HS256, NULL},
};
_Static_assert(GATE_COUNT(keys) == GATE_ALG_COUNT, "an algorithm is missing");

enum gate_code
gate_dummy_init(struct gate_dummy *d, struct gate_err *err)
{
	unsigned char random[GATE_HS256_SECRET_MIN] = {0};
	struct gate_span text = gate_span_of(random, sizeof(random));
	struct gate_err why = {0};
	enum gate_code code;
	size_t i;

	*d = (struct gate_dummy){.mac = NULL};
	code = gate_random(random, sizeof(random));
	if (code == GATE_OK)
		code = gate_hmac_key_new(text, &d->mac);
	for (i = 0; i < GATE_COUNT(keys) && code == GATE_OK; i++)
		code = gate_verify_key_new(keys[i].alg,
		    keys[i].pem == NULL ? text : gate_span_str(keys[i].pem),
		    &d->token[keys[i].alg], &why);
	if (code == GATE_OK)
		return GATE_OK;
	gate_dummy_clear(d);
	return gate_err_set(
	    err, code, "dummy keys: %s %s", gate_code_name(code), why.text);
}

void
gate_dummy_clear(struct gate_dummy *d)
{
	size_t i;

	gate_hmac_key_free(d->mac);
	for (i = 0; i < GATE_COUNT(d->token); i++)
		gate_verify_key_free(d->token[i]);
	*d = (struct gate_dummy){.mac = NULL};
}
