# SPDX-License-Identifier: PostgreSQL
# cancel: ends the statement, keeps the connection, and says where it cannot.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

my @json = ('--json', '--yes');
my @quick = (@json, '--timeout', '700ms');

case 'a running SELECT is cancelled and its session lives' => sub {
	my $s = session()->busy;
	my $r = pgquell('cancel', $s->pid, '--json');
	my $a = is_action(
		$r,
		exit => 0,
		outcome => 'cancelled',
		plan => ['cancel'],
		steps => ['cancel'],
		scope => 'statement',
		pid => $s->pid,
		state_before => 'active',
		state_after => 'idle',
		text => qr/\w/);
	$s->wait_error('57014');
	is($s->query('SELECT 1'), '1', 'the session still answers');
	is_deeply(
		[ (audit_kinds($a->{session}))[ 0, 1, -1 ] ],
		[qw(intent signal outcome)],
		'the trail has intent, signal and, last, outcome');
};

case 'an action names its steps in order, each with a time and a result' => sub {
	my $s = session()->busy;
	my $a = action(pgquell('cancel', $s->pid, '--json'));
	for my $step (@{ $a->{steps} })
	{
		like($step->{at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, "at of $step->{step}");
		like($step->{step}, qr/^(?:cancel|terminate|redirect|observe)$/, 'step');
		ok(exists $step->{result}, 'result');
	}
	is((PgquellTest::steps_of($a))[-1], 'observe', 'the last step looked');
	cmp_ok($a->{elapsed_ms}, '<', 5000, 'elapsed_ms');
};

case 'a target may be given as a session id, which pins it' => sub {
	my $s = session(application => 'by id')->busy;
	my $id = action(pgquell('ps', '--json', '--application', 'by id'))->{session};
	my $r = pgquell('cancel', $id, '--json');
	is_action($r, exit => 0, outcome => 'cancelled', session => $id);
	my $stale = $id =~ s/^(.)/$1 eq '6' ? '5' : '6'/er;
	is_exit(pgquell('cancel', $stale, '--json'), 5, 'the same pid of another start matches nothing');
};

case 'cancelled in a transaction: its locks are released, and that is counted' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $waiter = session()->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	$s->busy;
	my $r = pgquell('cancel', $s->pid, '--json');
	my $a = is_action(
		$r,
		exit => 0,
		outcome => 'cancelled',
		state_after => 'idle in transaction (aborted)',
		locks_after => 0,
		waiters_before => 1,
		waiters_after => 0);
	cmp_ok($a->{locks_before}, '>', 0, 'it held locks before');
	wait_for_state($waiter, state => 'idle');
};

case 'cancelled after a savepoint: the outer locks stay, and it says so' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 2', 'SAVEPOINT a');
	my $waiter = session()->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	$s->busy;
	my $r = pgquell('cancel', $s->pid, '--json');
	my $a = is_action(
		$r,
		exit => 0,
		outcome => 'cancelled',
		state_after => 'idle in transaction (aborted)',
		waiters_after => 1,
		note => qr/lock|savepoint/i);
	cmp_ok($a->{locks_after}, '>', 0, 'locks are still held');
	wait_for_state($waiter, wait_event_type => 'Lock');
};

case 'a lock waiter is cancelled with its root blocker named' => sub {
	my $root = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 3');
	my $middle = session();
	$middle->query($_) for 'BEGIN', 'UPDATE account SET balance = 1 WHERE id = 4';
	$middle->waiting('UPDATE account SET balance = 2 WHERE id = 3;');
	my $waiter = session()->waiting('UPDATE account SET balance = 3 WHERE id = 4;');
	my $root_pid = $root->pid;
	my $r = pgquell('cancel', $waiter->pid, '--json');
	is_action($r, exit => 0, outcome => 'cancelled', text => qr/\b$root_pid\b/);
	$waiter->wait_error('57014');
	is_alive($root);
	wait_for_state($middle, wait_event_type => 'Lock');
};

case 'idle in transaction: refused as useless, nothing is sent' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 5');
	my $r = pgquell('cancel', $s->pid, '--json');
	is_action(
		$r,
		exit => 4,
		outcome => 'refused',
		plan => [],
		steps => [],
		text => qr/idle in transaction.*(?:stop|terminate)|no statement/is);
	is(activity($s->pid)->{state}, 'idle in transaction', 'it is as it was');
};

case 'idle: refused, since nothing runs' => sub {
	my $s = session();
	is_action(pgquell('cancel', $s->pid, '--json'),
		exit => 4, outcome => 'refused', plan => [], steps => [], text => qr/idle|nothing/i);
};

case 'aborted transaction: refused as useless' => sub {
	my $s = session();
	$s->query($_) for 'BEGIN', 'SELECT 1/0';
	wait_for_state($s, state => 'idle in transaction (aborted)');
	is_action(pgquell('cancel', $s->pid, '--json'),
		exit => 4, outcome => 'refused', plan => [], steps => []);
};

case 'a swallowed cancel is told by its effect: survived' => sub {
	my $s = session()->swallowing;
	my $r = pgquell('cancel', $s->pid, @quick);
	is_action(
		$r,
		exit => 1,
		outcome => 'survived',
		plan => ['cancel'],
		steps => ['cancel'],
		state_after => 'active');
	is_alive($s);
};

case 'a client that does not read: sent, saying that it seldom works' => sub {
	my $s = unread_session();
	my $r = pgquell('cancel', $s->pid, @quick);
	is_action(
		$r,
		exit => 1,
		outcome => 'survived',
		plan => ['cancel'],
		text => qr/client.*(?:not read|seldom)|ClientWrite/is);
	is_alive($s);
};

case 'COPY FROM STDIN that waits for its client: refused as useless' => sub {
	my $s = raw_session();
	$s->send('COPY account FROM STDIN');
	$s->wait_message('G');
	wait_for_state($s, state => 'active', wait_event => 'ClientRead');
	is_action(pgquell('cancel', $s->pid, '--json'),
		exit => 4, outcome => 'refused', plan => [], steps => [], text => qr/client/i);
	is(activity($s->pid)->{state}, 'active', 'it is as it was');
};

case 'half an extended query that waits for its client: refused as useless' => sub {
	my $s = half_query_session();
	is_action(pgquell('cancel', $s->pid, '--json'),
		exit => 4, outcome => 'refused', plan => [], steps => [], text => qr/client/i);
};

case 'a session that is gone: exit 5' => sub {
	my $s = session();
	my $pid = $s->pid;
	$s->close;
	wait_gone($pid);
	my $r = pgquell('cancel', $pid, '--json');
	is_exit($r, 5);
	like($r->{err}, qr/PID $pid is not a PostgreSQL backend/, 'the sentence');
};

case 'several targets each have their own outcome' => sub {
	my @busy = map { session(application => 'several')->busy } 1 .. 3;
	my $swallower = session(application => 'several')->swallowing;
	my $r = pgquell('cancel', '--application', 'several', @quick);
	is_exit($r, 1);
	is_action($r, pid => $_->pid, outcome => 'cancelled') for @busy;
	is_action($r, pid => $swallower->pid, outcome => 'survived');
};

case 'a filter picks only what cancel applies to' => sub {
	my $busy = session(application => 'mixed')->busy;
	my $idle = session(application => 'mixed');
	my $r = pgquell('cancel', '--application', 'mixed', @json);
	is_exit($r, 0);
	is(scalar @{ $r->{json} }, 1, 'one target');
	is_action($r, pid => $busy->pid, outcome => 'cancelled');
	is_alive($idle);
};

case 'COPY TO PROGRAM, which fails with another SQLSTATE, counts as cancelled' => sub {
	my $s = session(role => 'postgres');
	$s->send(q{COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; exec sleep 300';});
	wait_for_state($s, state => 'active');
	is_action(pgquell('cancel', $s->pid, '--json'), exit => 0, outcome => 'cancelled');
};

case 'a cancelled cursor loop is said to be one' => sub {
	my $s = session();
	$s->query($_) for 'BEGIN', 'DECLARE c CURSOR FOR SELECT pg_sleep(300)';
	$s->send('FETCH 1 FROM c;');
	wait_for_state($s, state => 'active', wait_event => 'PgSleep');
	is_action(pgquell('cancel', $s->pid, '--json'), exit => 0, outcome => 'cancelled');
};

done_testing();
