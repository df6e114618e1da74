# SPDX-License-Identifier: PostgreSQL
# Who blocks whom: chains, queues, a convoy, prepared transactions, a ring; as text, JSON and DOT.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node(max_connections => 260, conf => "max_prepared_transactions = 5\nautovacuum = off");

# The tree's nodes by pid.
sub nodes
{
	my (@arguments) = @_;
	my $r = pgquell('tree', '--json', @arguments);
	is_exit($r, 0, "tree @arguments succeeds");
	return ($r, map { ($_->{pid} // 'prepared') => $_ } @{ $r->{json} });
}

case 'nobody waits: an empty listing is no error' => sub {
	my $r = pgquell('tree');
	is_exit($r, 0);
	is($r->{out}, '', 'nothing is printed');
	is($r->{err}, "nobody waits for a lock\n", 'but that is said');
	$r = pgquell('tree', '--json');
	is($r->{out} . $r->{err}, '', 'in JSON it is nothing at all');
	is(pgquell('tree', '--quiet')->{err}, '', '--quiet says nothing');
	like(pgquell('tree', '--dot')->{out}, qr/\Adigraph waits \{\n.*\}\n\z/s, 'a graph without nodes');
};

case 'a chain of three levels, with modes, objects and places' => sub {
	my $root = session(application => 'root')->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $second = session(application => 'second')->in_transaction('UPDATE account SET balance = 1 WHERE id = 2');
	my $third = session(application => 'third')->in_transaction('UPDATE account SET balance = 1 WHERE id = 3');
	$second->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	$third->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	my $last = session(application => 'last')->waiting('UPDATE account SET balance = 2 WHERE id = 3;');

	my ($r, %node) = nodes();
	is_deeply([ map { $_->{pid} } @{ $r->{json} } ], [ map { $_->pid } $root, $second, $third, $last ],
		'root first, each below the one that it waits for');
	is_deeply([ map { $_->{depth} } @{ $r->{json} } ], [ 0, 1, 2, 3 ], 'one level each');
	my $top = $node{ $root->pid };
	is($top->{behind}, 3, 'all are behind the root');
	is($top->{blocks}, 1, 'one of them directly');
	is($top->{waits_for}, undef, 'which waits for nothing');
	cmp_ok($top->{longest_wait_s}, '>', 0, 'its oldest waiter has an age');
	my $leaf = $node{ $last->pid };
	is($leaf->{root}, $top->{session}, 'every node names its root');
	is($leaf->{parent}, $node{ $third->pid }{session}, 'and its parent');
	is_deeply($leaf->{blocked_by}, [ $third->pid ], 'and who blocks it');
	is_deeply(
		$leaf->{waits_for},
		{
			type => 'transactionid',
			mode => 'ShareLock',
			object => 'row (0,3) of public.account',
			held_mode => 'ExclusiveLock'
		},
		'and the row that it wants');
	is($leaf->{query}, 'UPDATE account SET balance = 2 WHERE id = 3;', 'a node has the keys of a session');

	$r = pgquell('tree');
	like(
		$r->{out},
		qr/\Apid ${\$root->pid} .*\n.*\n\xe2\x94\x94\xe2\x94\x80 pid ${\$second->pid} .*waits .* for ShareLock on transaction \d+ \(row \(0,1\) of public\.account\)  held there: ExclusiveLock  blocks 2/,
		'the text shows the branches');
	is_exit(pgquell('cancel', $second->pid), 0, 'ending one in the middle');
	($r, %node) = nodes();
	is(scalar @{ $r->{json} }, 2, 'frees what was behind it but for its own lock') or diag($r->{out});
};

case 'a migration queues all who come after it' => sub {
	my $reader = session(application => 'reader')->in_transaction('SELECT count(*) FROM account');
	my $migration = session(application => 'migration')->waiting('ALTER TABLE account ADD COLUMN x int;');
	my @web = map { session(application => 'web')->waiting('SELECT count(*) FROM account;') } 1 .. 3;

	my ($r, %node) = nodes();
	is($node{ $migration->pid }{parent}, $node{ $reader->pid }{session}, 'it waits for the reader');
	is($node{ $migration->pid }{waits_for}{held_mode}, 'AccessShareLock', 'who holds a mere read lock');
	for my $web (@web)
	{
		my $n = $node{ $web->pid };
		is($n->{parent}, $node{ $migration->pid }{session}, 'a query waits for the migration');
		is($n->{waits_for}{held_mode}, undef, 'which holds nothing, but is before it in the queue');
		is($n->{waits_for}{object}, 'relation public.account', 'on the table');
	}
	like(pgquell('tree')->{out}, qr/queued behind it/, 'the text says so');
};

case 'a convoy of 200 waiters is flat, and counted on a terminal' => sub {
	my $holder = session(application => 'holder')->in_transaction('LOCK TABLE account IN EXCLUSIVE MODE');
	my @waiters = map { raw_session(application => 'convoy') } 1 .. 200;
	$_->send_message('Q', "UPDATE account SET balance = 0 WHERE id = 1\0") for @waiters;
	wait_for('all of them to wait',
		sub { sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 200 });

	my ($r, %node) = nodes();
	is(scalar @{ $r->{json} }, 201, 'every one is a node');
	is($node{ $holder->pid }{blocks}, 200, 'the holder blocks 200 directly');
	is(scalar(grep { $_->{depth} == 1 } @{ $r->{json} }), 200, 'all on one level');
	$r = pgquell('tree');
	is(scalar(() = $r->{out} =~ /^[^ ]* pid \d+ /mg), 200, 'in a pipe all are shown');
	my $terminal = pgquell_pty('tree', { columns => 80, rows => 24 })->finish;
	like($terminal->{plain}, qr/and 192 more that wait for the same/, 'on a terminal most are counted');
	cmp_ok(length $_, '<=', 240, 'lines stay within the terminal') for grep { length > 240 } split /\r?\n/,
	  $terminal->{plain};
	sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'convoy'");
};

case 'a prepared transaction is a node of its own, before and after a restart' => sub {
	my $s = session(application => 'preparer');
	$s->query($_) for 'BEGIN', 'UPDATE account SET balance = 1 WHERE id = 9', q{PREPARE TRANSACTION 'it''s 2pc'};
	my $other = session(application => 'other');
	$other->query($_) for 'BEGIN', 'UPDATE account SET balance = 1 WHERE id = 8', q{PREPARE TRANSACTION 'other'};
	for my $when ('before', 'after')
	{
		my $waiter = session(application => 'waiter')->waiting('UPDATE account SET balance = 2 WHERE id = 9;');
		my ($r, %node) = nodes();
		is(scalar @{ $r->{json} }, 2, "$when the restart: two nodes");
		is($node{prepared}{prepared}{gid}, q{it's 2pc}, 'the right one of the two is named');
		is($node{prepared}{prepared}{role}, 'app', 'with its owner');
		is($node{prepared}{prepared}{database}, 'apps', 'and its database');
		cmp_ok($node{prepared}{prepared}{locks}, '>', 0, 'and how many locks it holds');
		is($node{prepared}{session}, undef, 'it is no session');
		is($node{ $waiter->pid }{parent}, q{prepared it's 2pc}, 'the waiter stands below it');
		is_deeply($node{ $waiter->pid }{blocked_by}, [0], 'blocked by what has no pid');
		like(pgquell('tree')->{out}, qr/\Aprepared transaction 'it's 2pc'  app\@apps  prepared /, 'so says the text');
		$waiter->close;
		next if $when eq 'after';
		sql('CHECKPOINT');
		PgquellTest::forget_admin(node());
		node()->restart;
	}
	$s = session();
	$s->query($_) for q{ROLLBACK PREPARED 'it''s 2pc'}, q{ROLLBACK PREPARED 'other'};
};

case 'a ring is shown once and said to be one' => sub {
	my @as = (role => 'postgres');    # who may put off the search for deadlocks
	my $a = session(@as, application => 'a')->in_transaction(q{SET LOCAL deadlock_timeout = '10min'},
		'UPDATE account SET balance = 1 WHERE id = 1');
	my $b = session(@as, application => 'b')->in_transaction(q{SET LOCAL deadlock_timeout = '10min'},
		'UPDATE account SET balance = 1 WHERE id = 2');
	$a->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	$b->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	my ($r, %node) = nodes();
	is(scalar @{ $r->{json} }, 2, 'two nodes');
	is($node{ $a->pid }{depth}, 0, 'the one that has waited longest is on top');
	is($node{ $b->pid }{depth}, 1, 'the other below it');
	ok($node{$_}{ring}, 'both know that they are in a ring') for $a->pid, $b->pid;
	like(pgquell('tree')->{out}, qr/in a ring: each waits for the next/, 'so says the text');
};

case 'who waits for one and for another is below one and names the other' => sub {
	my $one = session(application => 'one')->in_transaction('SELECT 1 FROM account');
	my $two = session(application => 'two')->in_transaction('SELECT 1 FROM account');
	my $waiter = session(application => 'waiter')->waiting('BEGIN; LOCK TABLE account;');
	my $out = pgquell('tree')->{out};
	like($out, qr/\Apid ${\$one->pid} .*blocks 1/, 'the older holder is the parent');
	like($out, qr/pid ${\$waiter->pid} .*also held by pid ${\$two->pid}/, 'the waiter names the other');
	like($out, qr/^pid ${\$two->pid} .*also in the way of pid ${\$waiter->pid}/m, 'and the other names the waiter');
};

case 'advisory locks, and relations of another database' => sub {
	my $holder = session(database => 'postgres', role => 'postgres')->in_transaction(
		'CREATE TABLE elsewhere ()', 'COMMIT', 'BEGIN', 'LOCK TABLE elsewhere', 'SELECT pg_advisory_xact_lock(-5)');
	my $waiter = session(database => 'postgres', role => 'postgres')->waiting('SELECT * FROM elsewhere;');
	my $advisory = session(database => 'postgres', role => 'postgres')->waiting('SELECT pg_advisory_lock(-5);');
	my ($r, %node) = nodes('-d', 'apps');
	is($node{ $waiter->pid }{waits_for}{object}, 'relation public.elsewhere', 'named in its own database');
	is($node{ $advisory->pid }{waits_for}{object}, 'advisory lock -5', 'an advisory lock has its key');
	$holder->query('COMMIT');
	$_->close for $waiter, $advisory, $holder;
	sql('DROP TABLE elsewhere');
};

case 'hostile names reach neither a terminal nor a graph' => sub {
	my $holder = session(application => "a\e[2J\"\\", database => 'apps')->in_transaction('LOCK TABLE account');
	my $waiter = session(application => 'w')->waiting('SELECT * FROM account;');
	my $out = pgquell('tree')->{out};
	unlike($out, qr/\e/, 'no escape in the text');
	my $dot = pgquell('tree', '--dot')->{out};
	unlike($dot, qr/\e/, 'nor in the graph');
	like($dot, qr/n1 -> n0 \[label="AccessShareLock\\nrelation public\.account/, 'whose edge leads to the blocker');
};

case 'a role that may not see who waits is told' => sub {
	my $holder = session()->in_transaction('LOCK TABLE account');
	my $waiter = session()->waiting('SELECT * FROM account;');
	my $r = pgquell('tree', { role => 'report' });
	is_exit($r, 0);
	like($r->{err}, qr/pg_read_all_stats/, 'which grant is missing');
};

case 'mistakes are usage errors' => sub {
	my $r = pgquell('tree', '4711');
	is_exit($r, 2);
	like($r->{err}, qr/unexpected word "4711"/, 'a word');
	$r = pgquell('tree', '--dot', '--json');
	is_exit($r, 2);
	like($r->{err}, qr/--dot and --json exclude each other/, 'two formats');
};

done_testing();
