# SPDX-License-Identifier: PostgreSQL
# Who may stop whom: told precisely, and one refusal never stops the others.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node(max_connections => 60);
sql($_) for (
	'CREATE ROLE killer LOGIN IN ROLE pg_signal_backend, pg_read_all_stats',
	'CREATE ROLE monitor LOGIN IN ROLE pg_signal_backend, pg_monitor',
	'CREATE ROLE blind LOGIN IN ROLE pg_signal_backend',
	'CREATE ROLE watcher LOGIN IN ROLE pg_read_all_stats',
	'CREATE ROLE teammate LOGIN IN ROLE app',
	'CREATE ROLE outsider LOGIN NOINHERIT IN ROLE app, pg_read_all_stats');

case 'ten targets of which one is a superuser\'s: it is denied, nine succeed' => sub {
	my $boss = session(role => 'postgres', application => 'ten')->busy;
	my @others = map { session(application => 'ten')->busy } 1 .. 9;
	my $r = pgquell('terminate', '--application', 'ten', '--yes', '--json', { role => 'killer' });
	is_exit($r, 4);
	is(scalar @{ $r->{json} }, 10, 'ten outcomes');
	is_action($r, pid => $boss->pid, outcome => 'denied', text => qr/superuser/i);
	my @ended = grep { $_->{outcome} eq 'terminated' } @{ $r->{json} };
	is(scalar @ended, 9, 'nine are terminated');
	is_gone($_) for @others;
	is_alive($boss);
};

case 'pg_signal_backend and pg_monitor are enough for other roles' => sub {
	my $s = session()->busy;
	is_action(pgquell('stop', $s->pid, '--json', { role => 'monitor' }),
		exit => 0, outcome => 'cancelled');
};

case 'a role may stop its own sessions without any grant' => sub {
	my $s = session()->busy;
	is_action(pgquell('cancel', $s->pid, '--json', { role => 'app' }),
		exit => 0, outcome => 'cancelled');
};

case 'so may a member of the target\'s role' => sub {
	my $s = session()->busy;
	is_action(pgquell('terminate', $s->pid, '--json', { role => 'teammate' }),
		exit => 0, outcome => 'terminated');
};

case 'without pg_read_all_stats: refused, with the GRANT to run' => sub {
	my $s = session()->busy;
	for my $command (qw(cancel terminate stop))
	{
		is_action(
			pgquell($command, $s->pid, '--json', { role => 'blind' }),
			exit => 4,
			outcome => 'refused',
			plan => [],
			steps => [],
			text => qr/GRANT pg_(?:read_all_stats|monitor) TO "?blind"?/);
	}
	is(activity($s->pid)->{state}, 'active', 'it runs on');
};

case 'without pg_signal_backend: denied, with the GRANT to run' => sub {
	my $s = session()->busy;
	is_action(
		pgquell('cancel', $s->pid, '--json', { role => 'watcher' }),
		exit => 4,
		outcome => 'denied',
		text => qr/GRANT pg_signal_backend TO "?watcher"?/);
	is(activity($s->pid)->{state}, 'active', 'it runs on');
};

case 'a superuser\'s session needs a superuser, whatever was granted' => sub {
	my $s = session(role => 'postgres')->busy;
	is_action(pgquell('cancel', $s->pid, '--json', { role => 'killer' }),
		exit => 4, outcome => 'denied', text => qr/superuser/i);
	is_alive($s);
};

case 'after SET ROLE the current role counts, not the one that logged in' => sub {
	my $s = session()->busy;
	my $r = pgquell('cancel', $s->pid, '--json', { env => { PGOPTIONS => '-c role=watcher' } });
	is_action($r, exit => 4, outcome => 'denied', text => qr/watcher/);
	my $ok = pgquell('cancel', $s->pid, '--json',
		{ role => 'postgres', env => { PGOPTIONS => '-c role=killer' } });
	is_action($ok, exit => 0, outcome => 'cancelled');
};

case 'for the target its login role counts, whatever it has set since' => sub {
	my $s = session(role => 'postgres');
	$s->query('SET ROLE app');
	$s->busy;
	is_action(pgquell('cancel', $s->pid, '--json', { role => 'killer' }),
		exit => 4, outcome => 'denied', text => qr/superuser/i);
};

case 'a member that does not inherit has nothing of the membership' => sub {
	my $s = session()->busy;
	my $r = pgquell('cancel', $s->pid, '--json', { role => 'outsider' });
	is_action($r, exit => 4, outcome => qr/^(?:denied|refused)$/, text => qr/GRANT|inherit/i);
	is(activity($s->pid)->{state}, 'active', 'it runs on');
};

case 'a dry run foresees what would be denied' => sub {
	my $boss = session(role => 'postgres', application => 'dry')->busy;
	my $r = pgquell('terminate', $boss->pid, '--dry-run', '--json', { role => 'killer' });
	is(action($r)->{outcome}, undef, 'no outcome');
	is_deeply(action($r)->{plan}, [], 'nothing planned');
	like(PgquellTest::text_of(action($r)), qr/superuser/i, 'the reason');
};

done_testing();
