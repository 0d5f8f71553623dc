"""What the WordPress tests share: a site whose gate is the stack's, and what
one looks at on both sides."""

from proc import wait_until

CONSTANTS = """\
define( 'PRESSGATE_ENDPOINT', getenv( 'GATE' ) ?: '{endpoint}' );
define( 'PRESSGATE_SITE', 'blog' );
define( 'PRESSGATE_SCHEME', '{scheme}' );
define( 'PRESSGATE_KEY_ID', 'k1' );
define( 'PRESSGATE_SECRET', '{secret}' );
"""

# What a site's owner writes into a file of mu-plugins/: where results go. And
# what counts how often a result is settled, in the same transaction.
SITE = r"""<?php
add_filter(
	'pressgate_post_meta',
	static function () {
		return array( 'summary' => 'site_summary' );
	}
);
add_action(
	'pressgate_result',
	static function ( $result ) {
		$GLOBALS['wpdb']->insert( 'site_settled', array( 'result_id' => $result['id'] ) );
	}
);
"""


class Site:
    def __init__(self, check, s, wp):
        self.check, self.s, self.wp = check, s, wp

    def prepare(self):
        self.wp.sql("create table site_settled (result_id varchar(64)) "
                    "engine=InnoDB")
        self.wp.mu_plugin("site", SITE)

    def use(self, scheme, endpoint=None, secret=None):
        """Writes wp-config.php's constants."""
        known = {"relay": self.s.secret, **self.s.secrets}
        self.wp.constants(CONSTANTS.format(
            endpoint=endpoint or self.s.base, scheme=scheme,
            secret=secret or known[scheme]))

    def reload(self):
        """New keys and sites into the gate, by a restart: it is ready when
        that is over."""
        for name in ("responder", "worker"):
            self.s.procs[name].stop()
        self.s.start_responder()
        self.s.start_worker()

    def publish(self, title, **members):
        a = self.wp.rest("POST", "/wp/v2/posts", {
            "title": title, "content": "<p>One.</p><p>Two.</p>",
            "status": "publish", **members})
        if a.status != 201:
            raise AssertionError(f"WordPress does not publish: {a}")
        return a.json()["id"]

    def row(self, post):
        """An event's row of the outbox, as a dict."""
        names = ("status", "attempts", "http_code", "error", "idem",
                 "request_id")
        rows = self.wp.sql(f"select {','.join(names)} from "
                           f"wp_pressgate_outbox where object_ref = '{post}'")
        return dict(zip(names, rows[0])) if rows else None

    def wait_status(self, post, status):
        def there():
            row = self.row(post)
            return row if row and row["status"] == status else None
        return wait_until(f"post {post} is {status}", there)

    def wait_result(self, post):
        return wait_until("the gate's result", lambda: [
            r for r in self.s.client.walk()[0]
            if r["object_ref"] == str(post)])[0]

    def meta(self, post):
        return [r[0] for r in self.wp.sql(
            "select meta_value from wp_postmeta where meta_key = "
            f"'site_summary' and post_id = {post}")]

    def inbox(self, post):
        return self.wp.sql("select state, note from wp_pressgate_inbox "
                           f"where object_ref = '{post}'")

    def settled(self):
        """The id of a result for each time that it was settled."""
        return [r[0] for r in
                self.wp.sql("select result_id from site_settled")]

    def events(self, post):
        """What the gate has of a post: key and data."""
        return self.s.sql("select idempotency_key, canonical -> 'data' from "
                          f"pressgate.event where object_ref = '{post}'")
