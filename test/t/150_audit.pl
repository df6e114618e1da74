# SPDX-License-Identifier: PostgreSQL
# The audit trail: written before the signal, durable, tamper-evident; no trail, no signal.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use JSON::PP ();
use Test::More;

new_node();

sub trail
{
	return state_home() . '/pgquell/audit.db';
}

# Runs SQL on the trail with the sqlite3 program, as whoever wants to change it would.
sub sqlite
{
	my ($sql, $file) = @_;
	my $run = PgquellTest::Process->new(
		command => [ 'sqlite3', '-bail', $file || trail() ],
		stdin => "$sql\n");
	$run->finish;
	return ($run->exit_code, $run->out, $run->err);
}

# The table that has the records, and its triggers.
sub schema
{
	my (undef, $tables) =
	  sqlite(q{SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%hash%';});
	my (undef, $triggers) = sqlite(q{SELECT name FROM sqlite_master WHERE type = 'trigger';});
	my ($table) = split /\n/, $tables;
	return ($table, split /\n/, $triggers);
}

# A fresh trail of three cancelled statements.
sub some_trail
{
	new_state_home();
	for my $ticket (qw(OPS-1 OPS-2 OPS-3))
	{
		my $s = session()->busy;
		my $r = pgquell('cancel', $s->pid, '--json', '--ticket', $ticket, '--reason', 'a runaway');
		die "no trail to work with\n" unless $r->{exit} eq '0';
		$s->close;
	}
	return;
}

case 'the trail says who did what to whom and why, in the order in which it happened' => sub {
	my $s = session(application => 'evidence')->busy;
	my $a = action(
		pgquell('cancel', $s->pid, '--json', '--operator', 'jane', '--ticket', 'OPS-17', '--reason',
			'blocks the payroll'));
	my @records = audit_of($a->{session});
	is_deeply([ (map { $_->{kind} } @records)[ 0, 1, -1 ] ], [qw(intent signal outcome)], 'kinds');
	my ($intent, $outcome) = @records[ 0, -1 ];
	my $words = JSON::PP->new->canonical->encode($intent);
	like($words, qr/\Q$_\E/, "the intent has $_")
	  for ('jane', 'OPS-17', 'blocks the payroll', 'pg_sleep', 'evidence', 'apps', 'postgres');
	is($outcome->{outcome}, 'cancelled', 'the outcome');
	my @at = map { $_->{at} } @records;
	is_deeply(\@at, [ sort @at ], 'in order of time');
};

case 'the operator is the user of the system unless said otherwise' => sub {
	my $s = session()->busy;
	my $a = action(pgquell('cancel', $s->pid, '--json'));
	my $me = getpwuid $<;
	my ($intent) = audit_of($a->{session});
	like(JSON::PP->new->encode($intent), qr/"\Q$me\E/, "the intent has $me");
};

case 'the trail is for its owner only' => sub {
	my $s = session()->busy;
	new_state_home();
	is_exit(pgquell('cancel', $s->pid), 0);
	is(sprintf('%04o', (stat trail())[2] & oct 7777), '0600', 'the file');
	is(sprintf('%04o', (stat state_home() . '/pgquell')[2] & oct 7777), '0700', 'its directory');
};

# As the server logs it: once per signal, whatever else its settings make it repeat.
sub log_lines
{
	my ($session) = @_;
	my $text = PostgreSQL::Test::Utils::slurp_file(node()->logfile);
	return $text =~ /LOG: +(?:\w{5}: )?(pgquell: \w+ sent to session \Q$session\E .*)/g;
}

case 'every signal leaves a line in the log of the server, also by an ordinary role' => sub {
	new_state_home();
	sql('CREATE ROLE scribe LOGIN IN ROLE pg_signal_backend, pg_read_all_stats');
	my $r = pgquell('stop', session()->swallowing->pid, '-U', 'scribe', '--grace', '100ms', '--json',
		'--operator', 'jane', '--ticket', 'OPS-17', '--reason', "two\nlines");
	my $session = action($r)->{session};
	my @lines = log_lines($session);
	is(scalar @lines, 2, 'cancel and terminate');
	like($lines[0], qr/^pgquell: cancel sent .* by jane, ticket OPS-17, reason two\\nlines /, 'who and why');
	like($lines[1], qr/^pgquell: terminate sent .* head [0-9a-f]{64}$/, 'and the head of the chain');
	is_exit(pgquell('log', 'verify', '--against', node()->logfile), 1, 'other trails wrote there too');
	my $own = "$ENV{TMPDIR}/own.log";
	PostgreSQL::Test::Utils::append_to_file($own, join '', map { "$_\n" } @lines);
	is_exit(pgquell('log', 'verify', '--against', $own), 0, 'all of these are in it');
	my $quiet = pgquell('cancel', session()->busy->pid, '--no-server-log', '--json');
	is(scalar(() = log_lines(action($quiet)->{session})), 0, 'none with --no-server-log');
};

case 'log list, show and export read it' => sub {
	some_trail();
	my @records = audit();
	my $session = $records[0]{session};
	my $list = pgquell('log', 'list');
	is_exit($list, 0);
	like($list->{out}, qr/\Q$session\E/, 'list names the session');
	like($list->{out}, qr/OPS-3|cancelled/, 'and what became of it');
	my $show = pgquell('log', 'show', $session);
	is_exit($show, 0);
	like($show->{out}, qr/a runaway/, 'show has the reason');
	like($show->{out}, qr/pg_sleep/, 'and the query');
	cmp_ok(scalar @records, '>=', 9, 'export has every record');
	is(scalar(grep { !defined $_->{hash} } @records), 0, 'each with its hash');
};

case '--audit names another file' => sub {
	my $file = state_home() . '/other.db';
	my $s = session()->busy;
	is_exit(pgquell('cancel', $s->pid, '--audit', $file), 0);
	cmp_ok(scalar(() = signals_recorded($s->pid, '--audit', $file)), '==', 1, 'it is there');
	is(scalar(() = signals_recorded($s->pid)), 0, 'and not in the usual one');
};

case 'an untouched trail verifies' => sub {
	some_trail();
	is_exit(pgquell('log', 'verify'), 0);
};

case 'the trail is append-only for whoever opens it' => sub {
	some_trail();
	my ($table) = schema();
	for my $sql ("UPDATE $table SET body = '{}'", "DELETE FROM $table")
	{
		my ($exit, undef, $err) = sqlite("$sql;");
		isnt($exit, 0, "$sql fails: $err");
	}
	is_exit(pgquell('log', 'verify'), 0);
};

# Whoever gets around that is found out.
my %tampering = (
	'a changed word' => q{UPDATE %s SET body = replace(body, 'OPS-2', 'OPS-9');},
	'a removed record' => q{DELETE FROM %s WHERE rowid = (SELECT min(rowid) + 2 FROM %1$s);},
	'a removed beginning' => q{DELETE FROM %s WHERE rowid = (SELECT min(rowid) FROM %1$s);},
	'a changed hash' => q{UPDATE %s SET hash = CASE substr(hash, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END || substr(hash, 2)
		WHERE rowid = (SELECT min(rowid) + 3 FROM %1$s);},
	'an earlier time' => q{UPDATE %s SET at_us = at_us - 1 WHERE rowid = (SELECT min(rowid) FROM %1$s);},
);
for my $what (sort keys %tampering)
{
	case "$what is detected: log verify exits 1" => sub {
		some_trail();
		my ($table, @triggers) = schema();
		my $sql = join '', map { "DROP TRIGGER $_;" } @triggers;
		my ($exit, undef, $err) = sqlite($sql . sprintf $tampering{$what}, $table);
		is($exit, 0, "it was tampered with $err");
		my $r = pgquell('log', 'verify');
		is_exit($r, 1);
		like($r->{out} . $r->{err}, qr/\d/, 'it says which record');
	};
}

# Exit 6, one message, and the target is as it was.
sub nothing_sent
{
	my (@arguments) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $s = session()->swallowing;
	my $before = activity($s->pid);
	my $r = pgquell('stop', $s->pid, '--yes', @arguments);
	is_exit($r, 6);
	like($r->{err}, qr/^pgquell: error: .*(?:audit|record)/m, 'the message');
	is_deeply(activity($s->pid), $before, 'the target is as it was');
	$s->close;
	return $r;
}

case 'a directory that may not be written: exit 6, nothing sent' => sub {
	my $directory = PostgreSQL::Test::Utils::tempdir('readonly');
	chmod oct 500, $directory;
	nothing_sent('--audit', "$directory/audit.db");
	chmod oct 700, $directory;
};

case 'a file that may not be written: exit 6, nothing sent' => sub {
	some_trail();
	my $file = trail();
	unlink "$file-wal", "$file-shm";
	chmod oct 400, $file;
	chmod oct 500, state_home() . '/pgquell';
	nothing_sent();
	chmod oct 700, state_home() . '/pgquell';
	new_state_home();
};

case 'a file that is no audit trail: exit 6, nothing sent' => sub {
	my $directory = PostgreSQL::Test::Utils::tempdir('garbage');
	PostgreSQL::Test::Utils::append_to_file("$directory/audit.db", 'not a database ' x 1000);
	nothing_sent('--audit', "$directory/audit.db");
};

case 'a file may not grow any further: exit 6, nothing sent' => sub {
	some_trail();
	# Of 512 bytes each: room for the message, not for a record. The signal of the limit is ignored.
	my $blocks = 1;
	nothing_sent({ wrap => [ 'sh', '-c', "trap '' XFSZ; ulimit -f $blocks; exec \"\$@\"", 'sh' ] });
	is_exit(pgquell('log', 'verify'), 0, 'the trail is whole');
};

# A file system of this size in a user namespace, for one command.
my @small_disk = ('unshare', '-rm', 'sh', '-c',
	'mount -t tmpfs -o size=$0 none "$1" && shift && exec "$@"');

sub can_mount
{
	my $run = PgquellTest::Process->new(
		command => [ @small_disk, '64k', PostgreSQL::Test::Utils::tempdir('disk'), 'true' ]);
	$run->finish;
	return $run->exit_code eq '0';
}

for my $size ('4k', '16k')
{
	case "a disk of $size is full: exit 6, nothing sent" => sub {
		my $mount = PostgreSQL::Test::Utils::tempdir('disk');
		nothing_sent('--audit', "$mount/audit.db", '--operator', 'jane',
			{ wrap => [ @small_disk, $size, $mount ] });
	}, skip => can_mount() ? undef : 'no user namespace to mount a small disk in';
}

case 'another writer holds the trail: nothing is sent before the intent is recorded' => sub {
	some_trail();
	my $writer = PgquellTest::Process->new(command => [ 'sqlite3', trail() ], stdin => 'pipe');
	$writer->write("BEGIN IMMEDIATE; SELECT 'locked';\n");
	$writer->wait_output(qr/locked/);
	my $s = session()->busy;
	my $run = pgquell_start('cancel', $s->pid, '--json');
	wait_for('pgquell to be connected',
		sub { !$run->running || sql(q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%'}) });
	is(activity($s->pid)->{state}, 'active', 'untouched');
	$writer->write("COMMIT;\n");
	$writer->close_stdin;
	$writer->finish;
	my $r = $run->finish;
	is_action($r, exit => 0, outcome => 'cancelled');
	is_exit(pgquell('log', 'verify'), 0);
};

case 'another writer never lets go: exit 6, nothing sent' => sub {
	some_trail();
	my $writer = PgquellTest::Process->new(command => [ 'sqlite3', trail() ], stdin => 'pipe');
	$writer->write("BEGIN IMMEDIATE; SELECT 'locked';\n");
	$writer->wait_output(qr/locked/);
	nothing_sent();
	$writer->close;
};

case 'many pgquells write at once: every record is there, and the chain is whole' => sub {
	new_state_home();
	my @sessions = map { session()->busy } 1 .. 6;
	my @runs = map { pgquell_start('cancel', $_->pid, '--json') } @sessions;
	is_exit($_->finish, 0) for @runs;
	is(scalar(() = signals_recorded($_->pid)), 1, 'its signal is recorded') for @sessions;
	is_exit(pgquell('log', 'verify'), 0);
};

done_testing();
