#!/bin/sh
# Certificates for tests, by openssl(1): an authority of our own, what it
# signed, and one that nobody asked for.
#
#	pki.sh DIR
#
# makes in DIR, each with its NAME.key beside it (ECDSA, P-256):
#
#	ca.pem       the authority
#	other.pem    another one, which signed nothing
#	good.pem     for localhost and 127.0.0.1
#	name.pem     for another name
#	expired.pem  for localhost and 127.0.0.1, but it ended yesterday
set -eu

cd "$1"
here=DNS:localhost,IP:127.0.0.1

quietly()
{
	"$@" 2>openssl.log || {
		cat openssl.log >&2
		exit 1
	}
}

# request NAME [ARGUMENT]...
request()
{
	name=$1
	shift
	quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		-nodes -subj "/O=pressgate test/CN=$name" \
		-keyout "$name.key" "$@"
}

# signed NAME DAYS SUBJECT_ALT_NAME
signed()
{
	request "$1" -out "$1.csr"
	printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" >ext
	quietly openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key \
		-set_serial "0x$(openssl rand -hex 8)" -days "$2" \
		-extfile ext -out "$1.pem"
	rm -f "$1.csr" ext
}

request ca -x509 -days 7 -out ca.pem
request other -x509 -days 7 -out other.pem
signed good 7 "$here"
signed name 7 DNS:elsewhere.example.com
signed expired -1 "$here"
rm -f openssl.log
