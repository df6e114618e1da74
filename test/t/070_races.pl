# SPDX-License-Identifier: PostgreSQL
# What happens between the look and the signal; the question on a terminal is the gap.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

# Runs pgquell up to its question, lets the world change, and answers yes.
sub with_gap
{
	my ($arguments, $change) = @_;
	my $run = pgquell_pty(@$arguments);
	$run->wait_output(qr/\?\s*(?:[\[(]\s*y[^\])]*[\])])?:?\s*\z/i);
	$change->();
	$run->write("y\n");
	return $run->finish;
}

# What the trail says of the run: its outcomes, and how many signals were sent.
sub is_trail
{
	my ($pid, $outcome, $signals) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(scalar(() = signals_recorded($pid)), $signals, "signals sent: $signals");
	my ($last) = grep { $_->{kind} eq 'outcome' } reverse audit_of($pid);
	is($last && $last->{outcome}, $outcome, "the outcome is $outcome") if $last || $signals;
	return;
}

# A session that runs one statement until it is let go, and then the next.
sub two_statements
{
	my ($next) = @_;
	my $gate = session(database => 'apps', role => 'postgres');
	$gate->query('SELECT pg_advisory_lock(7)');
	my $s = session(application => 'racer')->waiting('SELECT pg_advisory_lock(7);');
	$s->send($next) if $next;
	return ($s, $gate);
}

case 'the statement ended before the signal: over, nothing sent' => sub {
	my ($s, $gate) = two_statements();
	my $r = with_gap(
		[ 'cancel', $s->pid ],
		sub {
			$gate->query('SELECT pg_advisory_unlock(7)');
			wait_for_state($s, state => 'idle');
		});
	is_exit($r, 0);
	like($r->{plain}, qr/\bover\b/, 'it says so');
	is_trail($s->pid, 'over', 0);
	is($s->query('SELECT 5'), '5', 'the session never noticed');
	is($s->err, '', 'no error at the client');
};

case 'the session runs another statement now: that one is left alone' => sub {
	my ($s, $gate) = two_statements('SELECT pg_sleep(300);');
	my $r = with_gap(
		[ 'stop', $s->pid, '--grace', '200ms' ],
		sub {
			$gate->query('SELECT pg_advisory_unlock(7)');
			wait_for_state($s, state => 'active', wait_event => 'PgSleep');
		});
	is_exit($r, 0);
	like($r->{plain}, qr/\bover\b/, 'it says so');
	is_trail($s->pid, 'over', 0);
	is(activity($s->pid)->{wait_event}, 'PgSleep', 'the new statement runs on');
	is($s->err, '', 'no error at the client');
};

case 'the transaction ended before the signal: over' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $r = with_gap([ 'stop', $s->pid ], sub { $s->query('COMMIT') });
	is_exit($r, 0);
	like($r->{plain}, qr/\bover\b/, 'it says so');
	is_trail($s->pid, 'over', 0);
	is_alive($s);
};

case 'another transaction was begun in the same session: it is left alone' => sub {
	my $s = session()->in_transaction('UPDATE account SET balance = 2 WHERE id = 1');
	my $r = with_gap(
		[ 'stop', $s->pid ],
		sub { $s->query('COMMIT'); $s->in_transaction('UPDATE account SET balance = 3 WHERE id = 2') });
	is_exit($r, 0);
	is_trail($s->pid, 'over', 0);
	is(activity($s->pid)->{state}, 'idle in transaction', 'the new transaction is open');
};

case 'the session was gone before the signal: over' => sub {
	my $s = session();
	my $pid = $s->pid;
	my $r = with_gap([ 'terminate', $pid ], sub { $s->close; wait_gone($pid) });
	is_exit($r, 0);
	like($r->{plain}, qr/\bover\b/, 'it says so');
	is_trail($pid, 'over', 0);
};

case 'a session that reconnected under the same filter is another session' => sub {
	my $s = session(application => 'phoenix')->busy;
	my $pid = $s->pid;
	my $new;
	my $r = with_gap(
		[ 'terminate', '--application', 'phoenix' ],
		sub {
			$s->close;
			wait_gone($pid);
			$new = session(application => 'phoenix')->busy;
		});
	is_exit($r, 0);
	is_trail($pid, 'over', 0);
	is_trail($new->pid, undef, 0);
	is(activity($new->pid)->{wait_event}, 'PgSleep', 'the new session runs on');
};

case 'a session chosen by its state that has gone back to work is left alone' => sub {
	my $s = session(application => 'napper');
	my $r = with_gap(
		[ 'terminate', '--application', 'napper', '--state', 'idle' ],
		sub { $s->busy });
	is_exit($r, 0);
	is_trail($s->pid, 'over', 0);
	is(activity($s->pid)->{wait_event}, 'PgSleep', 'it runs on');
};

case 'a session given by its pid is terminated whatever it does by then' => sub {
	my $s = session();
	my $r = with_gap([ 'terminate', $s->pid ], sub { $s->busy });
	is_exit($r, 0);
	is_trail($s->pid, 'terminated', 1);
	is_gone($s);
};

case 'declined: nothing is sent' => sub {
	my $s = session()->busy;
	my $run = pgquell_pty('terminate', $s->pid);
	$run->wait_output(qr/\?/);
	$run->write("n\n");
	is_exit($run->finish, 4);
	is_alive($s);
	is_trail($s->pid, undef, 0);
};

case 'a cursor: every FETCH is another statement, so the whole transaction is advised' => sub {
	my ($s, $gate) = two_statements();
	$s->send('SELECT pg_advisory_unlock_all(); BEGIN;'
		  . ' DECLARE c CURSOR FOR SELECT pg_sleep(0.1) FROM generate_series(1, 3000);'
		  . (' FETCH 3 FROM c;' x 300));
	$gate->query('SELECT pg_advisory_unlock(7)');
	wait_for_state($s, query => qr/^\s*FETCH/);
	my $r = with_gap(
		[ 'cancel', $s->pid, '--grace', '5s' ],
		sub {
			my $seen = activity($s->pid)->{query_start};
			wait_for('the next FETCH', sub { activity($s->pid)->{query_start} ne $seen });
		});
	is_exit($r, 0);
	like($r->{plain}, qr/\bover\b.*--scope transaction/s, 'it says so, with the advice');
	is_trail($s->pid, 'over', 0);
	my $all = pgquell('cancel', $s->pid, '--scope', 'transaction', '--json');
	is_exit($all, 0);
	is($all->{json}[0]{outcome}, 'cancelled', 'which ends it, cursor and all');
};

case 'our connection is cut while the question stands: it connects again and looks first' => sub {
	my $s = session()->busy;
	my $r = with_gap(
		[ 'cancel', $s->pid ],
		sub {
			sql(q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE application_name LIKE 'pgquell%'});
		});
	is_exit($r, 0);
	is_trail($s->pid, 'cancelled', 1);
	wait_for_state($s, state => 'idle');
};

case 'its row hides itself before the signal: unknown, with the grant' => sub {
	sql('CREATE ROLE watcher LOGIN; GRANT pg_signal_backend, pg_read_all_stats TO watcher');
	my $s = session()->busy;
	my $r = with_gap(
		[ 'cancel', $s->pid, '-U', 'watcher' ],
		sub { sql('REVOKE pg_read_all_stats FROM watcher') });
	is_exit($r, 1);
	like($r->{plain}, qr/\bunknown\b.*GRANT pg_read_all_stats TO watcher/s, 'it says so');
	is_trail($s->pid, 'unknown', 0);
	is_alive($s);
};

done_testing();
