# SPDX-License-Identifier: PostgreSQL
# What ps lists: filters, order, JSON, widths, and text that wants to do harm.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

my $text_max = major() < 13 ? 102400 : 1048576;
new_node(conf => "track_activity_query_size = $text_max\nlisten_addresses = '127.0.0.1'");
sql('CREATE DATABASE plain TEMPLATE template0 ENCODING SQL_ASCII');

# The pids that ps lists, in its order.
sub listed
{
	my (@arguments) = @_;
	my $r = pgquell('ps', '--json', @arguments);
	is_exit($r, 0, "ps @arguments succeeds");
	return map { $_->{pid} } @{ $r->{json} };
}

# The filter picks these sessions and none of the others.
sub picks
{
	my ($arguments, @sessions) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @is = sort { $a <=> $b } listed(@$arguments);
	my @should = sort { $a <=> $b } map { $_->pid } @sessions;
	return is_deeply(\@is, \@should, "ps @$arguments");
}

case 'a session is one JSON object with exactly the keys of the contract' => sub {
	my $s = session(application => 'keys')->busy;
	my $r = pgquell('ps', '--json', '--application', 'keys');
	is_exit($r, 0);
	is(scalar @{ $r->{json} }, 1, 'one line');
	my $row = action($r);
	is_deeply([ sort keys %$row ], [ sort @PgquellTest::SESSION_KEYS ], 'the keys');
	is($row->{pid}, $s->pid, 'pid');
	is($row->{role}, 'app', 'role');
	is($row->{database}, 'apps', 'database');
	is($row->{state}, 'active', 'state');
	is($row->{backend_type}, 'client backend', 'backend_type');
	is($row->{wait_event}, 'PgSleep', 'wait_event');
	is($row->{leader_pid}, undef, 'unknown is null');
	like($row->{query}, qr/pg_sleep/, 'query');
	like($row->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, "$_ is ISO 8601 in UTC")
	  for qw(backend_start xact_start query_start state_change);
	cmp_ok($row->{$_}, '>=', 0, "$_ is a number of seconds")
	  for qw(session_s transaction_s statement_s state_s);
};

case 'the session id is that of log_line_prefix %c' => sub {
	my $s = session(application => 'ids');
	my $pid = $s->pid;
	my $id = sql(<<"SQL");
SELECT to_hex(trunc(EXTRACT(EPOCH FROM backend_start))::bigint) || '.' || to_hex(pid)
FROM pg_stat_activity WHERE pid = $pid
SQL
	is(action(pgquell('ps', '--json', '--application', 'ids'))->{session}, $id, 'session');
};

case 'every filter picks the sessions it names, and no other' => sub {
	my $busy = session(role => 'app', application => 'f_busy')->busy;
	my $idle = session(role => 'report', application => 'f_idle', database => 'postgres');
	my $forgotten = session(application => 'f_xact')
	  ->in_transaction('UPDATE account SET balance = 1 WHERE id = 1');
	my $waiter = session(application => 'f_wait')
	  ->waiting('UPDATE account SET balance = 2 WHERE id = 1;');
	my $tcp = session(application => 'f_tcp', host => '127.0.0.1');
	my $aborted = session(application => 'f_aborted');
	$aborted->query($_) for 'BEGIN', 'SELECT 1/0';
	wait_for_state($aborted, state => 'idle in transaction (aborted)');
	my @ours = ('--application', 'f_*');

	picks([ '--application', 'f_busy' ], $busy);
	picks([ '--application', 'f_busy', '--application', 'f_idle' ], $busy, $idle);
	picks([ '--application', 'f_?us*' ], $busy);
	picks([ '--application', 'F_BUSY' ]);
	picks(\@ours, $busy, $idle, $forgotten, $waiter, $tcp, $aborted);
	picks([ '--role', 'report' ], $idle);
	picks([ @ours, '--database', 'postgres' ], $idle);
	picks([ @ours, '--database', 'apps', '--role', 'report' ]);
	picks([ @ours, '--client', '127.0.0.1' ], $tcp);
	picks([ @ours, '--client', '127.0.0.0/8' ], $tcp);
	picks([ @ours, '--client', '10.0.0.0/8' ]);
	picks([ @ours, '--client', 'local' ], $busy, $idle, $forgotten, $waiter, $aborted);
	picks([ @ours, '--state', 'active' ], $busy, $waiter);
	picks([ @ours, '--state', 'idle' ], $idle, $tcp);
	picks([ @ours, '--state', 'idle in transaction' ], $forgotten, $aborted);
	picks([ @ours, '--backend-type', 'client backend' ],
		$busy, $idle, $forgotten, $waiter, $tcp, $aborted);
	picks([ @ours, '--wait', 'PgSleep' ], $busy);
	picks([ @ours, '--wait', 'Lock' ], $waiter);
	picks([ @ours, '--wait', 'Lock/*' ], $waiter);
	picks([ @ours, '--wait', 'Timeout/PgSleep' ], $busy);
	picks([ @ours, '--query', 'pg_sleep\(\d+\)' ], $busy);
	picks([ @ours, '--query', 'PG_SLEEP' ]);
	picks([ @ours, '--query', '(?i)PG_SLEEP' ], $busy);
	picks([ @ours, '--statement-longer', '1ms' ], $busy, $waiter);
	picks([ @ours, '--statement-longer', '1h' ]);
	picks([ @ours, '--transaction-longer', '1ms' ], $busy, $forgotten, $waiter);
	picks([ @ours, '--transaction-longer', '1d' ]);
	picks([ @ours, '--in-state-longer', '2h' ]);
	picks([ @ours, '--blocking' ], $forgotten);
	picks([ @ours, '--blocking=1' ], $forgotten);
	picks([ @ours, '--blocking=2' ]);
};

case 'client backends are listed by default, every kind of process with --all' => sub {
	my $ordinary = pgquell('ps', '--json');
	ok(!(grep { $_->{backend_type} ne 'client backend' } @{ $ordinary->{json} }), 'clients only');
	ok(!(grep { $_->{application} =~ /^pgquell/ } @{ $ordinary->{json} }), 'not our own session');
	my $all = pgquell('ps', '--all', '--json');
	ok((grep { $_->{backend_type} eq 'checkpointer' } @{ $all->{json} }), 'the checkpointer');
};

case 'the longest-running comes first' => sub {
	my @sessions = map { session(application => "order_$_")->busy } 1 .. 3;
	is_deeply([ listed('--application', 'order_*') ], [ map { $_->pid } @sessions ], 'the order');
};

case 'no session matches: an empty listing is a success' => sub {
	my $json = pgquell('ps', '--json', '--application', 'nobody at all');
	is_exit($json, 0);
	is($json->{out}, '', 'no line of JSON');
	my $table = pgquell('ps', '--application', 'nobody at all');
	is_exit($table, 0);
	unlike($table->{out}, qr/client backend|\bapp\b/, 'no row');
};

case 'the table is as wide as the terminal, not wider' => sub {
	my $s = session(application => 'wide');
	$s->send('SELECT pg_sleep(300) /* ' . 'x' x 400 . ' */;');
	wait_for_state($s, state => 'active');
	for my $columns (60, 80, 132, 250)
	{
		my $r = pgquell_pty('ps', '--application', 'wide', { columns => $columns })->finish;
		is_exit($r, 0);
		utf8::decode(my $shown = $r->{out});
		my @lines = map { s/\e\[[0-9;]*m//gr } split /\r?\n/, $shown;
		my ($longest) = sort { $b <=> $a } map { length } @lines;
		cmp_ok($longest, '<=', $columns, "no line exceeds $columns columns");
		like($r->{out}, qr/${\ $s->pid}/, 'the pid is there');
	}
};

case 'colour is for terminals only' => sub {
	my $s = session(application => 'colour')->busy;
	unlike(pgquell('ps', '--application', 'colour')->{out}, qr/\e/, 'no escape in a pipe');
};

case 'terminal escapes and bidirectional marks in a query are shown, not obeyed' => sub {
	my $s = session(application => "evil\e[2J");
	$s->send("SELECT pg_sleep(300) /* \e]0;owned\x07 \e[31mred \xe2\x80\xae txet */;");
	wait_for_state($s, state => 'active');
	for my $arguments ([], ['--json'])
	{
		my $r = pgquell('ps', @$arguments, '--query', 'owned');
		is_exit($r, 0);
		unlike($r->{out}, qr/[\x00-\x09\x0b-\x1f\x7f]/, "no control character: ps @$arguments");
	}
	my $pty = pgquell_pty('ps', '--query', 'owned', { columns => 250 })->finish;
	unlike($pty->{out}, qr/\e\]0|\e\[2J|\x07|\xe2\x80\xae/, 'nor on a terminal');
	like($pty->{out}, qr/${\ $s->pid}/, 'the session is there');
};

case 'a query that is not UTF-8 fails nothing and is shown as bytes' => sub {
	my $s = session(database => 'plain', role => 'postgres', encoding => 'SQL_ASCII');
	$s->send("SELECT pg_sleep(300) /* caf\xe9 \xff\xfe */;");
	wait_for_state($s, state => 'active');
	my $r = pgquell('ps', '--json', '--database', 'plain');
	is_exit($r, 0);
	is(scalar @{ $r->{json} }, 1, 'valid JSON of one session');
	like(action($r)->{query}, qr/caf\\xe9 \\xff\\xfe/, 'the bytes as \xNN');
	my $pty = pgquell_pty('ps', '--database', 'plain', { columns => 250 })->finish;
	like($pty->{out}, qr/\\xff\\xfe/, 'in the table too');
};

case 'a query of a megabyte is listed, whole in JSON and cut in the table' => sub {
	my $s = session(application => 'huge');
	$s->send('SELECT pg_sleep(300) /* ' . 'y' x ($text_max - 1000) . ' */;');
	wait_for_state($s, state => 'active', wait_event => 'PgSleep');
	my $r = pgquell('ps', '--json', '--application', 'huge');
	is_exit($r, 0);
	cmp_ok(length action($r)->{query}, '>', $text_max - 1100, 'the whole text');
	my $table = pgquell_pty('ps', '--application', 'huge', { columns => 100 })->finish;
	cmp_ok(length $table->{out}, '<', 5000, 'the table stays a table');
};

case 'a role that may not see others lists them, with what it cannot see as null' => sub {
	my $s = session(application => 'hidden')->busy;
	my $row = action(pgquell('ps', '--json', '--application', 'hidden', { role => 'report' }));
	is($row->{pid}, $s->pid, 'pid');
	is($row->{$_}, undef, "$_ is null") for qw(state backend_start query_start xact_start wait_event);
};

done_testing();
