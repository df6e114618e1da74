# SPDX-License-Identifier: PostgreSQL
# Bare libpq: an application with one connection, which it makes anew where libpq says that it is bad.

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

all_cases('libpq, PQexec', world('libpq_exec'));
all_cases('libpq, PQsendQuery', world('libpq_send'));

case 'one that never connects again never gets well' => sub {
	my $app = application(world('libpq_exec', args => [ 'exec', 'keep' ]));
	my $pid = $app->succeed(1, 'request', 'SELECT pg_backend_pid()');
	is_action(pgquell('terminate', $pid, '--json'), exit => 0, outcome => 'terminated');
	my @failed = grep { $app->tell(1, 'request', 'SELECT 1')->{error} } 1 .. 5;
	is(scalar @failed, 5, 'every request fails');
	page_says(
		'remedies', 'libpq: `PQreset` where `PQstatus` is bad',
		'idle', 'every request fails',
		cell_requests(terminated_in_pool(world('libpq_exec'))));
};

done_testing();
