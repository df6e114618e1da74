# SPDX-License-Identifier: PostgreSQL
# Java: PostgreSQL's JDBC driver and HikariCP.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib", "$FindBin::RealBin/../t/lib";

use PgquellTest;
use PgquellTest::Application;
use PgquellTest::Cases;
use PgquellTest::Page;
use Test::More;

new_node(conf => "listen_addresses = '127.0.0.1'\n");

all_cases('HikariCP', world('hikari'));

case 'HikariCP: a connection used within the last 500 ms is handed out without a look' => sub {
	my $fresh = terminated_in_pool(world('hikari_fresh'));
	my $looked = terminated_in_pool(world('hikari_looks'));
	is($fresh->{errors}, 1, 'one error without the look');
	is($looked->{errors}, 0, 'no error with it');
	page_says('remedies', 'HikariCP: `aliveBypassWindowMs=0`',
		'idle, used within 500 ms', cell_requests($fresh), cell_requests($looked));
};

done_testing();
