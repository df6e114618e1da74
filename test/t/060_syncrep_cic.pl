# SPDX-License-Identifier: PostgreSQL
# Signals that do lasting harm: a synchronous-replication wait, an index built concurrently.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node();

# A commit that waits for a synchronous standby which does not exist.
sub waiting_commit
{
	my $s = session(application => 'syncrep');
	hold_commits('nobody');
	$s->send('UPDATE account SET balance = balance + 1 WHERE id = 1;');
	wait_for_state($s, state => 'active', wait_event => 'SyncRep');
	return $s;
}

case 'a synchronous-replication wait is refused, and the consequence named' => sub {
	my $s = waiting_commit();
	for my $command (qw(cancel terminate stop))
	{
		is_action(
			pgquell($command, $s->pid, '--json'),
			exit => 4,
			outcome => 'refused',
			plan => [],
			steps => [],
			text => qr/--allow syncrep/);
	}
	like(
		PgquellTest::text_of(action(pgquell('cancel', $s->pid, '--json', '--dry-run'))),
		qr/commit.*(?:locally|replicat)/is,
		'it says what a signal would do');
	wait_for_state($s, wait_event => 'SyncRep');
	hold_commits('');
	wait_for_state($s, state => 'idle');
};

case 'with --allow syncrep the wait is cancelled: the transaction stays committed' => sub {
	my $s = waiting_commit();
	my $r = pgquell('cancel', $s->pid, '--allow', 'syncrep', '--json');
	is_action($r, exit => 0, outcome => 'cancelled', steps => ['cancel'],
		text => qr/commit/i);
	wait_for_state($s, state => 'idle');
	hold_commits('');
	like($s->err, qr/canceling wait for synchronous replication/, 'the client was warned');
};

# CREATE INDEX CONCURRENTLY that waits for an older transaction.
sub building_index
{
	my ($index) = @_;
	hold_commits('');
	my $old = session()->in_transaction('UPDATE account SET balance = 5 WHERE id = 5');
	my $s = session(application => 'builder')
	  ->waiting("CREATE INDEX CONCURRENTLY $index ON account (balance);");
	return ($s, $old);
}

case 'CREATE INDEX CONCURRENTLY is refused, and the consequence named' => sub {
	my ($s, $old) = building_index('index_one');
	for my $command (qw(cancel terminate stop))
	{
		is_action(
			pgquell($command, $s->pid, '--json'),
			exit => 4,
			outcome => 'refused',
			plan => [],
			steps => [],
			text => qr/invalid.*--allow concurrently|--allow concurrently.*invalid/is);
	}
	$old->query('COMMIT');
	wait_for_state($s, state => 'idle');
};

case 'with --allow concurrently it is stopped, and the invalid index named' => sub {
	my ($s, $old) = building_index('index_two');
	my $r = pgquell('cancel', $s->pid, '--allow', 'concurrently', '--json');
	is_action($r, exit => 0, outcome => 'cancelled', steps => ['cancel'], note => qr/index_two/);
	is($s->query('SELECT indisvalid FROM pg_index WHERE indexrelid = \'index_two\'::regclass'),
		'f', 'it is invalid indeed');
};

# Its name would lead elsewhere if it were taken for a conninfo string.
case 'the invalid index is named in a database whose name is a trap' => sub {
	hold_commits('');
	my $name = 'host=localhost port=1';
	sql(qq{CREATE DATABASE "$name" TEMPLATE template0});
	my $old = session(role => 'postgres', database => $name);
	$old->query('CREATE TABLE t AS SELECT 1 AS i');
	$old->query('BEGIN; UPDATE t SET i = 2;');
	my $s = session(role => 'postgres', database => $name)
	  ->waiting('CREATE INDEX CONCURRENTLY trapped ON t (i);');
	my $r = pgquell('cancel', $s->pid, '--allow', 'concurrently', '--json');
	is_action($r, exit => 0, outcome => 'cancelled', note => qr/public\.trapped/);
};

case 'REINDEX CONCURRENTLY is refused as well' => sub {
	my $old = session()->in_transaction('UPDATE account SET balance = 6 WHERE id = 6');
	my $s = session()->waiting('REINDEX INDEX CONCURRENTLY account_pkey;');
	is_action(pgquell('stop', $s->pid, '--json'),
		exit => 4, outcome => 'refused', plan => [], text => qr/--allow concurrently/);
	$old->query('COMMIT');
	wait_for_state($s, state => 'idle');
}, min_major => 12;

case 'an ordinary CREATE INDEX needs no permission' => sub {
	my $old = session()->in_transaction('UPDATE account SET balance = 7 WHERE id = 7');
	my $s = session()->waiting('CREATE INDEX index_three ON account (balance);');
	is_action(pgquell('cancel', $s->pid, '--json'), exit => 0, outcome => 'cancelled');
};

done_testing();
