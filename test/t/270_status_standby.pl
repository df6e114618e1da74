# SPDX-License-Identifier: PostgreSQL
# status with a hot standby whose query holds the primary's xmin, and on that standby.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

my $primary = new_node();
sql(q{SELECT pg_create_physical_replication_slot('east')});
my $standby = cold_standby(
	name => 'east',
	conf => "hot_standby_feedback = on\nwal_receiver_status_interval = 1s\nmax_standby_streaming_delay = -1");
wait_for('the standby to accept connections', sub { sql('SELECT pg_is_in_recovery()', node => $standby) eq 't' });

# Before 12 a walreceiver does not tell its cluster_name.
my $name = major() >= 12 ? 'east' : 'walreceiver';
my @late = ('--in-state-longer', '1h');

sub findings
{
	my ($node, @arguments) = @_;
	my $r = pgquell('status', '--json', @arguments, { node => $node });
	my ($head, @findings) = @{ $r->{json} };
	return ($r, $head, @findings);
}

sub wait_finding
{
	my ($node, $kind, @arguments) = @_;
	return wait_for(
		"a finding \"$kind\"",
		sub {
			my ($r, $head, @findings) = findings($node, @arguments);
			my ($found) = grep { $_->{finding} eq $kind } @findings;
			return $found;
		});
}

# A snapshot on the standby that is old by transactions of the primary.
sub old_snapshot
{
	my $s = session(node => $standby, application => 'reader');
	$s->query($_) for 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM account';
	wait_for('feedback', sub {
		return sql(q{SELECT count(*) FROM pg_stat_replication WHERE backend_xmin IS NOT NULL})
		  + sql(q{SELECT count(*) FROM pg_replication_slots WHERE xmin IS NOT NULL});
	});
	sql('SELECT txid_current()') for 1 .. 50;
	return $s;
}

# The primary names the standby; there the query is named, with the command that ends it.
sub found_and_cured
{
	my $s = old_snapshot();
	my $f = wait_finding($primary, 'standby_xmin', '--xmin-behind', '40', @late);
	ok($f->{holds_horizon}, 'it holds the horizon');
	cmp_ok($f->{xids_back}, '>=', 40, 'far back');
	like($f->{what}, qr/^a query on standby "$name" needs rows/, 'what');
	is($f->{command}, undef, 'no command on the primary');
	like($f->{fixes}[0]{effect}, qr/run pgquell on the standby "$name"/, 'but where to go');
	my ($r, $head, @there);
	wait_for('it to be old enough',
		sub { ($r, $head, @there) = findings($standby, '--in-state-longer', '100ms'); return @there > 0 });
	ok($head->{standby}, 'a standby');
	is(scalar @there, 1, 'one finding there');
	is($there[0]{session}{pid}, $s->pid, 'the session');
	my $cure = pgquell(
		{ node => $standby, wrap => [ 'bash', '-c', "PATH=\${0%/*}:\$PATH; $there[0]{command}" ] });
	is_exit($cure, 0, "run there: $there[0]{command}");
	is_gone($s) if node($standby);
	node($primary);
	wait_for('the horizon to move', sub {
		my ($run, $first, @left) = findings($primary, '--xmin-behind', '40', @late);
		sql('SELECT txid_current()');
		return !@left;
	});
	return;
}

case 'a standby without a slot' => sub {
	like(pgquell('status', { node => $standby })->{out}, qr/  standby  /, 'its head says what it is');
	found_and_cured();
};

case 'a standby with a slot' => sub {
	my $option = 'primary_slot_name';
	if (major() >= 12) { $standby->append_conf('postgresql.conf', "$option = 'east'\n") }
	else { $standby->append_conf('recovery.conf', "$option = 'east'\n") }
	PgquellTest::forget_admin($standby);
	$standby->restart;
	wait_for('the slot in use', sub { sql('SELECT active FROM pg_replication_slots') eq 't' });
	found_and_cured();
};

case 'a slot that is left behind' => sub {
	my $s = old_snapshot();
	PgquellTest::forget_admin($standby);
	$standby->stop('immediate');
	wait_for('the slot to be free', sub { sql('SELECT active FROM pg_replication_slots') eq 'f' });
	my $f = wait_finding($primary, 'xmin_horizon', '--xmin-behind', '40', @late);
	is($f->{fixes}[0]{sql}, q{SELECT pg_drop_replication_slot('east');}, 'the statement');
	sql($f->{fixes}[0]{sql});
	my ($r, $head, @left) = findings($primary, '--xmin-behind', '40', @late);
	is(scalar @left, 0, 'and is gone');
};

done_testing();
