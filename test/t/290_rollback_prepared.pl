# SPDX-License-Identifier: PostgreSQL
# Prepared transactions as targets: by GID and by filter, whatever the GID is, in their own database.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use PgquellTest::Process;
use Test::More;

new_node(conf => "max_prepared_transactions = 20\nautovacuum = off");

my @KEYS = qw(gid xid role database prepared plan reason steps outcome elapsed_ms locks_before
  locks_after waiters_before waiters_after note);

# A string constant of SQL.
sub quoted
{
	my ($text) = @_;
	$text =~ s/\\/\\\\/g;
	$text =~ s/'/''/g;
	return "E'$text'";
}

my $row = 1000;

# Leaves a prepared transaction behind that has written a row, after the other statements.
sub prepare
{
	my ($gid, %o) = @_;
	my $s = session(application => 'preparer', %{ $o{session} || {} });
	$s->query_or_die($_)
	  for ('BEGIN', $o{statements} ? @{ $o{statements} } : 'INSERT INTO account VALUES (' . ++$row . ', 0)',
		'PREPARE TRANSACTION ' . quoted($gid));
	$s->close;
	return;
}

sub exists_gid
{
	my ($gid) = @_;
	return sql('SELECT count(*) FROM pg_prepared_xacts WHERE gid = ' . quoted($gid));
}

# Ends what a case has left, whatever database it is in.
sub clean_prepared
{
	my $first = 'FROM (SELECT * FROM pg_prepared_xacts ORDER BY transaction::text LIMIT 1) p';
	while (my $database = sql("SELECT database $first"))
	{
		my $literal = sql("SELECT format('%L', gid) $first");
		my $s = session(role => 'postgres', database => $database);
		$s->query_or_die("ROLLBACK PREPARED $literal");
		$s->close;
	}
	return;
}

# is_rollback($r, of => GID, gid =>, outcome =>, ...): one object, with the documented keys and no other.
sub is_rollback
{
	my ($r, %want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_exit($r, delete $want{exit}) if exists $want{exit};
	my $gid = delete $want{of};
	my ($a) = grep { !defined $gid || $_->{gid} eq $gid } @{ $r->{json} };
	return fail('there is a JSON object') unless $a;
	is(join(' ', sort keys %$a), join(' ', sort @KEYS), 'the documented keys');
	is_deeply($a->{plan}, delete $want{plan}, 'the plan') if exists $want{plan};
	for my $key (sort keys %want)
	{
		if (ref $want{$key} eq 'Regexp') { like($a->{$key}, $want{$key}, $key) }
		else { is($a->{$key}, $want{$key}, $key) }
	}
	return $a;
}

sub steps
{
	my ($a) = @_;
	return join '; ', map { "$_->{step}: $_->{result}" } @{ $a->{steps} };
}

case 'it is shown with its consequences, rolled back, and who waited goes on' => sub {
	prepare('order-17', statements => [ 'LOCK account IN EXCLUSIVE MODE', 'UPDATE account SET balance = 1' ]);
	my $waiter = session()->waiting('UPDATE account SET balance = 2;');
	my $r = pgquell('rollback-prepared', 'order-17', '--dry-run');
	is_exit($r, 0);
	like($r->{out}, qr/^prepared transaction 'order-17'  xid \d+  app\@apps  prepared .* ago\n    will: roll back\n/);
	like($r->{out}, qr/^    frees: 1 session that waits behind it \(the longest for .+\)$/m, 'whom it frees');
	like($r->{out}, qr/^    loses: what it has written \(xid \d+\), for good; .*distributed transaction.*look there first$/m, 'a warning');
	like($r->{out}, qr/^    holds: 1 ExclusiveLock, 2 RowExclusiveLock; its xid is 1 transaction back: /m, 'what it holds');
	is(exists_gid('order-17'), 1, 'a dry run sends nothing');
	my $a = is_rollback(pgquell('rollback-prepared', 'order-17', '--json'),
		exit => 0, gid => 'order-17', role => 'app', database => 'apps', outcome => 'cancelled',
		plan => ['rollback prepared'], locks_before => 4, locks_after => 0, waiters_before => 1,
		waiters_after => 0, note => 'rolled back', reason => qr/prepared .* ago by role app/,
		prepared => qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, xid => qr/^\d+$/);
	is(steps($a), 'observe: there; rollback prepared: done; observe: gone', 'it was looked at before and after');
	wait_for_state($waiter, state => 'idle');
	is(exists_gid('order-17'), 0, 'gone');
};

case 'the locks of the right one, also after a restart' => sub {
	prepare('restart-1', statements => ['LOCK account IN ROW SHARE MODE', 'SELECT pg_advisory_xact_lock(1)']);
	prepare('restart-2', statements => ['LOCK account IN ROW EXCLUSIVE MODE']);
	for my $when ('before', 'after')
	{
		my $r = pgquell('rollback-prepared', '--all', '--dry-run');
		my @holds = $r->{out} =~ /^    holds: (.*)$/mg;
		like($holds[0], qr/^1 RowShareLock; 1 advisory lock(?:;|$)/, "the first, $when a restart");
		like($holds[1], qr/^1 RowExclusiveLock(?:;|$)/, "the second, $when a restart");
		next if $when eq 'after';
		PgquellTest::forget_admin(node());
		node()->restart;
	}
	clean_prepared();
};

case 'a GID may be anything' => sub {
	my @gids = (
		q{it's}, q{back\\slash}, q{\\'}, "new\nline\ttab", q{$$dollar$$}, '--all', '-n', q{"double"},
		'x' x 199, "\xc3\xbcml\xc3\xa4ut", "\x01\x1b[2J", q{'; DROP TABLE account; --}, ' ', '%s%n');
	for my $gid (@gids)
	{
		prepare($gid);
		my $name = $gid =~ s/[^ -~]/?/gr;
		my $r = pgquell('rollback-prepared', '--json', '--', $gid);
		is_exit($r, 0, "rolled back: $name");
		is($r->{json}[0]{outcome}, 'cancelled', 'its outcome');
		is(exists_gid($gid), 0, 'gone');
		prepare($gid);
		$r = pgquell('rollback-prepared', '--all', '--dry-run');
		unlike($r->{out}, qr/[\x00-\x09\x0b-\x1f]/, 'nothing hostile reaches the screen');
		is(scalar(() = $r->{out} =~ /^prepared transaction/mg), 1, 'one line of heading');
		clean_prepared();
	}
	is(sql('SELECT count(*) FROM pg_prepared_xacts'), 0, 'none is left');
};

case 'a GID that is no UTF-8, in a database without an encoding' => sub {
	sql(q{CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' OWNER app});
	my $s = session(database => 'bytes', encoding => 'SQL_ASCII');
	$s->query_or_die($_) for ('CREATE TABLE t (i int)', 'BEGIN', 'INSERT INTO t VALUES (1)',
		q{PREPARE TRANSACTION E'b\\377\\'ad'});
	$s->close;
	my $r = pgquell('rollback-prepared', "b\xff'ad", '--json');
	is_exit($r, 0);
	is($r->{json}[0]{gid}, q{b\\xff'ad}, 'its bytes are shown');
	is($r->{json}[0]{outcome}, 'cancelled', 'its outcome');
	is(sql('SELECT count(*) FROM pg_prepared_xacts'), 0, 'gone');
	is_exit(pgquell('log', 'verify'), 0, 'the trail is whole');
};

case 'there is none of that GID: the nearest, and those that exist' => sub {
	my $r = pgquell('rollback-prepared', 'order-18');
	is_exit($r, 5);
	is($r->{err}, "pgquell: error: prepared transaction order-18 does not exist\n"
		  . "pgquell: hint: There is no prepared transaction at all.\n");
	prepare('order-17');
	prepare(q{it's});
	$r = pgquell('rollback-prepared', 'ordre-17');
	is_exit($r, 5);
	is($r->{err}, "pgquell: error: prepared transaction ordre-17 does not exist\n"
		  . q{pgquell: hint: Did you mean order-17? There are: order-17, 'it'\''s'.} . "\n");
	$r = pgquell('rollback-prepared', 'order-17', 'nothing', '--json');
	is_rollback($r, exit => 5, outcome => 'cancelled', gid => 'order-17');
	is(exists_gid(q{it's}), 1, 'the other one is left alone');
	is_exit(pgquell('rollback-prepared', '--role', 'report'), 5, 'no match');
	$r = pgquell('rollback-prepared');
	is_exit($r, 2);
	like($r->{err}, qr/no prepared transaction was given/);
	is_exit(pgquell('rollback-prepared', 'x', '--application', 'y'), 2, 'what no prepared transaction has');
	clean_prepared();
};

case 'filters: owner, database, age, who waits, all' => sub {
	sql('CREATE DATABASE other OWNER report');
	my $s = session(role => 'report', database => 'other');
	$s->query_or_die('CREATE TABLE t (i int)');
	$s->close;
	prepare('a-1', statements => ['UPDATE account SET balance = 1 WHERE id = 1']);
	prepare('a-2', statements => ['UPDATE account SET balance = 1 WHERE id = 2']);
	prepare('r-1', session => { role => 'report', database => 'other' }, statements => ['INSERT INTO t VALUES (1)']);
	session()->waiting('UPDATE account SET balance = 2 WHERE id = 2;');
	my $chosen = sub {
		my $r = pgquell('rollback-prepared', @_, '--dry-run', '--json');
		return join ' ', map { $_->{gid} } @{ $r->{json} };
	};
	is($chosen->('--all'), 'a-1 a-2 r-1', 'all, the oldest first');
	is($chosen->('--role', 'app'), 'a-1 a-2', 'by owner');
	is($chosen->('--role', 'r*'), 'r-1', 'by a glob');
	is($chosen->('--database', 'other'), 'r-1', 'by database');
	is($chosen->('--blocking'), 'a-2', 'by who waits');
	is($chosen->('--blocking=2'), '', 'not enough wait');
	is($chosen->('--in-state-longer', '1h'), '', 'none is as old');
	is($chosen->('--in-state-longer', '1us'), 'a-1 a-2 r-1', 'all are older');
	is($chosen->('a-1', '--role', 'report'), '', 'a GID has to meet the filters as well');
	my $r = pgquell('rollback-prepared', '--all');
	is_exit($r, 4);
	like($r->{err}, qr/3 prepared transactions would be rolled back, which needs --yes/);
	is_exit(pgquell('rollback-prepared', '--all', '--yes', '--limit', '2'), 4, 'more than the limit');
	is(sql('SELECT count(*) FROM pg_prepared_xacts'), 3, 'nothing was sent');
	$r = pgquell('rollback-prepared', '--all', '--yes', '--json');
	is_exit($r, 0);
	is(join(' ', map { "$_->{gid} $_->{outcome}" } @{ $r->{json} }),
		'a-1 cancelled a-2 cancelled r-1 cancelled', 'each in its own database');
	is(sql('SELECT count(*) FROM pg_prepared_xacts'), 0, 'none is left');
};

case 'only its owner or a superuser: foreseen, in words' => sub {
	prepare('mine');
	sql('CREATE ROLE member LOGIN IN ROLE app');
	my $r = pgquell('rollback-prepared', 'mine', '--json', { role => 'report' });
	is_rollback($r, exit => 4, outcome => 'denied', plan => [],
		reason => qr/only its owner, role app, or a superuser may end it/);
	is_rollback(pgquell('rollback-prepared', 'mine', '--json', { role => 'member' }),
		exit => 4, outcome => 'denied');
	is(exists_gid('mine'), 1, 'still there');
	is_rollback(pgquell('rollback-prepared', 'mine', '--json', { role => 'member', env => { PGOPTIONS => '-c role=app' } }),
		exit => 0, outcome => 'cancelled');
	prepare('mine');
	is_rollback(pgquell('rollback-prepared', 'mine', '--json', { role => 'app' }),
		exit => 0, outcome => 'cancelled');
};

case 'its database cannot be reached' => sub {
	sql('CREATE DATABASE closed OWNER app');
	my $s = session(database => 'closed');
	$s->query_or_die('CREATE TABLE account (id int, balance int)');
	$s->close;
	prepare('far', session => { database => 'closed' }, statements => ['INSERT INTO account VALUES (1, 1)']);
	sql('ALTER DATABASE closed ALLOW_CONNECTIONS false');
	is_rollback(pgquell('rollback-prepared', 'far', '--json'), exit => 4, outcome => 'refused',
		note => qr/own database, and there is none: .*not currently accepting connections/);
	sql('ALTER DATABASE closed ALLOW_CONNECTIONS true');
	sql('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
	sql('REVOKE CONNECT ON DATABASE closed FROM app');
	sql('ALTER DATABASE closed OWNER TO postgres');
	is_rollback(pgquell('rollback-prepared', 'far', '--json', { role => 'app' }), exit => 4,
		outcome => 'denied', note => qr/permission denied for database/);
	is(exists_gid('far'), 1, 'still there');
	is_rollback(pgquell('rollback-prepared', 'far', '--json'), exit => 0, outcome => 'cancelled');
};

# pgquell at its question.
sub asking
{
	my (@arguments) = @_;
	my $run = pgquell_pty('rollback-prepared', @arguments, { columns => 200 });
	$run->wait_output(qr/Roll back 1 prepared transaction\? \[y\/N\]/);
	return $run;
}

case 'it asks, after it has shown what will be lost' => sub {
	prepare('asked');
	my $run = asking('asked');
	like($run->out, qr/loses: .*Roll back 1 prepared/s, 'first the consequences');
	$run->write("n\n");
	is_exit($run->finish, 4);
	$run = asking('asked');
	$run->write("\x03");
	is_exit($run->finish, 130);
	is(exists_gid('asked'), 1, 'neither sent anything');
	$run = asking('asked');
	$run->write("y\n");
	my $r = $run->finish;
	is_exit($r, 0);
	like($r->{plain}, qr/prepared transaction 'asked'  cancelled  in .*  \(locks 2 -> 0\)  rolled back/);
};

case 'it ended while the question stood: over' => sub {
	prepare('meanwhile', statements => ['UPDATE account SET balance = 7 WHERE id = 7']);
	my $run = asking('meanwhile');
	my $owner = session();
	$owner->query_or_die(q{COMMIT PREPARED 'meanwhile'});
	$run->write("y\n");
	my $r = $run->finish;
	is_exit($r, 0);
	like($r->{plain}, qr/over  it had ended before anything was sent, committed or rolled back/);
	is($owner->query('SELECT balance FROM account WHERE id = 7'), 7, 'what was committed stays');
};

case 'its GID was given to another while the question stood: that one is left alone' => sub {
	prepare('again');
	my $run = asking('again');
	session()->query_or_die(q{ROLLBACK PREPARED 'again'});
	prepare('again');
	$run->write("y\n");
	my $r = $run->finish;
	is_exit($r, 0);
	like($r->{plain}, qr/over  it had ended .*its GID is another's by now \(xid \d+\), which is\s+left\s+alone/s);
	is(exists_gid('again'), 1, 'left alone');
	clean_prepared();
};

sub waits_for_standby
{
	my ($what) = @_;
	return wait_for("$what to wait for the standby",
		sub { sql("SELECT min(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND $what") });
}

case 'another session is ending it: survived' => sub {
	prepare('busy');
	hold_commits('nobody');
	my $other = session(application => 'committer');
	$other->send(q{COMMIT PREPARED 'busy';});
	waits_for_standby(q{application_name = 'committer'});
	my $a = is_rollback(pgquell('rollback-prepared', 'busy', '--json', '--timeout', '1s'),
		exit => 1, outcome => 'survived', note => qr/another session is still ending it/);
	is(steps($a), 'observe: there; rollback prepared: not done: another session is ending it; observe: there');
	my $run = pgquell_start('rollback-prepared', 'busy', '--json');
	wait_for('pgquell to have been told', sub { log_count(qr/prepared transaction with identifier "busy" is busy/) > 1 });
	hold_commits('');
	is_rollback($run->finish, exit => 0, outcome => 'over', note => qr/another session was ending it/);
};

case 'contact is lost in the middle: it is looked at, and not claimed' => sub {
	prepare('lost');
	hold_commits('nobody');
	my $run = pgquell_start('rollback-prepared', 'lost', '--json');
	my $pid = waits_for_standby(q{query LIKE 'ROLLBACK PREPARED%'});
	sql("SELECT pg_terminate_backend($pid)");
	my $a = is_rollback($run->finish, exit => 0, outcome => 'over',
		note => qr/contact was lost after ROLLBACK PREPARED was sent; it is gone/);
	like(steps($a), qr/rollback prepared: no answer: contact was lost; observe: gone$/, 'the steps say so');
	hold_commits('');
};

case 'the server does not answer in time: unknown, and recorded' => sub {
	prepare('hung');
	hold_commits('nobody');
	my $r = pgquell('rollback-prepared', 'hung', '--json', '--timeout', '1s');
	is_rollback($r, exit => 1, outcome => qr/^(?:unknown|survived)$/);
	hold_commits('');
	wait_for('it to be gone', sub { exists_gid('hung') == 0 });
};

case 'the trail: intent first, every step, the outcome; and a line in the server log' => sub {
	prepare(q{trail's});
	is_exit(pgquell('rollback-prepared', q{trail's}, '--reason', 'forgotten by the app', '--ticket', 'OPS-1'), 0);
	my @records = grep { $_->{session} eq q{prepared trail's} } audit();
	is(join(' ', map { $_->{kind} } @records), 'intent observation signal observation outcome');
	my ($intent, $outcome) = @records[ 0, -1 ];
	is($intent->{command}, 'rollback-prepared', 'the command');
	is($intent->{operator_reason}, 'forgotten by the app', 'why');
	is($intent->{prepared}{gid}, q{trail's}, 'the evidence');
	like("@{ $intent->{consequences} }", qr/loses: what it has written/, 'what was foreseen');
	is($outcome->{outcome}, 'cancelled', 'the outcome');
	is(log_count(qr/LOG: .*pgquell: rollback prepared sent to transaction "trail's" \(xid \d+\) by .*ticket OPS-1, reason forgotten by the app; audit run/), 1, 'the server knows');
	is_exit(pgquell('log', 'verify', '--against', node()->logfile), 0, 'the trail agrees with the log');
	my $r = pgquell('log', 'list');
	like($r->{out}, qr/rollback-prepared +prepared trail's +app\@apps +cancelled/, 'log list');
	$r = pgquell('log', 'show', q{prepared trail's});
	like($r->{out}, qr/^  session   prepared trail's, app\@apps$/m, 'log show');
	like($r->{out}, qr/^  expected  frees: nobody waits behind it; loses: /m, 'with what was expected');
};

case 'no trail, no rollback: exit 6' => sub {
	prepare('kept');
	my $directory = PostgreSQL::Test::Utils::tempdir('noaudit');
	PostgreSQL::Test::Utils::append_to_file("$directory/audit.db", 'not a database ' x 1000);
	is_exit(pgquell('rollback-prepared', 'kept', '--audit', "$directory/audit.db"), 6);
	is_exit(pgquell('rollback-prepared', 'kept',
			{ wrap => [ 'sh', '-c', "trap '' XFSZ; ulimit -f 1; exec \"\$@\"", 'sh' ] }), 6);
	is(exists_gid('kept'), 1, 'nothing was sent');
	clean_prepared();
};

case 'stop proposes it where a prepared transaction is what all wait for' => sub {
	my $gid = q{it's in the way};
	prepare($gid, statements => ['LOCK account IN EXCLUSIVE MODE']);
	my $waiter = session(application => 'victim')->waiting('UPDATE account SET balance = 3;');
	for my $command (qw(stop terminate))
	{
		my $r = pgquell($command, '--blocking');
		is_exit($r, 5);
		like($r->{err}, qr/hint: 1 session waits behind a prepared transaction, which no signal reaches: `pgquell rollback-prepared 'it'\\''s in the way'` ends it\.$/m, $command);
	}
	my $r = pgquell('stop', $waiter->pid, '--json', '--dry-run');
	my ($proposed) = action($r)->{reason} =~ /the root blocker is prepared transaction .*, which `pgquell (.*)` ends$/;
	ok($proposed, 'the reason names it') or return;
	like(pgquell('stop', $waiter->pid, '--dry-run')->{out},
		qr/waits: Lock\/relation behind prepared transaction 'it'\\''s in the way'$/m, 'the heading, too');
	# As it is printed, by a shell.
	my $run = pgquell_start({ wrap => [ 'sh', '-c', qq{exec "\$0" $proposed} ] });
	is_exit($run->finish, 0, 'what is proposed can be pasted');
	wait_for_state($waiter, state => 'idle');
	is(exists_gid($gid), 0, 'and it cures');
};

case 'what it proposes is no option, however the GID looks' => sub {
	prepare('bystander', statements => ['SELECT pg_advisory_xact_lock(77)']);
	prepare('--all', statements => ['LOCK account IN EXCLUSIVE MODE']);
	my $waiter = session(application => 'victim')->waiting('UPDATE account SET balance = 3;');
	my ($proposed) = pgquell('stop', '--blocking')->{err} =~ /`pgquell (rollback-prepared .*)` ends it/;
	is($proposed, 'rollback-prepared -- --all', 'by its GID');
	is_exit(pgquell_start({ wrap => [ 'sh', '-c', qq{exec "\$0" $proposed} ] })->finish, 0);
	is(exists_gid('--all'), 0, 'it is gone');
	is(exists_gid('bystander'), 1, 'and nothing else');
	wait_for_state($waiter, state => 'idle');
	clean_prepared();
};

case 'what is printed is fit for a narrow terminal' => sub {
	prepare('x' x 199);
	my $run = pgquell_pty('rollback-prepared', '--all', '--dry-run', { columns => 40 });
	my $r = $run->finish;
	is_exit($r, 0);
	is((grep { length > 40 } split /\r?\n/, $r->{plain})[0], undef, 'no line is wider');
	clean_prepared();
};

my $primary = node();
my $standby = cold_standby();
case 'on a standby it is refused' => sub {
	node($standby);
	wait_for('the standby to accept connections', sub { sql('SELECT pg_is_in_recovery()') eq 't' });
	my $r = pgquell('rollback-prepared', 'any');
	is_exit($r, 4);
	like($r->{err}, qr/this server is a standby, .*\npgquell: hint: Connect to the primary\.$/m);
};
node($primary);

done_testing();
