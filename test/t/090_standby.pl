# SPDX-License-Identifier: PostgreSQL
# On a hot standby: signals work there, nothing is written to the database.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use JSON::PP ();
use Test::More;

new_node();
my $standby = cold_standby(conf => 'hot_standby_feedback = on');
node($standby);
wait_for('the standby to accept connections', sub { sql('SELECT pg_is_in_recovery()') eq 't' });

case 'a query on the standby is cancelled' => sub {
	my $s = session()->busy;
	my $r = pgquell('cancel', $s->pid, '--json');
	is_action($r, exit => 0, outcome => 'cancelled', steps => ['cancel']);
	$s->wait_error('57014');
	is_alive($s);
};

case 'a transaction on the standby is terminated' => sub {
	my $s = session();
	$s->query($_) for 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM account';
	wait_for_state($s, state => 'idle in transaction');
	my $r = pgquell('stop', $s->pid, '--json');
	is_action($r, exit => 0, outcome => 'terminated', steps => ['terminate']);
	is_gone($s);
};

case 'ps lists it, and the trail knows that it was a standby' => sub {
	my $s = session(application => 'reader')->busy;
	my $r = pgquell('ps', '--json', '--application', 'reader');
	is_exit($r, 0);
	is(action($r)->{pid}, $s->pid, 'the session');
	my $a = action(pgquell('cancel', $s->pid, '--json'));
	my $text = join '', map { JSON::PP->new->encode($_) } audit_of($a->{session});
	like($text, qr/"standby":\s*true/, 'the record');
	is(log_count(qr/LOG: .*pgquell: cancel sent to session \Q$a->{session}\E/), 1,
		'and a line in its log, though it is read-only');
};

case 'the processes of recovery are refused' => sub {
	for my $type ('startup', 'walreceiver')
	{
		my $pid = wait_for("the $type process",
			sub { sql("SELECT min(pid) FROM pg_stat_activity WHERE backend_type = '$type'") });
		is_action(pgquell('terminate', $pid, '--json'),
			exit => 4, outcome => 'refused', plan => [], steps => []);
		is_alive($pid);
	}
};

done_testing();
