# SPDX-License-Identifier: PostgreSQL
# status: every finding produced for real, and the command that it shows run as printed, which cures it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node(
	max_connections => 60,
	streaming => 'logical',
	conf => "max_prepared_transactions = 20\ndeadlock_timeout = 1h\nmax_wal_senders = 5");
sql($_) for (
	'CREATE ROLE watcher LOGIN IN ROLE pg_read_all_stats',
	'CREATE ROLE blind LOGIN',
	'CREATE DATABASE bench');

our @HEAD_KEYS = qw(at cluster version standby uptime_s connections connections_max connections_ordinary
  reserved_free oldest_transaction_s findings hidden notes);
our @FINDING_KEYS = qw(finding severity what why command fixes count since_s waiters waiting_s lock
  xids_back holds_horizon session prepared);

# The head and the findings.
sub status
{
	my (@arguments) = @_;
	my $r = pgquell('status', '--json', @arguments);
	my ($head, @findings) = @{ $r->{json} };
	return ($r, $head, @findings);
}

# Looks until there is a finding of the kind; answers it.
sub wait_finding
{
	my ($kind, @arguments) = @_;
	return wait_for(
		"a finding \"$kind\"",
		sub {
			my ($r, $head, @findings) = status(@arguments);
			my ($found) = grep { $_->{finding} eq $kind } @findings;
			return $found;
		});
}

# The same for one that speaks of so many.
sub wait_many
{
	my ($count, @arguments) = @_;
	return wait_for(
		"a finding about $count",
		sub {
			my ($r, $head, @findings) = status(@arguments);
			my ($found) = grep { $_->{count} == $count } @findings;
			return $found;
		});
}

# Runs a command as it was printed, where a shell finds pgquell, on a terminal that says yes.
sub run_as_printed
{
	my ($command, %o) = @_;
	my $run = pgquell_pty({ columns => 200, %o, wrap => [ 'bash', '-c', "PATH=\${0%/*}:\$PATH; $command" ] });
	$run->wait_output(qr/\?.*\[/);
	$run->write("yes\n");
	return $run->finish;
}

# The finding has a command, which ends in success and after which it is gone.
sub cures
{
	my ($finding, $kind, @arguments) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = run_as_printed($finding->{command});
	is_exit($r, 0, "it works as printed: $finding->{command}");
	my (undef, undef, @left) = status(@arguments);
	ok(!(grep { $_->{finding} eq $kind } @left), 'and is gone') or diag($r->{out});
	return $r;
}

my @soon = ('--in-state-longer', '100ms');
my @late = ('--in-state-longer', '1h');

case 'a healthy server: the head, one line, exit 0' => sub {
	my ($r, $head, @findings) = status();
	is_exit($r, 0);
	is(scalar @findings, 0, 'no finding') or diag($r->{out});
	is_deeply([ sort keys %$head ], [ sort @HEAD_KEYS ], 'the keys of the head');
	is($head->{version}, sql('SHOW server_version') =~ s/ .*//r, 'version');
	ok(!$head->{standby}, 'a primary');
	is($head->{connections_max}, 60, 'connections_max');
	is($head->{connections}, sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'}) + 1,
		'connections, with our own');
	is($head->{reserved_free}, 3, 'reserved_free');
	cmp_ok($head->{uptime_s}, '>', 0, 'uptime_s');
	is($head->{findings}, 0, 'findings');
	my $text = pgquell();
	is_exit($text, 0);
	like($text->{out}, qr/\A.*PostgreSQL .*primary.* of 60 connections.*\nnothing is wrong\n\z/, 'bare pgquell');
	is($text->{out} =~ s/up .*? \d+ of//r, pgquell('status')->{out} =~ s/up .*? \d+ of//r, 'and status are the same');
	is(pgquell('status', '--quiet')->{out}, '', '--quiet prints nothing');
};

case 'nothing is found while pgbench is at work' => sub {
	my @bench = ('pgbench', '-h', node()->host, '-p', node()->port, '-U', 'postgres');
	PostgreSQL::Test::Utils::run_log([ @bench, '-i', '-q', 'bench' ]) or die 'pgbench -i failed';
	my $load = PgquellTest::Process->new(
		command => [ @bench, '-n', '-c', '8', '-T', '6', 'bench' ], deadline => 60);
	wait_for('pgbench at work', sub { sql(q{SELECT count(*) FROM pg_stat_activity WHERE datname = 'bench'}) >= 8 });
	my $looks = 0;
	while ($load->running)
	{
		my ($r, $head, @findings) = status();
		is(scalar @findings, 0, 'nothing') or diag($r->{out});
		$looks++;
	}
	cmp_ok($looks, '>', 3, "looked $looks times");
};

case 'a migration that waits behind a forgotten transaction: two ways, the milder one first' => sub {
	my $billing = session(application => 'billing')->in_transaction('SELECT count(*) FROM account');
	my $migrate = session(application => 'migrate')->waiting('ALTER TABLE account ADD note text;');
	my @web = map { session(application => 'web')->waiting('SELECT count(*) FROM account;') } 1 .. 3;
	my $f = wait_finding('blocker', @late);
	is_deeply([ sort keys %$f ], [ sort @FINDING_KEYS ], 'the keys of a finding');
	is_deeply([ sort keys %{ $f->{session} } ], [ sort @PgquellTest::SESSION_KEYS ], 'and of its session');
	is($f->{session}{pid}, $billing->pid, 'the root');
	is($f->{waiters}, 4, 'four wait');
	like($f->{what}, qr/4 sessions wait behind app\@apps \(billing, pid ${\ $billing->pid}\)/, 'what');
	like($f->{why}, qr/idle in transaction/, 'why');
	is($f->{lock}, 'relation public.account', 'lock');
	my ($cancel, $stop) = @{ $f->{fixes} };
	like($cancel->{command}, qr/^pgquell cancel [0-9a-f]+\.${\ sprintf '%x', $migrate->pid}$/, 'the waiter first');
	like($cancel->{effect}, qr/frees the 3 sessions queued behind it/, 'what that frees');
	like($stop->{command}, qr/^pgquell stop [0-9a-f]+\.${\ sprintf '%x', $billing->pid}$/, 'or the root');
	my ($r, $head, @all) = status(@late);
	is_exit($r, 1);
	is(scalar @all, 1, 'one finding') or diag($r->{out});
	cures($f, 'blocker', @late);
	$migrate->wait_error('57014');
	wait_for_state($_, state => 'idle') for @web;
	is_alive($billing);
};

case 'the other way: the root ends, and all go on' => sub {
	my $billing = session(application => 'billing')->in_transaction('SELECT count(*) FROM account');
	my $migrate = session(application => 'migrate')->waiting('ALTER TABLE account ADD temporary text;');
	my $web = session(application => 'web')->waiting('SELECT count(*) FROM account;');
	my $f = wait_finding('blocker', @late);
	is_exit(run_as_printed($f->{fixes}[1]{command}), 0);
	wait_for_state($_, state => 'idle') for $migrate, $web;
	is_gone($billing);
	$migrate->query('ALTER TABLE account DROP temporary');
};

case 'a waiter that holds what others wait for: a savepoint may keep it, so the root comes first' => sub {
	my $root = session(application => 'root')->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $middle = session(application => 'middle')->in_transaction('UPDATE account SET balance = 1 WHERE id = 2');
	$middle->query('SAVEPOINT s');
	$middle->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	my $last = session(application => 'last')->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	my $f = wait_for('both to be behind it', sub {
		my $found = wait_finding('blocker', @late);
		return $found->{waiters} == 2 && $found;
	});
	my ($stop, $cancel) = @{ $f->{fixes} };
	like($stop->{command}, qr/^pgquell stop [0-9a-f]+\.${\ sprintf '%x', $root->pid}$/, 'the root first');
	like($cancel->{command}, qr/^pgquell cancel [0-9a-f]+\.${\ sprintf '%x', $middle->pid}$/, 'or the waiter');
	like($cancel->{effect}, qr/unless a savepoint keeps what they wait for/, 'which may not help');
	is_exit(run_as_printed($cancel->{command}), 0);
	$f = wait_finding('blocker', @late);
	is($f->{session}{pid}, $middle->pid, 'and here does not: the last one still waits');
	is_exit(run_as_printed($f->{command}), 0);
	wait_for_state($last, state => 'idle');
};

case 'twelve wait for a row: critical, and not twelve findings' => sub {
	my $root = session(application => 'root')->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my @waiters = map { session()->waiting('UPDATE account SET balance = 2 WHERE id = 1;') } 1 .. 12;
	my $f = wait_finding('blocker', '--statement-longer', '100ms', @late);
	is($f->{waiters}, 12, 'waiters');
	is($f->{severity}, 'critical', 'severity');
	like($f->{lock}, qr/^row \(\d+,\d+\) of public\.account$/, 'lock');
	my ($r, undef, @all) = status('--statement-longer', '100ms', @late);
	is(scalar @all, 1, 'one finding') or diag($r->{out});
	cures($f, 'blocker', @late);
	wait_for_state($_, state => 'idle') for @waiters;
};

case 'two that hold the same lock are stopped by one command' => sub {
	my @roots = map { session(application => "root$_")->in_transaction('SELECT count(*) FROM account') } 1 .. 2;
	my $migrate = session()->waiting('ALTER TABLE account ADD another text;');
	my $f = wait_finding('blocker', @late);
	is($f->{count}, 2, 'two of them');
	cures($f, 'blocker', @late);
	is_gone($_) for @roots;
	wait_for_state($migrate, state => 'idle');
};

case 'a forgotten transaction, which holds the xmin horizon' => sub {
	my $s = session(application => 'forgot');
	$s->query($_) for 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM account';
	wait_for_state($s, state => 'idle in transaction');
	sql("SELECT txid_current()") for 1 .. 7;
	my $f = wait_finding('idle_in_transaction', @soon);
	is($f->{session}{pid}, $s->pid, 'the session');
	ok($f->{holds_horizon}, 'holds the horizon');
	cmp_ok($f->{xids_back}, '>=', 7, 'as far back as has been written since');
	like($f->{why}, qr/holds the xmin horizon, $f->{xids_back} transactions back/, 'in words');
	my (undef, undef, @none) = status(@late);
	is(scalar @none, 0, 'not before its time');
	cures($f, 'idle_in_transaction', @soon);
	is_gone($s);
};

case 'aborted transactions of one application are one finding, with one command for just these' => sub {
	my @aborted = map { session(application => "it's") } 1 .. 4;
	my $other = session(application => 'other');
	for my $s (@aborted, $other)
	{
		$s->query($_) for 'BEGIN', 'SELECT 1/0';
		wait_for_state($s, state => 'idle in transaction (aborted)');
	}
	my $f = wait_many(4, @soon);
	is($f->{finding}, 'aborted_transaction', 'finding');
	like($f->{command}, qr/--state 'idle in transaction \(aborted\)' .*--application 'it'\\''s'/, 'command');
	is_exit(run_as_printed($f->{command}), 0);
	is_gone($_) for @aborted;
	is_alive($other);
};

case 'names that are globs: the command picks nobody who comes later' => sub {
	my @starred = map { session(application => 'w*')->in_transaction('SELECT 1') } 1 .. 3;
	my $f = wait_many(3, @soon);
	is($f->{finding}, 'idle_in_transaction', 'finding');
	my $late = session(application => 'web')->in_transaction('SELECT 1');
	is_exit(run_as_printed($f->{command}), 0);
	is_gone($_) for @starred;
	is_alive($late);
};

case 'commands keep to the limit that is configured, and the reason that is demanded is told' => sub {
	my ($fh, $file) = File::Temp::tempfile(UNLINK => 1);
	print $fh "limit: 1\nrequire_reason: true\n";
	close $fh or die "could not write $file: $!";
	chmod 0644, $file;
	my @forgotten = map { session(application => 'forgot')->in_transaction('SELECT 1') } 1 .. 3;
	my $f = wait_many(3, @soon, '--config', $file);
	my ($r, $head) = status(@soon, '--config', $file);
	is_deeply($head->{notes},
		["$file:2 demands a reason for every action: add --reason TEXT to the commands of pgquell"], 'note');
	is_exit(run_as_printed("$f->{command} --reason forgotten"), 0);
	is_gone($_) for @forgotten;
};

case 'a runaway statement' => sub {
	my $s = session(application => 'report')->busy;
	my $f = wait_finding('runaway_statement', '--statement-longer', '100ms');
	is($f->{session}{pid}, $s->pid, 'the session');
	cures($f, 'runaway_statement', '--statement-longer', '100ms');
	$s->wait_error('57014');
	is_alive($s);
};

case 'what takes long by nature is a note' => sub {
	my $s = session(application => 'pg_dump', database => 'postgres')->busy;
	my ($r, $head, @findings) = status('--statement-longer', '1ms');
	is_exit($r, 0);
	like("@{ $head->{notes} }", qr/1 transaction has run for long and may, .*pg_dump/, 'the note');
};

case 'a long transaction' => sub {
	my $s = session()->in_transaction('SELECT 1');
	my @limits = ('--transaction-longer', '100ms', @late);
	my $f = wait_finding('long_transaction', @limits);
	like($f->{command}, qr/ --scope transaction$/, 'command');
	cures($f, 'long_transaction', @limits);
	is_gone($s);
};

for my $client (
	[ 'that does not read', \&unread_session, 'ClientWrite' ],
	[ 'that does not send', \&half_query_session, 'ClientRead' ])
{
	my ($name, $make, $event) = @$client;
	case "a statement stuck on a client $name" => sub {
		my $s = $make->();
		my $f = wait_finding('stuck_on_client', @soon);
		is($f->{session}{pid}, $s->pid, 'the session');
		is($f->{session}{wait_event}, $event, 'its wait');
		like($f->{why}, qr/three looks/, 'why');
		cures($f, 'stuck_on_client', @soon);
		wait_gone($s);
	};
}

sub prepare
{
	my ($gid, $statement) = @_;
	my $s = session();
	$s->query_or_die($_)
	  for 'BEGIN', $statement, "PREPARE TRANSACTION '" . $gid =~ s/'/''/gr . "'";
	$s->close;
	return;
}

# The database of a prepared transaction is where it is ended.
sub roll_back
{
	my ($gid) = @_;
	my $s = session(role => 'postgres');
	$s->query_or_die("ROLLBACK PREPARED '" . $gid =~ s/'/''/gr . "'");
	$s->close;
	return;
}

my $can_roll_back = pgquell('--help')->{out} =~ /^\s+rollback-prepared/m;

case 'a prepared transaction that nobody ends' => sub {
	my $gid = "it's \e[2J";
	prepare($gid, 'UPDATE account SET balance = 5 WHERE id = 5');
	my $f = wait_finding('prepared_transaction', @soon);
	is($f->{prepared}{gid}, $gid, 'gid');
	is($f->{prepared}{database}, 'apps', 'database');
	is($f->{session}, undef, 'no session');
	like($f->{why}, qr/transaction manager/, 'a warning');
	is($f->{command}, q{pgquell rollback-prepared $'it\'s \033[2J'}, 'command');
	my $text = pgquell('status', @soon);
	unlike($text->{out}, qr/\e/, 'nothing hostile on the page');
	if ($can_roll_back) { cures($f, 'prepared_transaction', @soon) }
	else { roll_back($gid) }
};

case 'one that blocks' => sub {
	prepare('holds', 'UPDATE account SET balance = 5 WHERE id = 5');
	my $s = session()->waiting('UPDATE account SET balance = 6 WHERE id = 5;');
	my $f = wait_finding('blocker', @late);
	is($f->{prepared}{gid}, 'holds', 'gid');
	is($f->{waiters}, 1, 'waiters');
	is($f->{command}, 'pgquell rollback-prepared holds', 'command');
	if ($can_roll_back) { cures($f, 'blocker', @late) }
	else { roll_back('holds') }
	wait_for_state($s, state => 'idle');
};

case 'many of one owner' => sub {
	prepare("tx$_", "UPDATE account SET balance = 5 WHERE id = $_") for 1 .. 3;
	my $f = wait_many(3, @soon);
	is($f->{command}, 'pgquell rollback-prepared --role app --database apps --in-state-longer 100ms', 'command');
	roll_back("tx$_") for 1 .. 3;
};

case 'commits that wait for a standby that is not there' => sub {
	hold_commits('nobody');
	my @s = map { session() } 1 .. 3;
	$s[$_]->send("INSERT INTO account VALUES (100 + $_, 0);") for 0 .. 2;
	wait_for_state($_, wait_event => 'SyncRep') for @s;
	my $f = wait_many(3, @soon);
	is($f->{finding}, 'synchronous_replication', 'finding');
	is($f->{command}, undef, 'no command of ours');
	sql($_) for split /(?<=;) /, $f->{fixes}[0]{sql};
	wait_for_state($_, state => 'idle') for @s;
	hold_commits('');
};

case 'the horizon from far back' => sub {
	my $s = session();
	$s->query($_) for 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM account';
	sql('SELECT txid_current()') for 1 .. 30;
	my $f = wait_finding('xmin_horizon', '--xmin-behind', '20', @late);
	is($f->{session}{pid}, $s->pid, 'the session');
	cures($f, 'xmin_horizon', '--xmin-behind', '20', @late);
};

case 'a replication slot that nobody uses' => sub {
	sql(q{SELECT pg_create_logical_replication_slot('forgotten', 'test_decoding')});
	sql('SELECT txid_current()') for 1 .. 30;
	my $f = wait_finding('xmin_horizon', '--xmin-behind', '20', @late);
	like($f->{what}, qr/replication slot "forgotten"/, 'what');
	sql($f->{fixes}[0]{sql});
	my (undef, undef, @left) = status('--xmin-behind', '20', @late);
	is(scalar @left, 0, 'and is gone');
};

case 'what our role may not is said, with the GRANT' => sub {
	my $s = session()->busy;
	my ($f) = (status('--statement-longer', '1ms', { role => 'watcher' }))[2];
	like($f->{fixes}[0]{obstacle}, qr/GRANT pg_signal_backend TO watcher/, 'to signal');
	ok($f->{command}, 'the command is there');
	my ($r, $head, @findings) = status('--statement-longer', '1ms', { role => 'blind' });
	is(scalar @findings, 0, 'nothing is seen');
	cmp_ok($head->{hidden}, '>=', 1, 'but that something is hidden');
	like("@{ $head->{notes} }", qr/GRANT pg_read_all_stats TO blind/, 'to see');
	my $text = pgquell('status', { role => 'blind' });
	like($text->{out}, qr/nothing is wrong in what can be seen\n/, 'in words');
	is_exit($text, 0);
};

case 'commands reach the server that this one was given, without a password' => sub {
	my $s = session()->busy;
	my %none = (PGHOST => undef, PGPORT => undef, PGUSER => undef);
	my ($host, $port) = (node()->host, node()->port);
	my @limit = ('--statement-longer', '1ms');
	my $r = pgquell(@limit, '-h', $host, '-p', $port, '-U', 'postgres', '--json', { env => \%none });
	my ($f) = (@{ $r->{json} })[1];
	like($f->{command}, qr/ -h \Q$host\E -p $port -U postgres$/, 'the options');
	is_exit(run_as_printed($f->{command}, env => \%none), 0);
	$s->wait_error('57014');
	my $t = session()->busy;
	$r = pgquell('status', @limit, '-d', "host=$host port=$port user=postgres dbname=apps password=secret",
		'--json', { env => \%none });
	unlike($r->{out}, qr/secret/, 'no password');
	is_exit(run_as_printed($r->{json}[1]{command}, env => \%none), 0);
	$t->wait_error('57014');
};

case 'the screen fits a narrow terminal, and its rows' => sub {
	my @s = map { session(application => "narrow$_")->in_transaction('SELECT 1') } 1 .. 6;
	wait_finding('idle_in_transaction', @soon);
	for my $columns (40, 60, 80, 132)
	{
		my $r = pgquell_pty('status', @soon, { columns => $columns, rows => 24 })->finish;
		is_exit($r, 1);
		my @lines = split /\r?\n/, $r->{plain};
		my ($longest) = sort { $b <=> $a } map { length } @lines;
		cmp_ok($longest, '<=', $columns, "no line exceeds $columns columns");
		cmp_ok(scalar @lines, '<', 24, 'nor the rows');
		like($r->{plain}, qr/and \d more: --json shows all/, 'the rest is counted');
	}
	my ($command) = pgquell_pty('status', @soon, { columns => 40, rows => 24 })->finish->{plain} =~
	  /fix: (pgquell .*?(?:\\\r?\n.*?)*)\r?\n/;
	is_exit(run_as_printed($command =~ s/\r//gr), 0, 'a command on two lines can be pasted');
};

# What differs from run to run in the same words.
sub masked
{
	my ($text) = @_;
	$text =~ s/\r//g;
	$text =~ s/\b[0-9a-f]{8}\.[0-9a-f]+\b/ID/g;
	$text =~ s/\bpid \d+/pid N/g;
	$text =~ s/PostgreSQL [\d.]+|\d+ of \d+ connections/N/g;
	$text =~ s/\d[\d.]* (?:ms|s|min|h|d)(?: \d+ (?:s|min|h))?/TIME/g;
	$text =~ s/\s+/ /g;
	return $text;
}

case 'the example of the page is true' => sub {
	my $page = PostgreSQL::Test::Utils::slurp_file("$FindBin::RealBin/../../docs/status.md");
	my ($example) = $page =~ /^```console\n\$ pgquell\n(.*?)^```/ms;
	my $billing = session(application => 'billing')->in_transaction('SELECT count(*) FROM account');
	my $migrate = session(application => 'migrate')->waiting('ALTER TABLE account ADD example text;');
	my @web = map { session(application => 'web')->waiting('SELECT count(*) FROM account;') } 1 .. 2;
	wait_finding('blocker', @late);
	my $r = pgquell_pty({ columns => 99, rows => 40, env => { NO_COLOR => '1' } })->finish;
	is(masked($r->{out}), masked($example), 'word for word, but for numbers');
};

case 'mistakes and a server that is not there' => sub {
	for my $run ([ 'status', 'word' ], ['--wach'], [ 'status', '--xmin-behind', '0' ], [ '--watch', '1ms' ])
	{
		my $r = pgquell(@$run);
		is_exit($r, 2, "pgquell @$run");
		like($r->{err}, qr/^pgquell: error: .*\n.*[Tt]ry .*--help/s, 'one error and the hint');
		is($r->{out}, '', 'nothing on standard output');
	}
	my $r = pgquell('-h', '/nonexistent');
	is_exit($r, 3);
	like($r->{err}, qr/"pgquell --help"/, 'a new user is shown the way');
	is_exit(pgquell({ wrap => [ 'sh', '-c', '"$@" | head -n 0; exit 0', 'sh' ] }), 0, 'a pipe that closes');
};

done_testing();
