# SPDX-License-Identifier: PostgreSQL
# Node: pg and pg-pool. Without a listener for 'error' events a terminated connection ends the process.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib", "$FindBin::RealBin/../t/lib";

use PgquellTest;
use PgquellTest::Application;
use PgquellTest::Cases;
use PgquellTest::Page;
use Test::More;

plan(skip_all => 'SKIP: pg and pg-pool are not in build/apps; Node was NOT tested')
  unless -d PgquellTest::Application::built('node/node_modules');

new_node(conf => "listen_addresses = '127.0.0.1'\n");

all_cases('pg-pool', world('node'));

# What becomes of an application with those listeners, when its connection is terminated in that state.
my %bring = (
	idle => sub { return $_[0]->succeed(1, 'request', 'SELECT pg_backend_pid()') },
	'idle in transaction' => sub { return PgquellTest::Cases::open_transaction($_[0]) },
	'a statement of pool.query' => sub { $_[0]->ask(1, 'request', 'SELECT pg_sleep(600)'); return $_[0]->busy(1) },
	'a statement of a client' => sub {
		my $pid = PgquellTest::Cases::open_transaction($_[0]);
		$_[0]->ask(1, 'query', 'SELECT pg_sleep(600)');
		$_[0]->busy(1);
		return $pid;
	},
);

sub terminated_with
{
	my ($listeners, $state) = @_;
	my $app = application(world('node', args => [$listeners]), size => 2);
	my ($pid) = $bring{$state}->($app);
	is_action(pgquell('terminate', $pid, '--json'), exit => 0, outcome => 'terminated');
	if ($app->outlives($pid))
	{
		is($app->succeed(2, 'request', 'SELECT 1'), 1, 'it goes on');
		return 'it lives on';
	}
	like($app->err, qr/Unhandled 'error' event/, 'it died of the event');
	return 'the process ends, exit status ' . $app->exit_code;
}

case 'idle in the pool: without pool.on("error") the process ends' => sub {
	my $without = terminated_with('none', 'idle');
	my $with = terminated_with('pool', 'idle');
	is($without, 'the process ends, exit status 1', 'without');
	is($with, 'it lives on', 'with');
	is(terminated_with('clients', 'idle'), $without, 'a listener on the client does not help');
	page_says('remedies', q{pg-pool: `pool.on('error')`}, 'idle', $without, $with);
};

case 'a statement of pool.query: nothing is needed' => sub {
	is(terminated_with('none', 'a statement of pool.query'), 'it lives on', 'it gets the error as an answer');
};

case 'a client that is taken: without client.on("error") the process ends' => sub {
	my @states = ('idle in transaction', 'a statement of a client');
	my $without = 'the process ends, exit status 1';
	for my $state (@states)
	{
		is(terminated_with('none', $state), $without, "$state: without");
		is(terminated_with('clients', $state), 'it lives on', "$state: with");
		is(terminated_with('pool', $state), $without, "$state: a listener on the pool does not help");
	}
	page_says('remedies', q{pg-pool: `client.on('error')`}, 'in a transaction, idle or not', $without, 'it lives on');
};

case 'a cancel needs no listener' => sub {
	my $app = application(world('node', args => ['none']));
	my $pid = $bring{'a statement of a client'}->($app);
	is_action(pgquell('cancel', $pid, '--json'), exit => 0, outcome => 'cancelled');
	$app->succeed(1, 'rollback');
	$app->succeed(1, 'give');
	my ($idle) = $app->pids;
	is($idle, $pid, 'a client that was taken goes back to the pool');
	($pid) = $bring{'a statement of pool.query'}->($app);
	is_exit(pgquell('cancel', $pid, '--json'), 0);
	ok($app->outlives($pid), 'it lives on when pool.query drops its connection');
	is($app->succeed(1, 'request', 'SELECT 1'), 1, 'and goes on');
};

# pool.query closes the connection of a statement that failed. Here it cannot before pgquell has looked.
case 'pool.query: "cancelled" is what was seen; the pool drops the connection after that' => sub {
	my $app = application(world('node'));
	my $asked = $app->ask(1, 'request', 'SELECT pg_sleep(600)');
	my ($pid) = $app->busy(1);
	stop_process($app->pid);
	is_action(pgquell('cancel', $pid, '--json'),
		exit => 0, outcome => 'cancelled', state_after => 'idle', application => $app->name);
	continue_process($app->pid);
	is($app->answer($asked)->{sqlstate}, '57014', 'the application hears of the cancel');
	wait_gone($pid);
};

done_testing();
