# SPDX-License-Identifier: PostgreSQL
# log prune: the oldest actions that have ended go, on record, and what went otherwise shows.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use JSON::PP ();
use Test::More;

new_node();

my @all = ('log', 'prune', '--older-than', '0s');

sub trail
{
	return state_home() . '/pgquell/audit.db';
}

# Runs SQL on the trail with the sqlite3 program, as whoever wants to change it would.
sub sqlite
{
	my ($sql) = @_;
	my $run = PgquellTest::Process->new(command => [ 'sqlite3', '-bail', trail() ], stdin => "$sql\n");
	$run->finish;
	return ($run->exit_code, $run->out . $run->err);
}

# One more action that has ended: a statement that was cancelled.
sub act
{
	my (@arguments) = @_;
	my $s = session()->busy;
	my $r = pgquell('cancel', $s->pid, '--json', @arguments);
	die "no trail to work with\n" unless $r->{exit} eq '0';
	$s->close;
	return action($r)->{session};
}

# One that is open: pgquell was killed in the middle.
sub act_half
{
	my $s = session()->swallowing;
	my $run = pgquell_start('stop', $s->pid, '--grace', '60s');
	wait_for('the cancel to be on record', sub { grep { $_->{kind} eq 'signal' } audit_of($s->pid) });
	$run->signal('KILL');
	$run->finish;
	$s->close;
	return;
}

sub some_trail
{
	new_state_home();
	act('--ticket', $_, '--reason', 'a runaway') for qw(OPS-1 OPS-2);
	return;
}

sub numbers
{
	return map { $_->{sequence} } audit();
}

# The trail has what it had.
sub is_untouched
{
	my ($before) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ numbers() ], $before, 'nothing was removed');
	is_exit(pgquell('log', 'verify'), 0);
	return;
}

case 'what it is told has to make sense' => sub {
	some_trail();
	for my $arguments (
		[ 'log', 'prune' ],
		[ 'log', 'prune', '--older-than', '90' ],
		[ 'log', 'prune', '--older-than', 'never' ],
		[ @all,  'everything' ],
		[ @all,  '--against', '/dev/null' ],
		[ 'log', '--older-than', '1d' ],
		[ 'log', 'verify', '--yes' ])
	{
		my $r = pgquell(@$arguments);
		is_exit($r, 2);
		is(scalar(() = $r->{err} =~ /^pgquell: error: /mg), 1, "@$arguments: one error");
	}
};

case 'under the age of everything: nothing goes, and that is a success' => sub {
	some_trail();
	my @before = numbers();
	my $r = pgquell('log', 'prune', '--older-than', '365d');
	is_exit($r, 0);
	like($r->{out}, qr/\Anothing to prune: no action ended before 20\S+Z\n\z/, 'one line');
	$r = pgquell('log', 'prune', '--older-than', '365d', '--json', '--yes');
	is_exit($r, 0);
	is($r->{json}[0]{records}, 0, 'no records');
	is($r->{json}[0]{until}, undef, 'up to nothing');
	is_untouched(\@before);
};

case 'no trail, or one without actions: nothing to prune' => sub {
	new_state_home();
	is_exit(pgquell(@all, '--yes'), 0, 'none was begun');
	ok(!-e trail(), 'and none was made');
	is_exit(pgquell(@all, '--yes', '--audit', state_home() . '/none.db'), 6, 'one that was named has to be there');
	some_trail();
	is_exit(pgquell(@all, '--yes'), 0);
	my @before = numbers();
	my $r = pgquell(@all, '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/^nothing to prune/, 'a prune alone is nothing');
	is_deeply([ numbers() ], \@before, 'and stays');
	is_exit(pgquell('log', 'verify'), 0);
};

case 'a dry run removes nothing, nor does a run that nobody confirmed' => sub {
	some_trail();
	my @before = numbers();
	my $dry = pgquell(@all, '--dry-run');
	is_exit($dry, 0);
	like($dry->{out}, qr/^would prune 2 actions \(\d+ records\) up to 20\S+Z$/m, 'what would go');
	my $json = pgquell(@all, '-n', '--json');
	is_exit($json, 0);
	is($json->{json}[0]{dry_run}, JSON::PP::true, 'dry_run');
	is($json->{json}[0]{record}, undef, 'it is not on record');
	my $r = pgquell(@all);
	is_exit($r, 4);
	like($r->{err}, qr/2 actions .* needs --yes/, 'the message');
	is_untouched(\@before);
};

case 'what goes is told, and is on record' => sub {
	some_trail();
	my @before = numbers();
	my $r = pgquell(@all, '--yes', '--json', '--operator', 'jane', '--ticket', 'CHG-9', '--reason', 'retention');
	is_exit($r, 0);
	my $told = $r->{json}[0];
	is_deeply(
		[ sort keys %$told ],
		[ sort qw(dry_run older_than_s before actions records from to until hash record freed_bytes kept_by) ],
		'the keys');
	is($told->{actions}, 2, 'actions');
	is($told->{records}, scalar @before, 'records');
	is($told->{to}, $before[-1], 'up to the newest');
	my ($record, @others) = audit();
	is(scalar @others, 0, 'nothing else is left');
	is($record->{kind}, 'prune', 'the kind of its record');
	is($record->{sequence}, $told->{record}, 'its number');
	is($record->{previous}, $told->{hash}, 'the chain goes on');
	is($record->{body}{$_->[0]}, $_->[1], "the record has its $_->[0]")
	  for ([ operator => 'jane' ], [ ticket => 'CHG-9' ], [ operator_reason => 'retention' ],
		[ from => 1 ], [ to => $told->{to} ], [ actions => 2 ], [ hash => $told->{hash} ],
		[ records => scalar @before ], [ until => $told->{until} ]);
	ok($record->{body}{host}, 'and its host');
};

case 'list says nothing of it; show, export and verify know it' => sub {
	some_trail();
	my $gone = act();
	pgquell(@all, '--yes', '--ticket', 'CHG-9');
	my ($record) = audit();
	my $list = pgquell('log', 'list');
	is_exit($list, 0);
	is($list->{out}, '', 'list has no action');
	my $show = pgquell('log', 'show', $record->{sequence});
	is_exit($show, 0);
	like($show->{out}, qr/log prune/, 'show has the command');
	like($show->{out}, qr/CHG-9/, 'the ticket');
	like($show->{out}, qr/records 1 to $record->{to}, 3 actions/, 'and what went');
	is_exit(pgquell('log', 'show', $record->{run}), 0, 'also by its run');
	my $none = pgquell('log', 'show', $gone);
	is_exit($none, 5);
	like($none->{err}, qr/up to $record->{to} were pruned/, 'what went is said to have gone');
	my $verify = pgquell('log', 'verify');
	is_exit($verify, 0);
	like($verify->{out}, qr/^1 record, chain intact from anchor $record->{to} on \(pruned at \S+, record $record->{sequence}\), head /,
		'verify names the anchor');
	my $json = pgquell('log', 'verify', '--json')->{json}[0];
	is($json->{anchor}{sequence}, $record->{to}, 'in JSON, too');
	is($json->{anchor}{record}, $record->{sequence}, 'with the record that says so');
};

case 'the trail goes on, and is pruned again and again' => sub {
	new_state_home();
	for my $round (1 .. 3)
	{
		my $session = act();
		is(scalar(() = audit_of($session)) > 2, 1, 'it is recorded');
		is_exit(pgquell(@all, '--yes', '--quiet'), 0);
		is(scalar(() = audit()), 1, 'only the record of the prune is left');
		is_exit(pgquell('log', 'verify'), 0);
	}
};

case 'on a terminal it asks' => sub {
	some_trail();
	my @before = numbers();
	my $run = pgquell_pty(@all);
	$run->wait_output(qr/Prune 2 actions .*\? \[y\/N\]/);
	$run->write("n\n");
	is_exit($run->finish, 4);
	$run = pgquell_pty(@all);
	$run->wait_output(qr/\?/);
	$run->write("\x03");
	is_exit($run->finish, 130);
	is_untouched(\@before);
	$run = pgquell_pty(@all);
	$run->wait_output(qr/\?/);
	$run->write("y\n");
	is_exit($run->finish, 0);
	is(scalar(() = audit()), 1, 'they are gone');
};

case 'an open action keeps itself and what follows' => sub {
	some_trail();
	my $ended = scalar(() = numbers());
	act_half();
	act();
	my @before = numbers();
	my $r = pgquell(@all, '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/^pruned 2 actions \($ended records\)/m, 'what went');
	like($r->{out}, qr/^kept: action ${\ ($ended + 1)} of \S+, which is open/m, 'what did not, and why');
	is_deeply([ numbers() ], [ @before[ $ended .. $#before ], $before[-1] + 1 ], 'the rest is there');
	is_exit(pgquell('log', 'verify'), 0);
	$r = pgquell(@all, '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/^nothing to prune because of action .* open$/, 'now there is nothing to do');
};

case 'a door that is closed keeps its record, until it is opened again' => sub {
	some_trail();
	my $ended = scalar(() = numbers());
	is_exit(pgquell('kick', '--database', 'apps', '--keep-out', '--yes'), 0);
	my ($limit) = sql(q{SELECT datallowconn, datconnlimit FROM pg_database WHERE datname = 'apps'});
	my $r = pgquell(@all, '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/^pruned 2 actions \($ended records\)/m, 'what went');
	like($r->{out}, qr/^kept: the door of database apps, which was closed at \S+ and is closed yet/m, 'what did not, and why');
	is_exit(pgquell('let-in', '--database', 'apps', '--yes'), 0, 'its record is there to open it by');
	isnt(sql(q{SELECT datallowconn, datconnlimit FROM pg_database WHERE datname = 'apps'}), $limit, 'it is open');
	is_exit(pgquell(@all, '--yes'), 0);
	is(scalar(() = audit()), 1, 'then all of it goes');
	is_exit(pgquell('log', 'verify'), 0);
};

case 'heads of what went are still known to the server log' => sub {
	new_state_home();
	my $log = "$ENV{TMPDIR}/heads.log";
	unlink $log;
	my @sessions = map { act('--reason', 'heads') } 1 .. 2;
	pgquell(@all, '--yes');
	push @sessions, act('--reason', 'heads');
	my $text = PostgreSQL::Test::Utils::slurp_file(node()->logfile);
	for my $session (@sessions)
	{
		my ($line) = $text =~ /(pgquell: cancel sent to session \Q$session\E .*)/;
		PostgreSQL::Test::Utils::append_to_file($log, "$line\n");
	}
	my $r = pgquell('log', 'verify', '--against', $log);
	is_exit($r, 0);
	like($r->{out}, qr/^3 heads in server log/m, 'all');
	like($r->{out}, qr/^2 heads of pruned records$/m, 'and those of what went');
	my $json = pgquell('log', 'verify', '--against', $log, '--json')->{json}[0];
	is_deeply([ @$json{qw(heads heads_pruned heads_missing)} ], [ 3, 2, 0 ], 'in JSON, too');
	PostgreSQL::Test::Utils::append_to_file($log,
		'pgquell: cancel sent to session 1.2; audit run 0123456789abcdef head ' . 'ab' x 32 . "\n");
	$r = pgquell('log', 'verify', '--against', $log);
	is_exit($r, 1);
	like($r->{err}, qr/1 of 4 heads/, 'one that never was in it shows');
};

case 'what went is in no file any more, and its room is given back' => sub {
	new_state_home();
	act('--reason', 'unspeakable ' . 'x' x 300) for 1 .. 12;
	my $size = -s trail();
	my $r = pgquell(@all, '--yes');
	is_exit($r, 0);
	like($r->{out}, qr/; \d+ kB given back$/m, 'it says how much');
	cmp_ok(-s trail(), '<', $size, 'the file is smaller');
	for my $file (glob trail() . '*')
	{
		unlike(PostgreSQL::Test::Utils::slurp_file($file), qr/unspeakable/, "not in $file");
	}
};

# With the triggers in place, and then without them.
my @removed = (
	'a beginning that was cut off' =>
	  q{INSERT INTO anchor SELECT sequence, hash, at_us, 9 FROM record WHERE sequence = 3;
		INSERT INTO pruned SELECT sequence, hash FROM record WHERE sequence <= 3;
		DELETE FROM record WHERE sequence <= 3;});
my %tampering = (
	@removed,
	'the removed record of a prune' => q{DELETE FROM record WHERE kind = 'prune';},
	'another anchor' => q{UPDATE anchor SET at_us = at_us + 1;},
	'no anchor' => q{DELETE FROM anchor;},
	'a changed hash of what went' => q{UPDATE pruned SET hash = (SELECT max(hash) FROM record) WHERE sequence = 2;},
	'an added hash' => q{INSERT INTO pruned SELECT 1 + max(sequence), 'a' FROM pruned;},
);
for my $what (sort keys %tampering)
{
	case "$what shows: log verify exits 1, and nothing is pruned" => sub {
		some_trail();
		pgquell(@all, '--yes') unless $what eq $removed[0];
		my (undef, $triggers) = sqlite(q{SELECT name FROM sqlite_master WHERE type = 'trigger';});
		my $drop = $what eq $removed[0] ? '' : join '', map { "DROP TRIGGER $_;" } split /\n/, $triggers;
		my ($exit, $said) = sqlite($drop . $tampering{$what});
		is($exit, 0, "it was tampered with $said");
		my $r = pgquell('log', 'verify');
		is_exit($r, 1);
		like($r->{err}, qr/broken at record \d/, 'it says which record');
		$r = pgquell(@all, '--yes');
		is_exit($r, 1);
		like($r->{err}, qr/nothing was pruned/, 'it says so');
	};
}

case 'what a prune left behind is as append-only as the rest' => sub {
	some_trail();
	pgquell(@all, '--yes');
	for my $sql ('DELETE FROM record', 'DELETE FROM anchor', 'DELETE FROM pruned', 'UPDATE anchor SET at_us = 0',
		q{UPDATE pruned SET hash = ''})
	{
		my ($exit, $said) = sqlite("$sql;");
		isnt($exit, 0, "$sql fails: $said");
	}
	is_exit(pgquell('log', 'verify'), 0);
};

# Of 512 bytes each: room to read, not for the log of a prune.
case 'a file may not grow any further: exit 6, nothing is removed' => sub {
	some_trail();
	my @before = numbers();
	my $r = pgquell(@all, '--yes', { wrap => [ 'sh', '-c', q{trap '' XFSZ; ulimit -f 64; exec "$@"}, 'sh' ] });
	is_exit($r, 6);
	like($r->{err}, qr/^pgquell: error: could not prune audit store/m, 'the message');
	is_untouched(\@before);
};

# Copies a trail to a full file system of its own, runs the command there, and brings what is left back.
my @full_disk = ('unshare', '-rm', 'sh', '-c',
	'mount -t tmpfs -o size=512k none "$0" && cp "$1" "$0/audit.db" && chmod 600 "$0/audit.db" || exit 99
	back=$2; shift 2; head -c 1M /dev/zero >"$0/rest" 2>&-; "$@"; status=$?
	cp "$0"/audit.db* "$back" 2>&-; exit $status');

sub can_mount
{
	my $mount = PostgreSQL::Test::Utils::tempdir('disk');
	my $run = PgquellTest::Process->new(command => [ 'unshare', '-rm', 'mount', '-t', 'tmpfs', 'none', $mount ]);
	$run->finish;
	return $run->exit_code eq '0';
}

case 'the disk is full: exit 6, nothing is removed' => sub {
	some_trail();
	my @before = numbers();
	my $mount = PostgreSQL::Test::Utils::tempdir('disk');
	my $back = PostgreSQL::Test::Utils::tempdir('back');
	my $r = pgquell(@all, '--yes', '--audit', "$mount/audit.db",
		{ wrap => [ @full_disk, $mount, trail(), $back ] });
	is_exit($r, 6);
	is_deeply([ map { $_->{sequence} } audit('--audit', "$back/audit.db") ], \@before, 'it is all there');
}, skip => can_mount() ? undef : 'no user namespace to mount a small disk in';

# The sqlite3 program with the trail locked.
sub lock_trail
{
	my $writer = PgquellTest::Process->new(command => [ 'sqlite3', trail() ], stdin => 'pipe');
	$writer->write("BEGIN IMMEDIATE; SELECT 'locked';\n");
	$writer->wait_output(qr/locked/);
	return $writer;
}

case 'another writer never lets go: exit 6, nothing is removed' => sub {
	some_trail();
	my @before = numbers();
	my $writer = lock_trail();
	my $r = pgquell(@all, '--yes');
	is_exit($r, 6);
	like($r->{err}, qr/locked/, 'the message');
	$writer->close;
	is_untouched(\@before);
};

# The other points at which it may be killed are the unit tests' (audit/test_prune_faults).
case 'killed before it could begin: nothing is removed' => sub {
	some_trail();
	my @before = numbers();
	my $writer = lock_trail();
	my $run = pgquell_start(@all, '--yes');
	wait_for('it to have the trail open', sub {
		!$run->running || grep { (readlink($_) // '') eq trail() } glob "/proc/${\ $run->pid}/fd/*";
	});
	$run->signal('KILL');
	is_exit($run->finish, 'signal 9', 'killed');
	$writer->close;
	is_untouched(\@before);
};

case 'many prune and act at once: every action is there or was pruned, and the chain is whole' => sub {
	some_trail();
	my @sessions = map { session()->busy } 1 .. 4;
	my @runs = map { (pgquell_start('cancel', $_->pid, '--json'), pgquell_start(@all, '--yes')) } @sessions;
	is_exit($_->finish, 0) for @runs;
	is_exit(pgquell('log', 'verify'), 0);
	is_exit(pgquell(@all, '--yes'), 0);
	is(scalar(() = audit()), 1, 'then all of it goes');
	is_exit(pgquell('log', 'verify'), 0);
};

done_testing();
