# SPDX-License-Identifier: PostgreSQL
# Contact with the server is lost in the middle of a ladder: never a second blind signal.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

# pgquell stop in the background, its cancel sent and swallowed, a long grace running.
sub in_mid_ladder
{
	my ($s, @more) = @_;
	my $run = pgquell_start('stop', $s->pid, '--json', '--grace', '15s', @more);
	wait_for('the cancel to be recorded',
		sub { signals_recorded($s->pid) });
	return $run;
}

sub signals_in_trail
{
	my ($pid) = @_;
	return scalar(() = signals_recorded($pid));
}

case 'its own connection is cut: it connects again, looks, and goes on' => sub {
	my $s = session()->swallowing;
	my $run = in_mid_ladder($s, '--grace', '3s');
	my $cut = sql(q{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE application_name LIKE 'pgquell%' AND backend_type = 'client backend'});
	cmp_ok($cut, '>=', 1, 'its connection was cut');
	my $r = $run->finish;
	is_action($r, exit => 0, outcome => 'terminated', steps => [ 'cancel', 'terminate' ]);
	is(signals_in_trail($s->pid), 2, 'one cancel and one terminate, no more');
	is_gone($s);
};

case 'the connection is cut and the target ends meanwhile: no signal follows' => sub {
	my $s = session()->swallowing;
	my $pid = $s->pid;
	my $run = in_mid_ladder($s);
	sql(qq{SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE application_name LIKE 'pgquell%' OR pid = $pid});
	my $r = $run->finish;
	is_action($r, exit => 0, outcome => qr/^(?:disconnected|over|cancelled)$/, steps => ['cancel']);
	is(signals_in_trail($pid), 1, 'the cancel only');
};

case 'the server is restarted: unknown, and no second signal' => sub {
	my $s = session()->swallowing;
	my $pid = $s->pid;
	my $run = in_mid_ladder($s);
	PgquellTest::forget_admin(node());
	node()->stop('immediate');
	node()->start;
	my $r = $run->finish;
	is_action($r, exit => 1, outcome => 'unknown', steps => ['cancel'], text => qr/\w/);
	is(signals_in_trail($pid), 1, 'the cancel only');
};

case 'the server stays down: unknown, in bounded time' => sub {
	my $s = session()->swallowing;
	my $pid = $s->pid;
	my $run = in_mid_ladder($s, '--grace', '2s', '--timeout', '2s');
	PgquellTest::forget_admin(node());
	node()->stop('immediate');
	my $r = $run->finish;
	is_action($r, exit => 1, outcome => 'unknown', steps => ['cancel']);
	is(signals_in_trail($pid), 1, 'the cancel only');
	node()->start;
};

done_testing();
