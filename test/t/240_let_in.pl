# SPDX-License-Identifier: PostgreSQL
# let-in: what kick closed is as it was before, whatever became of kick, and nothing else is touched.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use JSON::PP ();
use PgquellTest;
use PgquellTest::Process;
use Test::More;

new_node();
sql('CREATE ROLE dba LOGIN IN ROLE pg_monitor, pg_signal_backend');

sub doors { my ($r) = @_; return grep { exists $_->{door} } @{ $r->{json} } }
sub outcomes { my ($r) = @_; return join ' ', map { $_->{outcome} // 'null' } doors($r) }
sub settings { return sql("SELECT datallowconn, datconnlimit FROM pg_database WHERE datname = '" . ($_[0] || 'apps') . q(')) }

sub kick
{
	my (@args) = @_;
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--json', @args);
	is_exit($r, 0, 'the kick');
	return $r;
}

sub let_in { return pgquell('let-in', '--yes', '--json', @_) }

# Where it ended well.
sub is_let_in
{
	my ($outcomes, @args) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = let_in(@args);
	is_exit($r, 0, 'let in');
	is(outcomes($r), $outcomes, 'the outcomes');
	return $r;
}

sub limit { sql("ALTER DATABASE apps CONNECTION LIMIT $_[0]"); return }

case 'with nothing on record there is nothing to do' => sub {
	my $r = let_in();
	is_exit($r, 5);
	like($r->{err}, qr/no door of this cluster is closed on record/, 'it says so');
	kick();
	$r = let_in('--database', 'postgres');
	is_exit($r, 5, 'nor with another name');
	is(settings(), 'f|-1', 'it stays closed');
	is_let_in('opened', '--database', 'a*');
	is_exit(let_in(), 5, 'twice is once');
};

case 'the trail tells of both' => sub {
	kick('--reason', 'new disks', '--ticket', 'OPS-9', '--operator', 'jane');
	my $r = pgquell('let-in', '--dry-run');
	is_exit($r, 0);
	like($r->{out}, qr/database apps\s+open\s+ALLOW_CONNECTIONS false -> true, as before; closed \S+Z by jane, ticket OPS-9, reason new disks/,
		'what would be done, and whose door it is');
	is(settings(), 'f|-1', 'a dry run does nothing');
	is_let_in('opened');
	my @records = grep { defined $_->{door} } audit();
	@records = @records[ -4 .. -1 ];
	is(join(' ', map { "$_->{command}:$_->{kind}" } @records),
		'keep-out:intent keep-out:outcome let-in:intent let-in:outcome', 'the records');
	is($records[0]{session}, 'database apps', 'whose they are');
	is_deeply($records[0]{before}, { allow_connections => JSON::PP::true }, 'the old value');
	like($records[0]{server}{system_identifier}, qr/^\d+$/, 'the cluster');
	$r = pgquell('log');
	like($r->{out}, qr/keep-out +database apps +\@apps +closed +OPS-9/, 'the list');
	like($r->{out}, qr/let-in +database apps +\@apps +opened/, 'and its end');
	$r = pgquell('log', 'show', $records[0]{sequence});
	like($r->{out}, qr/door +database apps\n.*outcome +closed\n/s, 'the details');
	is_exit(pgquell('log', 'verify', '--against', node()->logfile), 0, 'the chain, and the heads in the log');
	my ($listed) = grep { $_->{id} == $records[0]{sequence} } @{ pgquell('log', 'list', '--json')->{json} };
	is($listed->{session}, 'database apps', 'as an object');
	is($listed->{outcome}, 'closed', 'with its outcome');
};

case 'the limit that was there comes back, not none' => sub {
	limit(17);
	kick('-d', 'apps');
	is(settings(), 't|0', 'closed');
	is_let_in('opened');
	is(settings(), 't|17', 'as before');
};

case 'a second kick keeps the value that the first one found' => sub {
	limit(17);
	kick('-d', 'apps');
	my $r = kick('-d', 'apps');
	is(outcomes($r), 'over', 'nothing to close');
	like((doors($r))[0]{note}, qr/on record: "let-in" sets CONNECTION LIMIT 17 back/, 'it knows');
	$r = kick();
	is(outcomes($r), 'closed', 'from outside there is more to close');
	is(settings(), 'f|0', 'both');
	is_let_in('opened opened');
	is(settings(), 't|17', 'as before');
	limit(-1);
};

case 'what somebody has changed since is told and left alone' => sub {
	limit(17);
	kick('-d', 'apps');
	limit(5);
	my $r = let_in();
	is_exit($r, 4);
	is(outcomes($r), 'refused', 'refused');
	like((doors($r))[0]{note}, qr/somebody has changed it since: it has CONNECTION LIMIT 5, .*ALTER DATABASE "apps" CONNECTION LIMIT 17/,
		'with the SQL');
	is(settings(), 't|5', 'left alone');
	limit(17);
	is_let_in('over');
	is_exit(let_in(), 5, 'it is off the record');
};

case 'what somebody else has closed is not ours to open' => sub {
	sql('ALTER DATABASE apps ALLOW_CONNECTIONS false');
	my $r = kick();
	is(outcomes($r), 'over', 'closed already');
	like((doors($r))[0]{note}, qr/not by pgquell, so "let-in" will not open it/, 'it says so');
	like($r->{err}, qr/its door is closed, though not by pgquell/, 'the last words do not name let-in');
	is_exit(let_in(), 5);
	is(settings(), 'f|17', 'left alone');
	sql('ALTER DATABASE apps ALLOW_CONNECTIONS true');
	limit(-1);
};

case 'another machine with the same store' => sub {
	my $store = state_home() . '/team.db';
	kick('--audit', $store);
	new_state_home();
	is_exit(let_in(), 5, 'its own store has nothing');
	is_let_in('opened', '--audit', $store);
	is(settings(), 't|-1', 'open');
};

case 'another cluster in the same store is left alone' => sub {
	my $first = node();
	kick();
	my $other = new_node(name => 'other');
	sql('ALTER DATABASE apps ALLOW_CONNECTIONS false');
	is_exit(let_in(), 5);
	is(settings(), 'f|-1', 'left alone');
	node($first);
	is_let_in('opened');
	$other->stop;
};

case 'it is known by its oid: renamed, and made anew under the same name' => sub {
	sql('CREATE DATABASE shop');
	pgquell('kick', '--database', 'shop', '--keep-out', '--yes', '--quiet');
	sql('ALTER DATABASE shop RENAME TO shop_old');
	sql('CREATE DATABASE shop ALLOW_CONNECTIONS false');
	my $r = is_let_in('opened', '--database', 'shop');
	is((doors($r))[0]{name}, 'shop_old', 'its name by now');
	is(settings('shop_old') . settings('shop'), 't|-1f|-1', 'only that one');
	pgquell('kick', '--database', 'shop_old', '--keep-out', '--yes', '--quiet');
	sql('DROP DATABASE shop_old');
	$r = is_let_in('over');
	like((doors($r))[0]{note}, qr/it is gone/, 'why');
	sql('DROP DATABASE shop');
};

case 'several doors: --yes, or an answer' => sub {
	pgquell('kick', '--database', 'apps', '--role', 'report', '--keep-out', '--yes', '--quiet');
	my $r = pgquell('let-in');
	is_exit($r, 4);
	like($r->{err}, qr/2 doors would be opened, which needs --yes/, 'why');
	for my $answer ('n', 'y')
	{
		my $run = pgquell_pty('let-in');
		$run->wait_output(qr/Open 2 doors\? \[y\/N\]/);
		like($run->out, qr/database apps\s+open.*role report\s+open/s, 'what will be done');
		$run->write("$answer\n");
		is_exit($run->finish, $answer eq 'y' ? 0 : 4, "the answer $answer");
		is(settings(), $answer eq 'y' ? 't|-1' : 'f|-1', 'the door');
	}
	is(sql(q(SELECT rolconnlimit FROM pg_roles WHERE rolname = 'report')), -1, 'and the role');
};

case 'a door that another let-in has opened meanwhile is over' => sub {
	kick();
	my $run = pgquell_pty('let-in', '--database', 'apps');
	$run->wait_output(qr/Open 1 door\? \[y\/N\]/);
	is_let_in('opened');
	$run->write("y\n");
	my $r = $run->finish;
	is_exit($r, 0, 'it is open');
	like($r->{plain}, qr/over .*opened by somebody else meanwhile/s, 'and it says so');
};

case 'who may not open it is told whom to ask, and it stays on record' => sub {
	kick();
	my $r = pgquell('let-in', '--yes', '--json', { role => 'dba' });
	is_exit($r, 4);
	is(outcomes($r), 'denied', 'denied');
	like((doors($r))[0]{note}, qr/GRANT app TO dba/, 'the grant');
	is_let_in('opened');
};

# Ends it with SIGKILL as soon as its trail has that many records.
sub killed_at
{
	my ($records, @args) = @_;
	my $file = state_home() . '/pgquell/audit.db';
	my $count = sub {
		my $n = -e $file ? qx{sqlite3 -readonly '$file' 'SELECT count(*) FROM record' 2>/dev/null} : 0;
		return $n =~ /^(\d+)/ ? $1 : 0;
	};
	my $before = $count->();
	my $run = pgquell_start(@args);
	PgquellTest::Process::poll_until(sub { $count->() >= $before + $records || !$run->running }, 30);
	$run->signal('KILL');
	return $run->finish;
}

# Until no pgquell is on the server any more: what was under way there has ended.
sub wait_for_quiet
{
	return wait_for('the sessions of pgquell to be gone',
		sub { sql(q(SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%')) == 0 });
}

for my $records (1 .. 4)
{
	case "kill -9 once $records records are written: let-in restores" => sub {
		new_state_home();
		limit(17);
		my $s = session()->busy;
		stop_process($s->pid);
		my $r = killed_at($records, 'kick', '--database', 'apps', '--keep-out', '--yes', '-d', 'apps', '--timeout', '60s');
		is($r->{exit}, 'signal 9', 'it was killed in the middle');
		wait_for_quiet();
		my $was = settings();
		is_let_in($was eq 't|0' ? 'opened' : 'over');
		is(settings(), 't|17', 'as before');
		is_exit(pgquell('log', 'verify'), 0, 'the trail is whole');
		continue_process($s->pid);
		limit(-1);
	};
}

# A door whose setting somebody else is just changing: to turn it waits, up to lock_timeout.
sub blocker
{
	my $b = session(role => 'postgres', database => 'postgres');
	$b->query($_) for 'BEGIN', 'ALTER DATABASE apps CONNECTION LIMIT 17';
	return $b;
}

# What runs on the server goes on without its client, so both ends of what it waits for are looked at.
for my $end ('ROLLBACK', 'COMMIT')
{
	case "kill -9 while the door is being turned, which then meets a $end" => sub {
		new_state_home();
		limit(17);
		my $b = blocker();
		my $r = killed_at(1, 'kick', '--database', 'apps', '--keep-out', '--yes', '-d', 'apps');
		is($r->{exit}, 'signal 9', 'it was killed in the middle');
		$b->query($end);
		wait_for_quiet();
		is_let_in(settings() eq 't|0' ? 'opened' : 'over');
		is(settings(), 't|17', 'as before');
		limit(-1);
	};
}

case 'let-in waits for what a killed pgquell has left running' => sub {
	new_state_home();
	limit(17);
	my $b = blocker();
	my $r = killed_at(1, 'kick', '--database', 'apps', '--keep-out', '--yes', '-d', 'apps');
	is($r->{exit}, 'signal 9', 'it was killed in the middle');
	my $run = pgquell_start('let-in', '--yes', '--json');
	wait_for('let-in to be there', sub {
		sql(q(SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%')) == 2 });
	$b->query('ROLLBACK');
	is_exit($run->finish, 0);
	wait_for_quiet();
	is(settings(), 't|17', 'as before');
	limit(-1);
};

case 'kill -9 of let-in itself: the next one finishes' => sub {
	new_state_home();
	limit(17);
	kick('-d', 'apps');
	my $b = session(role => 'postgres', database => 'postgres');
	$b->query($_) for 'BEGIN', 'ALTER DATABASE apps CONNECTION LIMIT 0';
	my $r = killed_at(1, 'let-in', '--yes');
	is($r->{exit}, 'signal 9', 'it was killed in the middle');
	$b->query('ROLLBACK');
	wait_for_quiet();
	is_let_in(settings() eq 't|0' ? 'opened' : 'over');
	is(settings(), 't|17', 'as before');
	limit(-1);
};

case 'two kicks at once: one closes the door, and its record stands' => sub {
	new_state_home();
	limit(17);
	my $b = session(role => 'postgres', database => 'postgres');
	$b->query($_) for 'BEGIN', 'ALTER DATABASE apps CONNECTION LIMIT 17';
	my @runs = map { pgquell_start('kick', '--database', 'apps', '--keep-out', '--yes', '--quiet', '-d', 'apps') } 1, 2;
	wait_for('both to have their intents on record',
		sub { 2 == grep { $_->{kind} eq 'intent' && defined $_->{door} } audit() });
	$b->query('ROLLBACK');
	$_->finish for @runs;
	is(settings(), 't|0', 'closed');
	is_let_in('opened');
	is(settings(), 't|17', 'as before');
	limit(-1);
};

case 'a door that could not be closed in time: nobody is terminated, and nothing is on record' => sub {
	my $s = session();
	my $b = blocker();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--json', '-d', 'apps');
	is_exit($r, 4);
	is(outcomes($r), 'refused', 'refused');
	like($r->{err}, qr/could not close the door of database apps: could not set it: .*; nobody was terminated/, 'why');
	is_alive($s);
	$b->query('ROLLBACK');
	is_exit(let_in(), 5);
};

case 'the store fails after the door was looked at: nothing is opened' => sub {
	kick();
	my $r = let_in('--audit', '/proc/nowhere/audit.db');
	is_exit($r, 6);
	is(settings(), 'f|-1', 'closed');
	is_let_in('opened');
};

case 'usage' => sub {
	my %cases = (
		'a word' => [ ['apps'], qr/unexpected word "apps"/ ],
		'an application' => [ [ '--application', 'x' ], qr/an application has no door/ ]);
	for my $what (sort keys %cases)
	{
		my ($args, $text) = @{ $cases{$what} };
		my $r = pgquell('let-in', @$args);
		is_exit($r, 2, $what);
		like($r->{err}, $text, 'why');
	}
};

# Last, since the node is stopped for its copy.
case 'on a standby nothing can be opened' => sub {
	kick();
	my $standby = cold_standby();
	my $r = pgquell('let-in', '--yes', '--json', { node => $standby });
	is_exit($r, 4);
	like((doors($r))[0]{note}, qr/this server is a standby/, 'why');
	is_let_in('opened');
};

done_testing();
