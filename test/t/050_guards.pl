# SPDX-License-Identifier: PostgreSQL
# What is never signalled, or only when allowed by name.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use JSON::PP ();
use Test::More;

new_node(conf => <<'CONF');
max_parallel_workers_per_gather = 2
autovacuum_vacuum_cost_limit = 1
CONF

# Refused, whichever command is tried: exit 4, nothing sent, the same process still there.
sub is_refused
{
	my ($pid, $text, @commands) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $before = activity($pid);
	for my $command (@commands ? @commands : qw(cancel terminate stop))
	{
		my $r = pgquell($command, $pid, '--json', '--yes');
		is_action(
			$r,
			exit => 4,
			outcome => 'refused',
			plan => [],
			steps => [],
			text => $text,
			pid => $pid);
	}
	my $after = activity($pid);
	is($after && $after->{backend_start}, $before->{backend_start}, 'it is the same process');
	return;
}

# Statements of the owner in a session of their own, whose end also reports their statistics.
sub in_apps
{
	my (@statements) = @_;
	my $s = session();
	$s->query_or_die($_) for @statements;
	$s->close;
	wait_gone($s);
	return;
}

sub pid_of_type
{
	my ($type) = @_;
	return wait_for("a process of type $type",
		sub { sql("SELECT min(pid) FROM pg_stat_activity WHERE backend_type = '$type'") });
}

# A WAL sender that streams to us.
sub walsender
{
	my $lsn = sql('SELECT pg_current_wal_lsn()');
	my $s = raw_session(role => 'postgres', application => 'receiver',
		parameters => { replication => 'true' });
	$s->send("START_REPLICATION PHYSICAL $lsn");
	$s->wait_message('W');
	wait_for_state($s, backend_type => 'walsender', state => 'active');
	return $s;
}

case 'a walsender needs --allow walsender' => sub {
	my $s = walsender();
	is_refused($s->pid, qr/walsender/);
	my $r = pgquell('terminate', $s->pid, '--json', '--allow', 'walsender');
	is_action($r, exit => 0, outcome => 'terminated', steps => ['terminate']);
	is_gone($s);
};

case 'a filter never picks a walsender' => sub {
	my $s = walsender();
	my $r = pgquell('terminate', '--application', 'receiver', '--yes', '--json');
	is_exit($r, 5, 'nothing matches');
	is_alive($s);
};

case 'an autovacuum worker needs --allow autovacuum' => sub {
	in_apps(
		'CREATE TABLE churn (id int, filler char(500)) WITH (autovacuum_vacuum_threshold = 0, '
		  . 'autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100)',
		'INSERT INTO churn SELECT i, i::text FROM generate_series(1, 4000) i',
		'DELETE FROM churn WHERE id % 2 = 0');
	my $worker = wait_for(
		'an autovacuum worker at work',
		sub {
			sql(q{SELECT min(pid) FROM pg_stat_activity
				WHERE backend_type = 'autovacuum worker' AND query LIKE 'autovacuum:%churn%'});
		});
	is_refused($worker, qr/autovacuum/);
	my $r = pgquell('terminate', $worker, '--json', '--allow', 'autovacuum');
	is_action($r, exit => 0, outcome => 'terminated', pid => $worker);
	in_apps('DROP TABLE churn');
};

for my $type ('checkpointer', 'background writer', 'walwriter', 'autovacuum launcher')
{
	case "the $type is refused" => sub { is_refused(pid_of_type($type), qr/\Q$type\E|background/) };
}

case 'the logical replication launcher is refused' =>
  sub { is_refused(pid_of_type('logical replication launcher'), qr/launcher|background/) },
  min_major => 11;

case 'any other background worker is refused' => sub {
	my $pid = sql(q{SELECT min(pid) FROM pg_stat_activity WHERE backend_type = 'background worker'});
	is_refused($pid, qr/background/);
}, max_major => 10;

# No process of that pid in pg_stat_activity: exit 5, with the sentence.
sub is_no_backend
{
	my ($pid) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for my $command (qw(cancel terminate stop))
	{
		my $r = pgquell($command, $pid);
		is_exit($r, 5);
		like($r->{err}, qr/^pgquell: error: PID $pid is not a PostgreSQL backend/m, $command);
	}
	return;
}

case 'the postmaster is no backend' => sub {
	my ($pid) = PostgreSQL::Test::Utils::slurp_file(node()->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	is_no_backend($pid);
	is(sql('SELECT 1'), '1', 'the server is up');
};

case 'a process that is not PostgreSQL is no backend, and lives' => sub {
	my $other = PgquellTest::Process->new(command => [ 'sleep', '300' ]);
	is_no_backend($other->pid);
	ok($other->running, 'it lives');
	$other->close;
};

case 'a pid that no process has is no backend' => sub {
	my $other = PgquellTest::Process->new(command => ['true']);
	$other->finish;
	is_no_backend($other->pid);
};

case 'another pgquell is refused: its application name with our role' => sub {
	my $s = session(role => 'postgres', application => 'pgquell jane OPS-1');
	is_refused($s->pid, qr/pgquell/);
};

case 'whoever only calls itself pgquell, in another role, is no pgquell' => sub {
	my $s = session(role => 'app', application => 'pgquell jane OPS-1');
	is_action(pgquell('terminate', $s->pid, '--json'), exit => 0, outcome => 'terminated');
	is_gone($s);
};

case 'filters leave out pgquell itself' => sub {
	my $s = session(role => 'postgres', application => 'pgquell jane OPS-2');
	my $other = session(role => 'postgres', application => 'bystander');
	my $r = pgquell('terminate', '--role', 'postgres', '--application', 'pgquell*',
		'--application', 'bystander', '--yes', '--json');
	is_exit($r, 0);
	is_deeply([ map { $_->{pid} } @{ $r->{json} } ], [ $other->pid ], 'the bystander only');
	is_alive($s);
};

case 'a session with track_activities off is refused: its state is unknown' => sub {
	my $s = session(role => 'postgres', application => 'untracked');
	$s->query('SET track_activities = off');
	wait_for_state($s, state => 'disabled');
	is_refused($s->pid, qr/track_activities/);
};

# More pages than there are workers, or the leader takes the only one and the workers are done.
in_apps(
	'CREATE TABLE pages (id int, filler text)',
	'ALTER TABLE pages ALTER filler SET STORAGE PLAIN, SET (parallel_workers = 2)',
	'INSERT INTO pages SELECT i, repeat(i::text, 1500) FROM generate_series(1, 40) i');

# A leader with workers, all of them in pg_sleep.
sub parallel_query
{
	my $s = session(role => 'postgres', application => 'parallel', database => 'apps');
	$s->query($_) for (
		'SET parallel_setup_cost = 0',
		'SET parallel_tuple_cost = 0',
		'SET min_parallel_table_scan_size = 0');
	$s->send('SELECT count(*) FROM pages WHERE pg_sleep(100) IS NOT NULL;');
	my $pid = $s->pid;
	my $test =
		major() >= 13 ? "leader_pid = $pid"
	  : major() >= 11 ? q{backend_type = 'parallel worker'}
	  : q{backend_type = 'background worker' AND query LIKE '%pg_sleep%'};
	my $worker = wait_for('a parallel worker',
		sub { sql("SELECT min(pid) FROM pg_stat_activity WHERE $test") });
	return ($s, $worker);
}

case 'a parallel worker is redirected to its leader' => sub {
	my ($s, $worker) = parallel_query();
	my $r = pgquell('cancel', $worker, '--json');
	my $a = is_action($r, exit => 0, outcome => 'cancelled', steps => ['cancel'], pid => $s->pid);
	ok(step_count($a, 'redirect'), 'a redirect is among the steps');
	like(PgquellTest::text_of($a) . JSON::PP->new->encode($a->{steps}), qr/$worker|leader/,
		'and it is said');
	$s->wait_error('57014');
	is_alive($s);
}, min_major => 13;

case 'a parallel worker is refused where the server does not tell its leader' => sub {
	my ($s, $worker) = parallel_query();
	is_refused($worker, qr/parallel|background|leader/);
	is(activity($s->pid)->{state}, 'active', 'the leader goes on');
}, max_major => 12;

case 'a filter picks the leader of a parallel query, once' => sub {
	my ($s, $worker) = parallel_query();
	my $r = pgquell('cancel', '--application', 'parallel', '--yes', '--json');
	is_exit($r, 0);
	is_deeply([ map { $_->{pid} } @{ $r->{json} } ], [ $s->pid ], 'one target: the leader');
};

done_testing();
