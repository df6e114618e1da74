# SPDX-License-Identifier: PostgreSQL
# What every world goes through. A case asserts what holds in all worlds, and returns what differs between them,
# for the tables of docs/applications.md.

package PgquellTest::Cases;

use strict;
use warnings;

use Exporter 'import';
use Test::More;
use Time::HiRes qw(time);

use PgquellTest;
use PgquellTest::Application;
use PgquellTest::Page;

our @EXPORT = qw(all_cases terminated_in_pool terminated_in_transaction requests);

my $SLEEP = 'SELECT pg_sleep(600)';
my $WHO = 'SELECT pg_backend_pid()';
my $UPDATE = 'UPDATE account SET balance = 1 WHERE id = 1';
my $REQUESTS = 3;                               # for every connection, until an application is called well

# all_cases(TITLE, $world): every case, and the world's rows in the tables.
sub all_cases
{
	my ($title, $world) = @_;
	my %is;
	case "$title: a statement is cancelled" => sub { $is{statement} = cancelled_statement($world) };
	case "$title: a statement in a transaction is cancelled" =>
	  sub { $is{transaction} = cancelled_in_transaction($world) };
	case "$title: terminated while a statement runs" => sub { $is{active} = terminated_statement($world) };
	case "$title: terminated while idle in transaction" =>
	  sub { $is{open} = terminated_in_transaction($world, 'terminate') };
	case "$title: stop, while idle in transaction, is the same" =>
	  sub { is_deeply(terminated_in_transaction($world, 'stop'), $is{open}, 'the same errors') };
	case "$title: terminated while idle" => sub { $is{idle} = terminated_in_pool($world) };
	pool_cases($title, $world, \%is) if $world->{pooled};
	case "$title: the page says so" => sub { tabled($title, $world, \%is) };
	return;
}

sub pool_cases
{
	my ($title, $world, $is) = @_;
	case "$title: the rollback after a cancel is forgotten" =>
	  sub { $is->{forgotten} = rollback_forgotten($world) };
	case "$title: a whole idle pool is terminated" => sub { $is->{pool} = terminated_pool($world) };
	case "$title: a whole busy pool is terminated" => sub { terminated_under_load($world) };
	return;
}

sub tabled
{
	my ($title, $world, $is) = @_;
	my $pooled = $world->{pooled};
	page_says('versions', $title, $is->{statement}{versions});
	page_says(
		'cancel', $title,
		cell_cancel($is->{statement}),
		cell_transaction($is->{transaction}),
		$pooled ? cell_forgotten($is->{forgotten}) : 'no pool');
	page_says(
		'terminate', $title,
		cell_error($is->{active}{error}),
		cell_ended($is->{open}),
		cell_requests($is->{idle}),
		$pooled ? cell_requests($is->{pool}) : 'no pool');
	return;
}

# ---- cancel ----

# A request's statement is cancelled: {error, kept}.
sub cancelled_statement
{
	my ($world) = @_;
	my $app = application($world);
	my $asked = $app->ask(1, 'request', $SLEEP);
	my ($pid) = $app->busy(1);
	my $r = pgquell('cancel', $pid, '--json');
	my $a = is_action($r, exit => 0, plan => ['cancel'], steps => ['cancel']);
	my $error = is_error($app->answer($asked), '57014');
	my $kept = $app->succeed(1, 'request', $WHO) == $pid;
	if ($kept) { is($a->{outcome}, 'cancelled', 'outcome') }
	else
	{
		# The pool may be quicker than the look.
		like($a->{outcome}, qr/^(?:cancelled|disconnected)$/, 'outcome');
		wait_gone($pid);
	}
	is($app->quit, 0, 'the application ends well');
	return { error => $error, kept => $kept, versions => $app->versions };
}

# A statement in a transaction is cancelled, the application rolls back: {error, between, kept}.
sub cancelled_in_transaction
{
	my ($world) = @_;
	my $app = application($world);
	my $pid = open_transaction($app);
	my $asked = $app->ask(1, 'query', $SLEEP);
	$app->busy(1);
	is_action(
		pgquell('cancel', $pid, '--json'),
		exit => 0,
		outcome => 'cancelled',
		state_after => 'idle in transaction (aborted)');
	my $error = is_error($app->answer($asked), '57014');
	my $between = is_error($app->tell(1, 'query', 'SELECT 1'), '25P02');
	my $answer = $app->tell(1, 'rollback');
	ok(!$answer->{error}, 'the rollback works');
	ok(!$answer->{broken}, 'and the driver does not take the connection for broken');
	is($app->succeed(1, 'query', $WHO), $pid, 'the connection is usable after the rollback');
	$app->succeed(1, 'rollback');
	$app->succeed(1, 'give');
	return { error => $error, between => $between, kept => $app->succeed(1, 'request', $WHO) == $pid };
}

# The application gives its aborted transaction back to the pool: {error of the next user, kept}.
sub rollback_forgotten
{
	my ($world) = @_;
	my $app = application($world);
	my $pid = open_transaction($app);
	my $asked = $app->ask(1, 'query', $SLEEP);
	$app->busy(1);
	is_action(pgquell('cancel', $pid, '--json'), exit => 0, outcome => 'cancelled');
	is_error($app->answer($asked), '57014');
	$app->succeed(1, 'give');
	my $next = $app->tell(2, 'request', $WHO);
	my $error = $next->{error} ? is_error($next, '25P02') : undef;
	return { error => $error, kept => $app->succeed(2, 'request', $WHO) == $pid };
}

# ---- terminate ----

# Its connection is terminated while a request's statement runs: {error, later}.
sub terminated_statement
{
	my ($world) = @_;
	my $app = application($world);
	my $asked = $app->ask(1, 'request', $SLEEP);
	my ($pid) = $app->busy(1);
	is_action(pgquell('terminate', $pid, '--json'), exit => 0, outcome => 'terminated');
	my $error = is_error($app->answer($asked));
	my $later = requests($app, 1);
	is($later->{errors}, 0, 'the next requests work');
	return { error => $error };
}

# Idle in a transaction, its session is ended by "terminate" or "stop": {error, what the next statement says,
# and again, what the one after that says}.
sub terminated_in_transaction
{
	my ($world, $command) = @_;
	my $app = application($world);
	my $pid = open_transaction($app);
	is_action(
		pgquell($command, $pid, '--json'),
		exit => 0,
		outcome => 'terminated',
		plan => ['terminate'],
		steps => ['terminate']);
	$app->wait_event($pid, 'client') if $world->{notices};
	my $error = is_error($app->tell(1, 'query', 'SELECT 1'));
	wait_for('the driver to know that the connection is broken', sub { $app->tell(1, 'status')->{broken} });
	my $again = is_error($app->tell(1, 'query', 'SELECT 1'));
	$app->tell(1, 'rollback');                  # whether it fails or not
	ok(!$app->tell(1, 'give')->{error}, 'the pool takes it back');
	is(requests($app, 1)->{errors}, 0, 'the next requests work');
	is(sql_app('SELECT balance FROM account WHERE id = 1'), '0', 'the transaction was rolled back');
	return { error => $error, again => $again };
}

# Its one connection is terminated while idle in the pool: {errors, first}. check: the pool is asked to check
# its connections before they are used.
sub terminated_in_pool
{
	my ($world, %o) = @_;
	my $app = application($world);
	my $pid = $app->succeed(1, 'request', $WHO);
	$app->rests;
	is_action(pgquell('terminate', $pid, '--json'), exit => 0, outcome => 'terminated');
	$app->wait_event($pid, 'pool') if $world->{notices};
	$app->succeed(1, 'check') if $o{check};
	return requests($app, 1);
}

# All of four idle connections are terminated, paced: {errors, first}.
sub terminated_pool
{
	my ($world) = @_;
	my $app = application($world, size => 4);
	my @pids = fill($app, 4);
	$app->rests;
	my $began = time;
	my $r = pgquell('terminate', '--application', $app->name, '--pace', '10/s', '--yes', '--json');
	is_exit($r, 0);
	is_deeply([ map { $_->{outcome} } @{ $r->{json} } ], [ ('terminated') x 4 ], 'all four are terminated');
	cmp_ok(time - $began, '>=', 0.3, 'at the pace that was asked for');
	if ($world->{notices}) { $app->wait_event($_, 'pool') for @pids }
	return requests($app, 4);
}

# All of four connections are terminated, paced, while four users send one request after the other.
sub terminated_under_load
{
	my ($world) = @_;
	my $app = application($world, size => 4);
	my @pids = fill($app, 4);
	my @asked = map { $app->ask($_, 'loop', 'SELECT pg_sleep(0.01)') } 1 .. 4;
	my $r = pgquell('terminate', @pids, '--pace', '10/s', '--yes', '--json');
	is_exit($r, 0);
	is_deeply([ map { $_->{outcome} } @{ $r->{json} } ], [ ('terminated') x 4 ], 'all four are terminated');
	$app->halt;
	my $errors = 0;
	for my $id (@asked)
	{
		my $answer = $app->answer($id);
		$errors += $_ for values %{ $answer->{errors} };
		cmp_ok($answer->{requests}, '>', 0, 'a user was served');
	}
	cmp_ok($errors, '<=', 4, 'at most one error for each connection');
	my $later = requests($app, 4);
	cmp_ok($errors + $later->{errors}, '<=', 4, 'also counting those that came later');
	return;
}

# ---- pieces ----

# A transaction that has written and goes on, its connection's pid.
sub open_transaction
{
	my ($app) = @_;
	$app->succeed(1, 'take');
	$app->succeed(1, 'begin');
	$app->succeed(1, 'query', $UPDATE);
	return $app->succeed(1, 'query', $WHO);
}

# Has the pool open as many connections as asked for; their pids.
sub fill
{
	my ($app, $size) = @_;
	for my $lane (1 .. $size) { $app->succeed($lane, $_) for qw(take begin) }
	my @pids = map { $app->succeed($_, 'query', $WHO) } 1 .. $size;
	for my $lane (1 .. $size) { $app->succeed($lane, $_) for qw(rollback give) }
	return @pids;
}

# So many requests for each connection, one after the other: {errors, first: the first error}. It fails unless the
# application is well in the end.
sub requests
{
	my ($app, $size) = @_;
	my @answers = map { $app->tell(1, 'request', $WHO) } 1 .. $REQUESTS * $size;
	my @failed = grep { $answers[$_]{error} } 0 .. $#answers;
	my $first = @failed ? is_error($answers[ $failed[0] ]) : undef;
	cmp_ok(scalar @failed, '<=', $size, 'at most one error for each connection');
	ok(!$answers[-1]{error}, 'the application is well again');
	return { errors => scalar @failed, first => $first };
}

# The error as a table has it, {name, sqlstate}; its SQLSTATE is the one that is wanted, if any is.
sub is_error
{
	my ($answer, $sqlstate) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($answer->{error}, 'an error');
	is($answer->{sqlstate}, $sqlstate, "SQLSTATE $sqlstate") if defined $sqlstate;
	return { name => $answer->{error}, sqlstate => $answer->{sqlstate} };
}

sub sql_app
{
	my ($sql) = @_;
	my $s = session();
	my $value = $s->query("$sql;");
	$s->close;
	return $value;
}

1;
