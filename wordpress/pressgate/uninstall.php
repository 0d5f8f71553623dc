<?php
/**
 * The plugin is deleted: its tables, options and schedule go. What results
 * wrote into posts stays; it is the site's.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/includes/autoload.php';

Cron::unschedule();
Schema::remove();
