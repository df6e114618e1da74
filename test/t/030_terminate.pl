# SPDX-License-Identifier: PostgreSQL
# terminate: ends the session, whatever it does, and proves it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

# terminate ends this session, once, and the server no longer has it.
sub is_terminated
{
	my ($s, %want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = pgquell('terminate', $s->pid, '--json');
	my $a = is_action(
		$r,
		exit => 0,
		outcome => 'terminated',
		plan => ['terminate'],
		steps => ['terminate'],
		scope => 'session',
		%want);
	is_gone($s);
	return $a;
}

case 'idle' => sub {
	my $s = session();
	is_terminated($s, state_before => 'idle', state_after => undef);
	$s->send('SELECT 1;');
	$s->wait_error('57P01');
};

case 'active' => sub {
	my $s = session()->busy;
	is_terminated($s, state_before => 'active');
	$s->wait_error('57P01');
};

case 'idle in transaction: its locks are released and its waiters move' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my @waiters = map { session() } 1 .. 2;
	$waiters[0]->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	$waiters[1]->waiting('ALTER TABLE account ALTER balance SET DEFAULT 0;');
	my $a = is_terminated($s, state_before => 'idle in transaction', locks_after => 0);
	cmp_ok($a->{locks_before}, '>', 0, 'it held locks');
	is($a->{waiters_before}, 2, 'two sessions waited for it directly');
	is($a->{waiters_after}, 0, 'none does now');
	wait_for_state($_, state => 'idle') for @waiters;
	is($waiters[0]->query('SELECT balance FROM account WHERE id = 1'), '2',
		'what the terminated transaction wrote was rolled back');
};

case 'aborted transaction' => sub {
	my $s = session();
	$s->query($_) for 'BEGIN', 'SELECT 1/0';
	is_terminated($s, state_before => 'idle in transaction (aborted)');
};

case 'one that swallows cancels' => sub {
	is_terminated(session()->swallowing, state_before => 'active');
};

case 'one whose client does not read' => sub {
	is_terminated(unread_session(), state_before => 'active');
};

case 'COPY FROM STDIN that waits for its client' => sub {
	my $s = raw_session();
	$s->send('COPY account FROM STDIN');
	$s->wait_message('G');
	wait_for_state($s, state => 'active', wait_event => 'ClientRead');
	is_terminated($s);
	like($s->wait_closed, qr/^57P01/, 'its client was told');
};

case 'half an extended query that waits for its client' => sub {
	is_terminated(half_query_session());
};

case 'an idle session with an advisory lock: the waiter goes on' => sub {
	my $s = session();
	$s->query('SELECT pg_advisory_lock(1)');
	my $waiter = session()->waiting('SELECT pg_advisory_lock(1);');
	is_terminated($s, waiters_before => 1, waiters_after => 0);
	wait_for_state($waiter, state => 'idle');
};

case 'work that was committed stays, work that was not is rolled back' => sub {
	my $s = session();
	$s->query('UPDATE account SET balance = 100 WHERE id = 8');
	$s->in_transaction('UPDATE account SET balance = 100 WHERE id = 9');
	is_terminated($s);
	is(session()->query('SELECT id FROM account WHERE balance = 100'), '8', 'only the first');
};

case 'the server has a LOG line with the operator, the session and the reason' => sub {
	my $s = session()->busy;
	my $a = action(
		pgquell('terminate', $s->pid, '--json', '--operator', 'jane doe', '--ticket', 'OPS-17',
			'--reason', "report'); DROP TABLE account; --"));
	my $log = PostgreSQL::Test::Utils::slurp_file(node()->logfile);
	my ($line) = grep { /LOG:.*\Q$a->{session}\E/ && !/statement:|execute/ } split /\n/, $log;
	ok($line, 'a LOG line names the session') or return;
	like($line, qr/jane doe/, 'the operator');
	like($line, qr/DROP TABLE account/, 'the reason, as text');
	is(session()->query('SELECT count(*) FROM account'), '10', 'and only as text');
};

case 'a transaction by scope: terminate stops the session' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $r = pgquell('terminate', $s->pid, '--scope', 'transaction', '--json');
	is_action($r, exit => 0, outcome => 'terminated', scope => 'transaction');
	is_gone($s);
};

case 'a session that is gone: exit 5' => sub {
	my $s = session();
	my $pid = $s->pid;
	$s->close;
	wait_gone($pid);
	my $r = pgquell('terminate', $pid);
	is_exit($r, 5);
	like($r->{err}, qr/PID $pid is not a PostgreSQL backend/, 'the sentence');
};

done_testing();
