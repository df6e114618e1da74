# SPDX-License-Identifier: PostgreSQL
# What an action frees and loses is said before it is confirmed, and kept in the trail.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

# Without autovacuum workers the slots of backends are taken one after the other.
new_node(conf => "max_prepared_transactions = 5\nautovacuum = off");

# The preview, label by label.
sub preview
{
	my (@arguments) = @_;
	my $r = pgquell(@arguments, '--dry-run');
	is_exit($r, 0);
	my %line = $r->{out} =~ /^    ([a-z]+): (.*)$/mg;
	return \%line;
}

case 'the root of a queue: whom it frees, what it holds and has written' => sub {
	my $root = session(application => 'root')->in_transaction('LOCK account IN ROW SHARE MODE',
		'INSERT INTO account VALUES (100, 1)');
	my ($xid) = activity($root->pid)->{backend_xid};
	session(application => 'alter')->waiting('ALTER TABLE account ADD COLUMN more int;');
	session(application => 'reader')->waiting('SELECT count(*) FROM account;');
	my $line = preview('terminate', $root->pid);
	like($line->{frees},
		qr/^1 session that waits behind it \(the longest for .+\), 1 more moves up behind somebody else$/,
		'who is freed, and who is not yet');
	is($line->{loses}, "it has written (xid $xid): its changes are rolled back", 'what is lost');
	is($line->{holds}, '1 RowExclusiveLock, 1 RowShareLock', 'locks by mode');
	is($line->{spares}, 'its role has 2 other sessions from this machine, left alone',
		'whom it does not touch');
};

case 'a cancel: what a savepoint and the session keep' => sub {
	my $s = session()->in_transaction('INSERT INTO account VALUES (101, 1)',
		'SELECT pg_advisory_lock(1)', 'SELECT pg_advisory_xact_lock(2)');
	$s->busy;
	my $line = preview('cancel', $s->pid);
	is($line->{frees}, 'nobody waits behind it', 'nobody');
	like($line->{loses}, qr/its changes are rolled back, unless a savepoint keeps them; 2 advisory locks: a cancel releases those of the transaction, not those of the session$/,
		'what a cancel leaves');
	$line = preview('stop', $s->pid);
	like($line->{loses}, qr/2 advisory locks: .*, a terminate all$/, 'what the next rung takes');
	$line = preview('terminate', $s->pid);
	like($line->{loses}, qr/its changes are rolled back; 2 advisory locks, released$/, 'all of it');
};

case 'who has written nothing' => sub {
	my $s = session()->in_transaction('SELECT count(*) FROM account');
	is(preview('terminate', $s->pid)->{loses}, 'it has written nothing');
};

# Idle sessions hold no lock that would tell their slot, so this is the hard case.
case 'temporary tables are those of the very session, in its own database' => sub {
	my @sessions = map { session(application => "temp$_", database => 'apps') } 0 .. 3;
	for my $n (0 .. 3)
	{
		$sessions[$n]->query("CREATE TEMPORARY TABLE temp_$_ (i int)") for 1 .. $n;
	}
	my $other = session(database => 'postgres')->in_transaction('SELECT 1');
	for my $n (0 .. 3)
	{
		my $line = preview('terminate', $sessions[$n]->pid);
		my $tables = $n == 1 ? '1 temporary table' : "$n temporary tables";
		is($line->{loses}, $n == 0 ? undef : "$tables, dropped", "$n of them");
	}
	$sessions[2]->busy;
	is(preview('cancel', $sessions[2]->pid)->{loses}, 'it has written nothing', 'a cancel keeps them');
	is(preview('stop', $sessions[2]->pid)->{loses},
		'it has written nothing; 2 temporary tables, dropped if it comes to a terminate',
		'a ladder may not');
};

case 'a slot that cannot be told leaves the line out' => sub {
	my $before = session();
	my $gap = session();
	my $s = session(application => 'behind');
	$s->query('CREATE TEMPORARY TABLE behind (i int)');
	wait_for_state($s, state => 'idle');
	$gap->close;
	wait_gone($gap);
	my $first = session(application => 'filler');    # takes the free slot, or pgquell does
	my $loses = preview('terminate', $s->pid)->{loses};
	like($loses // '1 temporary table, dropped', qr/^1 temporary table, dropped$/, 'right, or nothing');
};

case 'a listener hears no more' => sub {
	my $s = session();
	$s->query('LISTEN jobs');
	wait_for_state($s, state => 'idle');
	is(preview('terminate', $s->pid)->{loses},
		'its last statement was LISTEN jobs: its client hears no more notifications');
};

case 'siblings of the role, by application' => sub {
	my @siblings = map { session(application => 'checkout') } 1 .. 3;
	session(role => 'report');
	is(preview('terminate', $siblings[0]->pid)->{spares},
		'its role has 2 other sessions from this machine (checkout), left alone');
	my $line = preview('terminate', $siblings[0]->pid, $siblings[1]->pid);
	is($line->{spares}, 'its role has 1 other session from this machine (checkout), left alone',
		'those that go as well are not left alone');
};

case 'a refused one only holds' => sub {
	my $s = session()->in_transaction('LOCK account IN EXCLUSIVE MODE');
	session()->waiting('UPDATE account SET balance = 0;');
	my $r = pgquell('cancel', $s->pid, '--dry-run');
	like($r->{out}, qr/^    refused: .*\n    holds: 1 session waits behind it; 1 ExclusiveLock$/m);
	unlike($r->{out}, qr/^    (?:frees|loses|spares):/m, 'it frees and loses nothing');
};

# ---- progress ----

# A table of one row a page.
sub pages
{
	my ($count) = @_;
	my $s = session(database => 'apps');
	$s->query($_) for (
		'DROP TABLE IF EXISTS paged',
		'CREATE TABLE paged (i int, filler text)',
		'ALTER TABLE paged ALTER COLUMN filler SET STORAGE PLAIN',
		"INSERT INTO paged SELECT i, repeat('x', 6000) FROM generate_series(1, $count) i");
	$s->close;
	return;
}

# Until the first pages are done, in the report of that name.
sub wait_for_progress
{
	my ($s, $report, $done) = @_;
	return wait_for("$report to have begun",
		sub { sql("SELECT $done > 2 FROM pg_stat_progress_$report WHERE pid = " . $s->pid) eq 't' });
}

case 'VACUUM: the percentage of its phase, and the time of two looks' => sub {
	pages(400);
	my $s = session(database => 'apps', options => '-c vacuum_cost_limit=1 -c vacuum_cost_delay=20ms');
	$s->send('VACUUM (DISABLE_PAGE_SKIPPING) paged;');
	wait_for_progress($s, 'vacuum', 'heap_blks_scanned');
	like(preview('cancel', $s->pid)->{progress},
		qr/^VACUUM is at \d+ % of phase 2 of 7 \(scanning heap\)(?:, about .* of it left)?$/);
	is_action(pgquell('cancel', $s->pid, '--json'), exit => 0, outcome => 'cancelled');
};

case 'CREATE INDEX: what its access method is at, and how long it still takes' => sub {
	pages(400);
	my $s = session(database => 'apps');
	$s->query('CREATE OR REPLACE FUNCTION slow(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS '
		  . q{'BEGIN PERFORM pg_sleep(0.02); RETURN i; END'});
	$s->send('CREATE INDEX slow_index ON paged (slow(i));');
	wait_for_progress($s, 'create_index', 'blocks_done');
	my $line;    # on a busy machine nothing may have moved between the two looks
	wait_for('two looks that differ', sub {
		$line = preview('cancel', $s->pid)->{progress};
		return !defined $line || $line =~ /left$/;
	});
	like($line,
		qr/^CREATE INDEX is at \d+ % of this phase \(building index: scanning table\), (?:about \d+ s|less than a second) of it left$/);
	is_action(pgquell('cancel', $s->pid, '--json'), exit => 0, outcome => 'cancelled');
}, min_major => 12;

case 'CREATE INDEX CONCURRENTLY: its number among the phases, and not a word twice' => sub {
	my $old = session(database => 'apps')->in_transaction('UPDATE paged SET i = 1 WHERE i = 1');
	my $s = session(database => 'apps')->waiting('CREATE INDEX CONCURRENTLY one_by_one ON paged (i);');
	my $line = preview('cancel', $s->pid, '--allow', 'concurrently');
	is($line->{progress},
		'CREATE INDEX CONCURRENTLY is in phase 2 of 8 (waiting for writers before build)');
	unlike($line->{loses} // '', qr/rolled back|invalid/, 'what becomes of the index is said in the reason');
}, min_major => 12;

case 'ANALYZE and COPY have reports, too' => sub {
	my $s = session(database => 'apps', options => '-c vacuum_cost_limit=1 -c vacuum_cost_delay=20ms');
	$s->send('ANALYZE paged;');
	wait_for_progress($s, 'analyze', 'sample_blks_scanned');
	like(preview('cancel', $s->pid)->{progress},
		qr/^ANALYZE is at \d+ % of phase 2 of 6 \(acquiring sample rows\)(?:, about .* of it left)?$/);
}, min_major => 13;

# A file of which the server knows the size, and rows that take their time.
case 'COPY: a file has a size, a client has none' => sub {
	my $file = node()->data_dir . '/rows.copy';
	PostgreSQL::Test::Utils::append_to_file($file, join '', map { "$_\t" . 'x' x 6000 . "\n" } 1 .. 400);
	my $admin = session(role => 'postgres', database => 'apps');
	$admin->query($_) for (
		'CREATE TABLE copied (i int, filler text, check_me int DEFAULT 0)',
		'CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS '
		  . q{'BEGIN PERFORM pg_sleep(0.02); RETURN new; END'},
		'CREATE TRIGGER slowly BEFORE INSERT ON copied FOR EACH ROW EXECUTE PROCEDURE slowly()');
	$admin->send("COPY copied (i, filler) FROM '$file';");
	wait_for_progress($admin, 'copy', 'tuples_processed');
	like(preview('cancel', $admin->pid)->{progress}, qr/^COPY FROM is at \d+ %(?:, about .* left)?$/);
	my $client = session(database => 'apps');
	$client->send('COPY paged FROM STDIN;', map { "$_\ty" } 1 .. 5);
	wait_for_state($client, state => 'active', wait_event => 'ClientRead');
	like(preview('terminate', $client->pid)->{progress},
		qr/^COPY FROM has processed \d+ rows; how many there are is not known$/);
}, min_major => 14;

# ---- bounds ----

case 'a role that may not connect there: the line is left out' => sub {
	sql($_) for ('CREATE ROLE outsider LOGIN', 'GRANT pg_signal_backend, pg_read_all_stats TO outsider',
		'REVOKE CONNECT ON DATABASE apps FROM PUBLIC');
	my $s = session(database => 'apps');
	$s->query('CREATE TEMPORARY TABLE mine (i int)');
	my $r = pgquell('terminate', $s->pid, '--dry-run', { role => 'outsider' });
	is_exit($r, 0);
	unlike($r->{out}, qr/temporary/, 'not a word');
	is_action(pgquell('terminate', $s->pid, '--json', { role => 'outsider' }),
		exit => 0, outcome => 'terminated');
	sql('GRANT CONNECT ON DATABASE apps TO PUBLIC');
};

case 'a side question that hangs neither delays nor prevents an action' => sub {
	my $s = session(database => 'apps');
	$s->query('CREATE TEMPORARY TABLE hung (i int)');
	my $lock = session(role => 'postgres', database => 'apps')
	  ->in_transaction('LOCK pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE');
	my $line = preview('terminate', $s->pid);
	is($line->{loses}, 'its temporary tables could not be read', 'that is said');
	$s->busy;
	is_action(pgquell('stop', $s->pid, '--json'), exit => 0, outcome => 'cancelled');
};

# ---- where it is told ----

case 'JSON has the keys of the contract and no more; the trail has the sentences' => sub {
	my $s = session(application => 'told')->in_transaction('INSERT INTO account VALUES (102, 1)');
	is_action(pgquell('stop', $s->pid, '--json', '--dry-run'), exit => 0, outcome => undef);
	my $a = is_action(pgquell('stop', $s->pid, '--json'), exit => 0, outcome => 'terminated');
	my ($intent) = grep { $_->{kind} eq 'intent' } audit_of($a->{session});
	is($intent->{consequences}[0], 'frees: nobody waits behind it', 'the first sentence');
	like("@{ $intent->{consequences} }", qr/loses: it has written .* holds: 1 RowExclusiveLock/, 'all');
	my $r = pgquell('log', 'show', $a->{session});
	like($r->{out}, qr/^  expected  frees: nobody waits behind it; loses: it has written/m, 'log show');
};

case 'many targets make a table, which ends in sums' => sub {
	my @sessions = map { session(application => 'many') } 1 .. 12;
	$sessions[0]->in_transaction('LOCK account IN EXCLUSIVE MODE', 'INSERT INTO account VALUES (103, 1)');
	$sessions[1]->query('CREATE TEMPORARY TABLE sum_me (i int)');
	session()->waiting('UPDATE account SET balance = 0;');
	my $r = pgquell('terminate', '--application', 'many', '--limit', '20', '--dry-run');
	is_exit($r, 0);
	like($r->{out}, qr/^together:  1 session that waits is freed  1 has written, which is rolled back  1 temporary table is dropped$/m);
};

case 'it is said before the question' => sub {
	my $s = session()->in_transaction('INSERT INTO account VALUES (104, 1)');
	my $run = pgquell_pty('terminate', $s->pid);
	$run->wait_output(qr/Terminate 1 session\? \[y\/N\]/);
	like($run->out, qr/loses: it has written .*Terminate 1 session/s, 'first the consequences');
	$run->write("n\n");
	is_exit($run->finish, 4);
	is_alive($s);
};

done_testing();
