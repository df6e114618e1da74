# SPDX-License-Identifier: PostgreSQL
# status where connection slots run out, and where transaction ids do.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

# The finding of the kind, once there is one.
sub wait_finding
{
	my ($kind, @arguments) = @_;
	return wait_for(
		"a finding \"$kind\"",
		sub {
			my ($head, @findings) = @{ pgquell('status', '--json', @arguments)->{json} };
			my ($found) = grep { $_->{finding} eq $kind } @findings;
			return $found;
		});
}

sub run_as_printed
{
	my ($command) = @_;
	my $run = pgquell_pty({ columns => 200, wrap => [ 'bash', '-c', "PATH=\${0%/*}:\$PATH; $command" ] });
	$run->wait_output(qr/\?.*\[/);
	$run->write("yes\n");
	return $run->finish;
}

my @soon = ('--in-state-longer', '100ms');

new_node(
	name => 'small',
	max_connections => 14,
	conf => "superuser_reserved_connections = 3\nmax_wal_senders = 0\n" .
	  (major() >= 16 ? "reserved_connections = 1\n" : ''));
my $ordinary = major() >= 16 ? 10 : 11;
my $reserved = 14 - $ordinary;

case 'connections near their limit: who holds them, and the command that frees them' => sub {
	my @crowd = map { raw_session(application => 'pool') } 1 .. $ordinary - 5;    # with us and the two others
	my $other = raw_session(application => 'other');
	my ($head) = @{ pgquell('status', '--json', @soon)->{json} };
	is($head->{connections_ordinary}, $ordinary, 'what ordinary roles may use');
	is($head->{findings}, 0, 'not near yet');
	push @crowd, raw_session(application => 'pool');
	my $f = wait_finding('connections', @soon);
	is($f->{severity}, 'warning', 'severity');
	like($f->{what}, qr/of the $ordinary connections .* $reserved of $reserved reserved slots are free/, 'what');
	push @crowd, raw_session(application => 'pool');
	my $count = @crowd;
	$f = wait_for("all $count of them to be idle", sub {
		my $found = wait_finding('connections', @soon);
		return $found->{why} =~ /^$count sessions of one application have been idle/ && $found;
	});
	is($f->{severity}, 'critical', 'none is left to ordinary roles');
	like($f->{command}, qr/^pgquell terminate --state idle .*--application pool/, 'command');
	is_exit(run_as_printed($f->{command}), 0);
	is_gone($_) for @crowd;
	is_alive($other);
	is_exit(pgquell('status', @soon), 0, 'and all is well');
};

case 'a superuser still gets in, and a role without a slot hears why' => sub {
	my @crowd;
	while (eval { push @crowd, raw_session(application => 'pool'); 1 }) { }
	my $f = wait_finding('connections', @soon);
	like($f->{what}, qr/ reserved slots are free/, 'what');
	my $r = pgquell({ role => 'report' });
	is_exit($r, 3);
	like($r->{err}, qr/slots.*--help/s, 'the error, with the way on');
};

# Every table counts as too old from here on; who goes to vacuum it anew is an autovacuum worker that does not
# yield.
new_node(
	name => 'old',
	conf => "autovacuum_freeze_max_age = 100000\nautovacuum_max_workers = 6\ndeadlock_timeout = 100ms");

sub burn
{
	my $s = session(role => 'postgres');
	$s->query_or_die('CREATE TABLE IF NOT EXISTS burnt (i int)');
	$s->query_or_die(<<'SQL');
DO $$ BEGIN
  FOR i IN 1 .. 110000 LOOP
    BEGIN INSERT INTO burnt VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END;
  END LOOP;
END $$
SQL
	$s->close;
	return;
}

case 'autovacuum that prevents wraparound is held up' => sub {
	my $s = session(application => 'forgot')->in_transaction('LOCK account IN SHARE UPDATE EXCLUSIVE MODE');
	burn();
	my $f = wait_finding('wraparound');
	is($f->{session}{pid}, $s->pid, 'by this session');
	is($f->{severity}, 'critical', 'severity');
	like($f->{why}, qr/autovacuum that prevents wraparound .* among those who wait/, 'why');
	is_exit(run_as_printed($f->{command}), 0);
	is_gone($s);
	wait_for('its end', sub {
		my ($head, @findings) = @{ pgquell('status', '--json')->{json} };
		return !grep { $_->{finding} eq 'wraparound' } @findings;
	});
};

case 'it holds up a migration, which had better wait' => sub {
	my $owner = session();
	$owner->query_or_die($_)
	  for 'CREATE TABLE slow (i int, t text)', q{INSERT INTO slow SELECT i, repeat('x', 500) FROM generate_series(1, 3000) i},
	  'ALTER TABLE slow SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)';
	burn();
	my $worker = wait_for('the worker',
		sub { sql(q{SELECT min(pid) FROM pg_stat_activity WHERE query LIKE 'autovacuum: %slow (to prevent wraparound)'}) });
	$owner->waiting('ALTER TABLE slow ADD c int;');
	my $f = wait_finding('wraparound');
	is($f->{session}{pid}, $worker, 'it is the worker');
	like($f->{why}, qr/does not yield/, 'why');
	like($f->{command}, qr/^pgquell cancel [0-9a-f]+\.${\ sprintf '%x', $owner->pid}$/, 'the migration gives way');
	like($f->{fixes}[1]{command}, qr/^pgquell cancel [0-9a-f.]+ --allow autovacuum$/, 'or the vacuum, for a while');
	is_exit(run_as_printed($f->{command}), 0);
	$owner->wait_error('57014');
	is_alive($worker, 'the vacuum goes on');
};

done_testing();
