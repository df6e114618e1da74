# SPDX-License-Identifier: PostgreSQL
# Python: psycopg 3 with its psycopg_pool, and psycopg2 with its ThreadedConnectionPool.

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

all_cases('psycopg_pool', world('psycopg'));
all_cases('psycopg2 pool', world('psycopg2'));

case 'psycopg_pool: check() cleans the pool' => sub {
	my $without = terminated_in_pool(world('psycopg'));
	my $with = terminated_in_pool(world('psycopg'), check => 1);
	is($without->{errors}, 1, 'one error without');
	is($with->{errors}, 0, 'no error with');
	page_says('remedies', 'psycopg_pool: `pool.check()` before use',
		'idle', cell_requests($without), cell_requests($with));
};

done_testing();
