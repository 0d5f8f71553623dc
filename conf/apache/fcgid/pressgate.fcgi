#!/bin/sh
# Started by mod_fcgid with the listening socket as fd 0, which exec hands
# on. suEXEC has emptied the environment, so every path is written out here.
# Replace both /home/USER/pressgate. Keep this file yours and mode 0755:
# suEXEC refuses what others may write.
exec /home/USER/pressgate/sbin/pressgate-fcgi \
	--config /home/USER/pressgate/etc/pressgate/pressgate.conf
