# SPDX-License-Identifier: PostgreSQL
# kick: everyone out of a database, a role or an application but ourselves, and the door held shut.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use JSON::PP ();
use PgquellTest;
use PgquellTest::Clients;
use Test::More;

new_node(max_connections => 400, conf => "max_prepared_transactions = 5\nwal_level = logical");
sql('CREATE ROLE dba LOGIN IN ROLE pg_monitor, pg_signal_backend');
sql('CREATE ROLE owner LOGIN IN ROLE pg_monitor, pg_signal_backend, app');

my @DOOR_KEYS = sort qw(door name action before after outcome note);

sub doors { my ($r) = @_; return grep { exists $_->{door} } @{ $r->{json} } }
sub targets { my ($r) = @_; return grep { exists $_->{pid} } @{ $r->{json} } }

# is_door($r, name =>, outcome =>, ...): the first door's object.
sub is_door
{
	my ($r, %want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($door) = doors($r);
	is(join(' ', sort keys %$door), "@DOOR_KEYS", 'the keys of a door');
	like($door->{note}, delete $want{text}, 'the note says so') if $want{text};
	is_deeply($door->{$_}, $want{$_}, "$_ of the door") for sort keys %want;
	return $door;
}

sub allows { my ($name) = @_; return sql("SELECT datallowconn FROM pg_database WHERE datname = '$name'") }
sub limit_of { my ($name) = @_; return sql("SELECT datconnlimit FROM pg_database WHERE datname = '$name'") }
sub role_limit { my ($name) = @_; return sql("SELECT rolconnlimit FROM pg_roles WHERE rolname = '$name'") }
sub inside { return sql("SELECT count(*) FROM pg_stat_activity WHERE datname = '$_[0]'") }
sub let_in { return is_exit(pgquell('let-in', '--yes', '--quiet'), 0, 'let in again') }

# Whether a new session gets in; psql says why not.
sub enters
{
	my ($role, $database) = @_;
	my $s = eval { session(role => $role, database => $database) };
	$s->close if $s;
	return $s ? 1 : 0;
}

case 'everyone in a database is terminated, and nobody elsewhere' => sub {
	my @in = (session(), session()->busy, session()->in_transaction('SELECT 1'));
	my $other = session(database => 'postgres');
	my $r = pgquell('kick', '--database', 'apps', '--yes', '--json');
	is_exit($r, 0);
	is(scalar(() = doors($r)), 0, 'no door');
	is_action($r, pid => $_->pid, outcome => 'terminated', plan => ['terminate']) for @in;
	is(scalar(() = targets($r)), 3, 'three targets');
	is_alive($other);
	ok(enters('app', 'apps'), 'the door is open');
	my ($record) = grep { $_->{kind} eq 'intent' } audit_of($in[0]->pid);
	is($record->{command}, 'kick', 'the trail calls it a kick');
};

case 'an empty database is no error, one that does not exist is' => sub {
	my $r = pgquell('kick', '--database', 'apps', '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/database apps is empty/, 'it says so');
	$r = pgquell('kick', '--database', 'appz', '--yes');
	is_exit($r, 5);
	like($r->{err}, qr/database "appz" does not exist/, 'it says so');
	is_exit(pgquell('kick', '--role', 'nobody_there', '--keep-out', '--yes'), 5);
	is_exit(pgquell('kick', '--application', 'nobody', '--yes'), 5);
};

case 'several conditions must all hold' => sub {
	my ($a, $b) = (session(application => 'shop'), session(application => 'other'));
	my $c = session(role => 'report', application => 'shop');
	my $r = pgquell('kick', '--database', 'ap*', '--role', 'app', '--application', 'shop', '--yes', '--json');
	is_exit($r, 0);
	is_gone($a);
	is_alive($_) for $b, $c;
};

case 'ourselves and other pgquells under the same role are spared, and told' => sub {
	my $own = session(role => 'postgres', application => 'pgquell jane');
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--yes', '-d', 'apps');
	is_exit($r, 0);
	is_gone($s);
	is_alive($own);
	my $pid = $own->pid;
	like($r->{out}, qr/database apps is not empty, 1 still there: pid $pid \(postgres, application pgquell/,
		'who is still there');
};

case 'a walsender is spared unless allowed' => sub {
	sql("SELECT pg_create_physical_replication_slot('spared')");
	my $w = raw_session(role => 'postgres', application => 'sender',
		parameters => { replication => 'database' });
	my $r = pgquell('kick', '--database', 'apps', '--yes');
	is_exit($r, 0);
	is_alive($w);
	like($r->{out}, qr/still there: pid \d+ \(walsender\)/, 'who is still there');
	$r = pgquell('kick', '--database', 'apps', '--yes', '--allow', 'walsender');
	is_gone($w);
	like($r->{out}, qr/database apps is empty/, 'now it is');
	sql("SELECT pg_drop_replication_slot('spared')");
};

case 'a door is closed to everybody, and DROP DATABASE works' => sub {
	sql('CREATE DATABASE doomed OWNER app');
	my $s = session(database => 'doomed');
	my $r = pgquell('kick', '--database', 'doomed', '--keep-out', '--yes', '--json');
	is_exit($r, 0);
	is(exists $r->{json}[0]{door}, 1, 'the door comes first');
	is_door($r, door => 'database', name => 'doomed', action => 'close', outcome => 'closed',
		before => { allow_connections => JSON::PP::true }, after => { allow_connections => JSON::PP::false });
	is_gone($s);
	ok(!enters('app', 'doomed'), 'its owner cannot enter');
	ok(!enters('postgres', 'doomed'), 'nor a superuser');
	like($r->{err}, qr/database doomed is empty; its door is closed \(ALLOW_CONNECTIONS false\); open it with: pgquell let-in --database doomed/, 'how to go on');
	sql('DROP DATABASE doomed');
	pass('dropped');
	$r = pgquell('let-in', '--yes', '--json');
	is_exit($r, 0);
	is_door($r, outcome => 'over', before => undef, text => qr/it is gone/);
};

case 'from within, CONNECTION LIMIT 0 is what can be had' => sub {
	sql('ALTER DATABASE apps CONNECTION LIMIT 33');
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--json', '-d', 'apps');
	is_exit($r, 0);
	is_door($r, outcome => 'closed', before => { connection_limit => 33 }, after => { connection_limit => 0 },
		text => qr/superusers can still enter \(postgres\)/);
	is_gone($s);
	is(limit_of('apps') . allows('apps'), '0t', 'the settings');
	ok(!enters('app', 'apps'), 'nobody enters');
	ok(enters('postgres', 'apps'), 'but a superuser');
	let_in();
	is(limit_of('apps') . allows('apps'), '33t', 'as before');
	sql('ALTER DATABASE apps CONNECTION LIMIT -1');
};

case '300 clients that come back: empty within seconds, and it stays so' => sub {
	sql('ALTER DATABASE apps CONNECTION LIMIT 350');
	my $clients = PgquellTest::Clients->new(host => node()->host, port => node()->port, count => 300);
	$clients->wait_for_all;
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--pace', '500/s', '--reason', 'upgrade');
	is_exit($r, 0);
	like($r->{out}, qr/300 targets: 300 terminated/, 'all were ended');
	like($r->{out}, qr/database apps is empty/, 'it is empty');
	is(inside('apps'), 0, 'the server says so');
	my $before = $clients->seen->{refused}{55000} || 0;
	wait_for('the clients to have tried again',
		sub { ($clients->seen->{refused}{55000} || 0) > $before + 600 });
	is(inside('apps'), 0, 'still');
	let_in();
	is(limit_of('apps') . allows('apps'), '350t', 'as before');
	$clients->wait_for_all;
	$clients->stop;
	sql('ALTER DATABASE apps CONNECTION LIMIT -1');
	is(log_count(qr/LOG: .*pgquell: door of database apps closed: ALLOW_CONNECTIONS false, before ALLOW_CONNECTIONS true, by \S+, ticket none, reason upgrade; audit run [0-9a-f]{16} head [0-9a-f]{64}/),
		1, 'the old value is in the log of the server');
	is_exit(pgquell('log', 'verify', '--against', node()->logfile), 0, 'whose heads are in the trail');
};

case 'without --keep-out it is told who came back' => sub {
	my $clients = PgquellTest::Clients->new(host => node()->host, port => node()->port, count => 3, retry => 0.01);
	$clients->wait_for_all;
	my $r = pgquell('kick', '--database', 'apps', '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/^[1-9]\d* came back, 0 came anew: app\@apps application pool from a local socket \(\d+\)$/m,
		'who');
	like($r->{out}, qr/^database apps is not empty/m, 'so it is not empty');
};

case 'a role is held by its own limit' => sub {
	sql('ALTER ROLE app CONNECTION LIMIT 77');
	my ($s, $other) = (session(), session(role => 'report'));
	my $r = pgquell('kick', '--role', 'app', '--keep-out', '--yes', '--json');
	is_exit($r, 0);
	is_door($r, door => 'role', name => 'app', outcome => 'closed', before => { connection_limit => 77 },
		after => { connection_limit => 0 });
	is_gone($s);
	is_alive($other);
	ok(!enters('app', 'postgres'), 'it cannot log in');
	ok(enters('report', 'apps'), 'another can');
	let_in();
	is(role_limit('app'), 77, 'as before');
	sql('ALTER ROLE app CONNECTION LIMIT -1');
};

case 'where there is no door nobody is terminated' => sub {
	my $s = session(application => 'shop');
	my %cases = (
		'an application' => [ [ '--application', 'shop' ], 4, qr/an application has no door/ ],
		'a superuser' => [ [ '--role', 'postgres' ], 4, qr/whom no CONNECTION LIMIT holds/ ],
		'a pattern' => [ [ '--database', 'ap*' ], 2, qr/--keep-out takes no pattern/ ]);
	for my $what (sort keys %cases)
	{
		my ($args, $exit, $text) = @{ $cases{$what} };
		my $r = pgquell('kick', @$args, '--keep-out', '--yes');
		is_exit($r, $exit, $what);
		like($r->{err}, $text, 'why');
	}
	is_alive($s);
};

case 'who does not own it cannot close it, and is told whom to ask' => sub {
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--json', { role => 'dba' });
	is_exit($r, 4);
	like($r->{err}, qr/role dba may not alter database apps: .* GRANT app TO dba; nobody was terminated/, 'the grant');
	$r = pgquell('kick', '--role', 'report', '--keep-out', '--yes', { role => 'dba' });
	is_exit($r, 4);
	like($r->{err}, major() >= 16 ? qr/GRANT report TO dba WITH ADMIN OPTION/ : qr/ALTER ROLE dba CREATEROLE/, 'or the attribute');
	is_alive($s);
	is(allows('apps'), 't', 'it is open');
	sql('GRANT app TO dba');
	$r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--json', { role => 'dba' });
	is_exit($r, 0, 'with that grant it goes');
	is_door($r, outcome => 'closed');
	is_gone($s);
	is_exit(pgquell('let-in', '--yes', '--json', { role => 'owner' }), 0, 'and any member opens it');
	is(allows('apps'), 't', 'it is open');
	sql('REVOKE app FROM dba');
};

case 'our own login role is not locked out' => sub {
	my $r = pgquell('kick', '--role', 'owner', '--keep-out', '--yes', { role => 'owner' });
	is_exit($r, 4);
	like($r->{err}, qr/we could not come back to open it/, 'why');
};

case 'a role of the right kind closes the door of another' => sub {
	sql('CREATE ROLE boss LOGIN CREATEROLE IN ROLE pg_monitor, pg_signal_backend');
	sql('GRANT report TO boss WITH ADMIN OPTION');
	my $s = session(role => 'report');
	is_exit(pgquell('kick', '--role', 'report', '--keep-out', '--yes', '--json', { role => 'boss' }), 0);
	is_gone($s);
	is(role_limit('report'), 0, 'closed');
	is_exit(pgquell('let-in', '--role', 'report', { role => 'boss' }), 0);
	is(role_limit('report'), -1, 'open');
};

case 'names that are traps' => sub {
	my @names = ('My "quoted" db', "it's; DROP", 'user', 'größe ☃', '-x', 'x' x 63, '%I %s $1 \\n');
	for my $name (@names)
	{
		(my $quoted = $name) =~ s/"/""/g;
		(my $literal = $name) =~ s/'/''/g;
		sql(qq{CREATE DATABASE "$quoted" CONNECTION LIMIT 7});
		my $r = pgquell('kick', "--database=$name", '--keep-out', '--yes', '--json');
		is_exit($r, 0, "exit code of $name");
		is(allows($literal), 'f', 'closed');
		is_exit(pgquell('let-in', "--database=$name", '--json'), 0, 'let in');
		is(allows($literal) . limit_of($literal), 't7', 'open');
		sql(qq{ALTER ROLE report RENAME TO "$quoted"});
		is_exit(pgquell('kick', "--role=$name", '--keep-out', '--yes', '--json'), 0, 'a role of that name');
		is(role_limit($literal), 0, 'closed');
		is_exit(pgquell('let-in', "--role=$name", '--json'), 0, 'let in');
		is(role_limit($literal), -1, 'open');
		sql(qq{ALTER ROLE "$quoted" RENAME TO report});
		sql(qq{DROP DATABASE "$quoted"});
	}
};

case 'what keeps a database from being dropped is told' => sub {
	# The slots first: they wait for a prepared transaction to end.
	sql(q{SELECT pg_create_logical_replication_slot('feed', 'test_decoding')});
	my $in = session(role => 'postgres');
	$in->query(q{SELECT pg_create_logical_replication_slot('inner', 'test_decoding')});
	$in->query('SET client_min_messages = error');
	$in->query(q{CREATE SUBSCRIPTION sub CONNECTION 'dbname=postgres' PUBLICATION p WITH (connect = false)});
	my $s = session();
	$s->query($_) for 'BEGIN', 'CREATE TABLE held ()', "PREPARE TRANSACTION 'order-17'";
	my $r = pgquell('kick', '--database', 'apps', '--yes');
	like($r->{out}, qr/DROP DATABASE apps would refuse: prepared transaction order-17/, 'the transaction');
	like($r->{out}, qr/DROP DATABASE apps would refuse: subscription sub/, 'the subscription');
	like($r->{out}, qr/DROP DATABASE apps would drop logical replication slot inner with it/, 'the slot');
	unlike($r->{out}, qr/feed/, 'but not that of another database');
	$s = session(role => 'postgres');
	$s->query_or_die($_) for q{ROLLBACK PREPARED 'order-17'},
	  'ALTER SUBSCRIPTION sub SET (slot_name = NONE)', 'DROP SUBSCRIPTION sub',
	  q{SELECT pg_drop_replication_slot('inner')};
	sql(q{SELECT pg_drop_replication_slot('feed')});
};

case 'a question on a terminal, and --yes elsewhere' => sub {
	my @s = (session(), session());
	my $r = pgquell('kick', '--database', 'apps', '--keep-out');
	is_exit($r, 4);
	like($r->{err}, qr/3 doors and sessions would be dealt with, which needs --yes/, 'why');
	for my $answer ('n', 'y')
	{
		my $run = pgquell_pty('kick', '--database', 'apps', '--keep-out');
		$run->wait_output(qr/Close 1 door and terminate 2 sessions, and whoever comes\? \[y\/N\]/);
		like($run->out, qr/database apps\s+close\s+ALLOW_CONNECTIONS true -> false: nobody can enter/, 'what will be done');
		is(allows('apps'), 't', 'not yet');
		$run->write("$answer\n");
		is_exit($run->finish, $answer eq 'y' ? 0 : 4, "the answer $answer");
		is(allows('apps'), $answer eq 'y' ? 'f' : 't', 'the door');
	}
	is_gone($_) for @s;
	let_in();
};

case 'a dry run does nothing, and needs no trail' => sub {
	new_state_home();
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--dry-run', '--json');
	is_exit($r, 0);
	is_door($r, outcome => undef, after => { allow_connections => JSON::PP::false });
	is(action($r, $s->pid)->{outcome}, undef, 'nor the session has an outcome');
	is_alive($s);
	is(allows('apps'), 't', 'open');
	ok(!-e state_home() . '/pgquell/audit.db', 'no trail');
};

case 'there is no limit unless one is given' => sub {
	my @s = map { session() } 1 .. 12;
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--limit', '11');
	is_exit($r, 4);
	is(allows('apps'), 't', 'nothing was done');
	is_alive($s[0]);
	is_exit(pgquell('kick', '--database', 'apps', '--yes'), 0);
	is_gone($_) for @s;
};

case 'without an audit store no door is closed' => sub {
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--audit', '/proc/nowhere/audit.db');
	is_exit($r, 6);
	is(allows('apps'), 't', 'open');
	is_alive($s);
};

case 'a session that does not go: exit 1, and the door stays closed' => sub {
	my $s = session()->busy;
	stop_process($s->pid);
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '--json', '--timeout', '500ms');
	is_exit($r, 1);
	is_action($r, pid => $s->pid, outcome => 'stuck');
	like($r->{err}, qr/database apps is not empty, 1 still there/, 'it says so');
	is(allows('apps'), 'f', 'closed');
	continue_process($s->pid);
	wait_gone($s);
	let_in();
};

case 'Ctrl-C while it drains: the door stays closed, on record' => sub {
	my $s = session()->busy;
	stop_process($s->pid);
	my $run = pgquell_start('kick', '--database', 'apps', '--keep-out', '--yes', '--timeout', '60s');
	wait_for('the signal to be recorded', sub { signals_recorded($s->pid) });
	$run->signal('INT');
	my $r = $run->finish;
	is_exit($r, 130);
	like($r->{out}, qr/open it with: pgquell let-in --database apps/, 'how to open it');
	is(allows('apps'), 'f', 'closed');
	continue_process($s->pid);
	wait_gone($s);
	let_in();
	is(allows('apps'), 't', 'open');
};

case 'superusers who come through a limit are ended as well, for as long as --timeout' => sub {
	my $clients = PgquellTest::Clients->new(host => node()->host, port => node()->port, role => 'postgres',
		count => 2, retry => 0.01);
	$clients->wait_for_all;
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes', '-d', 'apps', '--timeout', '2s');
	is_exit($r, 1);
	like($r->{out}, qr/they kept coming until/, 'it gave up');
	like($r->{out}, qr/came back, 0 came anew while it was emptied: postgres\@apps/, 'who');
	$clients->stop;
	let_in();
};

case 'what the configuration protects stays, and a reason may be demanded' => sub {
	my $file = PostgreSQL::Test::Utils::tempdir() . '/config.yaml';
	PostgreSQL::Test::Utils::append_to_file($file,
		qq(require_reason: true\nprotect:\n  - { application: "backup*" }\n));
	chmod 0600, $file;
	my ($s, $backup) = (session(), session(application => 'backup 1'));
	my @args = ('kick', '--database', 'apps', '--yes', '--config', $file);
	my $r = pgquell(@args);
	is_exit($r, 2);
	like($r->{err}, qr/a reason is missing/, 'why');
	is_alive($s);
	$r = pgquell(@args, '--reason', 'upgrade');
	is_exit($r, 0);
	is_gone($s);
	is_alive($backup);
	like($r->{out}, qr/is not empty, 1 still there: pid \d+ \(app, application backup 1\)/, 'who stayed');
	is_exit(pgquell(@args, '--reason', 'upgrade', '--allow', 'protected'), 0);
	is_gone($backup);
};

case 'usage' => sub {
	my %cases = (
		'nobody' => [ [], qr/nobody to kick out was named/ ],
		'a pid' => [ ['4711'], qr/unexpected word "4711"/ ],
		'a scope' => [ [ '--database', 'apps', '--scope', 'statement' ], qr/--scope does not go with kick/ ],
		'a typo' => [ [ '--databse', 'apps' ], qr/Did you mean --database/ ]);
	for my $what (sort keys %cases)
	{
		my ($args, $text) = @{ $cases{$what} };
		my $r = pgquell('kick', @$args, '--yes');
		is_exit($r, 2, $what);
		like($r->{err}, $text, 'why');
	}
};

# Last, since the node is stopped for its copy.
case 'on a standby sessions are ended, but there is no door' => sub {
	my $primary = node();
	my $standby = cold_standby();
	node($standby);
	wait_for('the standby', sub { sql('SELECT pg_is_in_recovery()') eq 't' });
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--yes');
	is_exit($r, 4);
	like($r->{err}, qr/this server is a standby/, 'why');
	is_alive($s);
	is_exit(pgquell('kick', '--database', 'apps', '--yes'), 0);
	is_gone($s);
	node($primary);
};

done_testing();
