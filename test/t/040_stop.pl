# SPDX-License-Identifier: PostgreSQL
# stop: the mildest remedy first, the next only where it had no effect.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node(conf => 'max_locks_per_transaction = 1024');

my @quick = ('--json', '--yes', '--grace', '300ms');

case 'a running SELECT ends with the cancel' => sub {
	my $s = session()->busy;
	my $r = pgquell('stop', $s->pid, @quick);
	is_action(
		$r,
		exit => 0,
		outcome => 'cancelled',
		plan => [ 'cancel', 'terminate' ],
		steps => ['cancel'],
		scope => 'statement');
	is_alive($s);
};

case 'a swallowed cancel is followed by terminate' => sub {
	my $s = session()->swallowing;
	my $r = pgquell('stop', $s->pid, @quick);
	my $a = is_action(
		$r,
		exit => 0,
		outcome => 'terminated',
		plan => [ 'cancel', 'terminate' ],
		steps => [ 'cancel', 'terminate' ]);
	is_gone($s);
	cmp_ok($a->{elapsed_ms}, '>=', 300, 'not before the grace was over');
	cmp_ok(step_count($a, 'observe'), '>=', 2, 'it looked after each');
	my @kinds = audit_kinds($a->{session});
	is(scalar(() = signals_recorded($s->pid)), 2, 'two signals in the trail');
	is($kinds[-1], 'outcome', 'the outcome is its last record');
};

case 'a savepoint keeps the locks after the cancel, so it goes on to terminate' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 2', 'SAVEPOINT a');
	my $waiter = session()->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	$s->busy;
	my $r = pgquell('stop', $s->pid, @quick);
	is_action(
		$r,
		exit => 0,
		outcome => 'terminated',
		steps => [ 'cancel', 'terminate' ],
		locks_after => 0,
		waiters_before => 1,
		waiters_after => 0);
	is_gone($s);
	wait_for_state($waiter, state => 'idle');
};

case 'in a transaction without a savepoint the cancel is enough' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 2');
	my $waiter = session()->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	$s->busy;
	my $r = pgquell('stop', $s->pid, @quick);
	is_action($r, exit => 0, outcome => 'cancelled', steps => ['cancel'], locks_after => 0);
	is_alive($s);
	wait_for_state($waiter, state => 'idle');
};

# No cancel is sent where a cancel cannot work.
sub is_terminated_at_once
{
	my ($s, %want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = pgquell('stop', $s->pid, '--json');
	is_action(
		$r,
		exit => 0,
		outcome => 'terminated',
		plan => ['terminate'],
		steps => ['terminate'],
		%want);
	is_gone($s);
	return;
}

case 'idle in transaction is terminated at once' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 3');
	is_terminated_at_once($s, scope => 'transaction', locks_after => 0);
};

case 'an aborted transaction is terminated at once' => sub {
	my $s = session();
	$s->query($_) for 'BEGIN', 'SELECT 1/0';
	wait_for_state($s, state => 'idle in transaction (aborted)');
	is_terminated_at_once($s);
};

case 'a client that does not read is terminated at once' => sub {
	is_terminated_at_once(unread_session());
};

case 'COPY FROM STDIN that waits for its client is terminated at once' => sub {
	my $s = raw_session();
	$s->send('COPY account FROM STDIN');
	$s->wait_message('G');
	wait_for_state($s, state => 'active', wait_event => 'ClientRead');
	is_terminated_at_once($s);
};

case 'half an extended query is terminated at once' => sub {
	is_terminated_at_once(half_query_session());
};

case 'idle is refused, since nothing runs' => sub {
	my $s = session();
	is_action(pgquell('stop', $s->pid, '--json'),
		exit => 4, outcome => 'refused', plan => [], steps => [], text => qr/idle|nothing/i);
	is_alive($s);
};

# The look may come in the instant between the cancel and the end of the connection: then it is rightly
# "cancelled", and another try is made.
case 'a client that drops its connection on a mere cancel: disconnected' => sub {
	for my $try (1 .. 20)
	{
		my $s = session(drop => 1)->busy;
		my $r = pgquell('stop', $s->pid, @quick);
		wait_gone($s);
		next if action($r)->{outcome} eq 'cancelled' && $try < 20;
		is_action(
			$r,
			exit => 0,
			outcome => 'disconnected',
			steps => ['cancel'],
			state_after => undef,
			text => qr/client|pooler/);
		last;
	}
};

case 'a lock waiter is cancelled, and its root blocker named' => sub {
	my $root = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 4');
	my $waiter = session()->waiting('UPDATE account SET balance = 2 WHERE id = 4;');
	my $root_pid = $root->pid;
	is_action(
		pgquell('stop', $waiter->pid, @quick),
		exit => 0,
		outcome => 'cancelled',
		steps => ['cancel'],
		text => qr/\b$root_pid\b/);
	is_alive($root);
};

case 'a transaction by scope is not over with its statement' => sub {
	my $s = session()->in_transaction('SAVEPOINT a');
	$s->busy;
	my $r = pgquell('stop', $s->pid, '--scope', 'transaction', @quick);
	is_action($r, exit => 0, scope => 'transaction', outcome => qr/^(?:terminated|cancelled)$/);
	wait_for('the transaction to be over',
		sub { my $row = activity($s->pid); !$row || !$row->{xact_start} });
};

case 'rolling back: it says so, and whatever it sends, the rollback goes through' => sub {
	my $s = session()->in_transaction(<<'SQL');
DO $$ BEGIN FOR i IN 1 .. 2000 LOOP EXECUTE 'CREATE TABLE scrap' || i || ' (id int)'; END LOOP; END $$
SQL
	$s->send('ROLLBACK;');
	wait_for('the rollback', sub { activity($s->pid)->{query} =~ /^ROLLBACK/ });
	my $run = pgquell_start('stop', $s->pid, '--json', '--yes', '--grace', '10s');
	my $r = $run->finish;

	# It may be over before it is seen.
	return is_exit($r, 4) if $r->{json}[0] && $r->{json}[0]{outcome} eq 'refused';
	is_action($r, exit => 0, outcome => qr/^(?:cancelled|over)$/);
	like(PgquellTest::text_of(action($r)), qr/roll/i, 'rolling back') if action($r)->{outcome} ne 'over';
	is($s->query('SELECT 1'), '1', 'the session lives');
};

case 'many targets at once, each on its own ladder' => sub {
	my @busy = map { session(application => 'ladder')->busy } 1 .. 2;
	my $forgotten = session(application => 'ladder')
	  ->in_transaction('UPDATE account SET balance = 1 WHERE id = 6');
	my $swallower = session(application => 'ladder')->swallowing;
	my $idle = session(application => 'ladder');
	my $r = pgquell('stop', '--application', 'ladder', @quick);
	is_exit($r, 0);
	is(scalar @{ $r->{json} }, 4, 'the idle one is no target');
	is_action($r, pid => $_->pid, outcome => 'cancelled', steps => ['cancel']) for @busy;
	is_action($r, pid => $forgotten->pid, outcome => 'terminated', steps => ['terminate']);
	is_action($r, pid => $swallower->pid, outcome => 'terminated',
		steps => [ 'cancel', 'terminate' ]);
	is_alive($idle);
};

done_testing();
