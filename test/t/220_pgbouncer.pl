# SPDX-License-Identifier: PostgreSQL
# The client behind a PgBouncer: named where it is certain, and never elsewhere; and pgquell behind one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use PgquellTest::Bouncer;
use Test::More;
use Time::HiRes qw(time);

plan skip_all => 'there is no pgbouncer: nothing is known about it' unless PgquellTest::Bouncer::program();

my $node = new_node(conf => "listen_addresses = '127.0.0.1'");
my ($tcp, $local) = ('host=127.0.0.1 port=' . $node->port, 'host=' . $node->host . ' port=' . $node->port);
my %databases = (
	apps => $tcp,
	shop => "$local dbname=apps",
	forced => "$local dbname=apps user=report",
	'*' => $local);
my $pooler = PgquellTest::Bouncer->new(
	databases => \%databases,
	settings => { default_pool_size => 1, pool_mode => 'transaction' });
my @asked = ('--pgbouncer', $pooler->conninfo);

# A client of a PgBouncer, over TCP or, with socket => 1, its socket; it names itself.
sub client
{
	my ($of, %o) = @_;
	my $socket = delete $o{socket};
	return session(host => $socket ? $of->host : '127.0.0.1', port => $of->port, %o);
}

# In a transaction, on whichever backend it was given.
sub begin
{
	my ($s) = @_;
	$s->query('BEGIN');
	$s->{backend} = $s->query('SELECT pg_backend_pid();');
	wait_for_state($s, state => 'idle in transaction');
	return $s;
}

# The port from which a process is connected to another, as the kernel knows it.
sub port_of
{
	my ($pid, $to) = @_;
	my %inodes = map { (readlink($_) || '') =~ /^socket:\[(\d+)\]/ ? ($1 => 1) : () } glob "/proc/$pid/fd/*";
	open my $table, '<', '/proc/net/tcp' or die "could not read /proc/net/tcp: $!\n";
	while (my $line = <$table>)
	{
		my (undef, $from, $peer, @rest) = split ' ', $line;
		next unless ($peer || '') =~ /:([0-9A-F]{4})$/ && hex $1 == $to && $inodes{ $rest[6] };
		return $from =~ /:([0-9A-F]{4})$/ ? hex $1 : undef;
	}
	return;
}

# What ps says of a session: the object of --json.
sub listed
{
	my ($s, @arguments) = @_;
	my $r = pgquell('ps', '--json', @arguments ? @arguments : @asked);
	is_exit($r, 0, 'ps succeeds');
	is($r->{err}, '', 'without a warning');
	return action($r, $s->pid);
}

sub is_served
{
	my ($s, %want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $pooled = listed($s)->{pooled};
	return is_deeply(
		$pooled,
		{
			pooler => '127.0.0.1:' . $pooler->port,
			client => undef,
			port => undef,
			role => 'app',
			%want
		},
		'the client is named') || diag(explain($pooled));
}

case 'over TCP the client is named, down to its port' => sub {
	my $s = begin(client($pooler, application => 'tcp_web'));
	my $port = port_of($s->client_pid, $pooler->port);
	ok($port, 'the kernel knows the port');
	is_served($s, client => '127.0.0.1', port => $port, database => 'apps', application => 'tcp_web');
};

case 'over sockets the client is named, and the preview tells its process' => sub {
	my $s = begin(client($pooler, socket => 1, database => 'shop', application => 'local_web'));
	is_served($s, database => 'shop', application => 'local_web');
	my $r = pgquell('terminate', '--dry-run', @asked, $s->pid);
	is_exit($r, 0);
	my $process = $s->client_pid;
	like($r->{out},
		qr/^    client: app\@shop \[local\] process $process application local_web, through PgBouncer 127\.0\.0\.1:\d+, at \d\d:\d\d:\d\d UTC$/m,
		'the line before confirming');
};

case 'an alias and a forced user: the client as it logged in, the session as the server has it' => sub {
	my $s = begin(client($pooler, database => 'forced', application => 'alias'));
	my $row = listed($s);
	is($row->{role}, 'report', 'the server has the forced role');
	is($row->{database}, 'apps', 'and the real database');
	is($row->{pooled}{role}, 'app', 'the client logged in as itself');
	is($row->{pooled}{database}, 'forced', 'to the alias');
};

case 'status names the client of what it finds' => sub {
	my $s = begin(client($pooler, application => 'forgot'));
	my $status = sub {
		my (@arguments) = @_;
		my $r;
		wait_for('the finding', sub {
			$r = pgquell('status', '--in-state-longer', '100ms', @arguments);
			return $r->{out} =~ /${\ $s->pid}/;
		});
		return $r;
	};
	my $r = $status->(@asked);
	is($r->{err}, '', 'without a warning');
	like($r->{out},
		qr/^   client: app\@apps 127\.0\.0\.1:\d+ application forgot, through PgBouncer 127\.0\.0\.1:\d+$/m,
		'as text');
	my ($head, $finding) = @{ $status->('--json', @asked)->{json} };
	is($finding->{session}{pooled}{application}, 'forgot', 'in JSON');
	(undef, $finding) = @{ $status->('--json')->{json} };
	ok(!exists $finding->{session}{pooled}, 'and no key without a console');
	$s->query('ROLLBACK');
};

case 'two clients in turn on one backend' => sub {
	my ($one, $two) = map { client($pooler, application => "turn_$_") } qw(one two);
	my $backend = begin($one)->pid;
	is(listed($one)->{pooled}{application}, 'turn_one', 'the first has it');
	$one->query('COMMIT');
	begin($two);
	is($two->pid, $backend, 'the second got the same backend');
	is(listed($two)->{pooled}{application}, 'turn_two', 'the second has it');
	is(listed($two)->{pooled}{port}, port_of($two->client_pid, $pooler->port), 'from its own port');
	$two->query('COMMIT');
};

case 'idle in the pool it is nobody\'s' => sub {
	my $s = begin(client($pooler, application => 'was_here'));
	$s->query('COMMIT');
	wait_for_state($s, state => 'idle');
	is(listed($s)->{pooled}, undef, 'null in JSON, though a client is connected');
	my $table = pgquell('ps', @asked);
	my $port = $pooler->port;
	like($table->{out}, qr/^ *${\ $s->pid} .*pool of 127\.0\.0\.1:$port/m, 'the table says whose pool it is');
	unlike($table->{out}, qr/via pgbouncer/, 'and claims no client');
	my $r = pgquell('terminate', '--dry-run', '--json', @asked, $s->pid);
	is_action($r, exit => 0, plan => ['terminate'], text => qr/idle in the pool of PgBouncer/);
};

case 'the keys are those of the contract, and one more only where a console is named' => sub {
	my $s = begin(client($pooler, application => 'keys'));
	my $plain = action(pgquell('ps', '--json'), $s->pid);
	is_deeply([ sort keys %$plain ], [ sort @PgquellTest::SESSION_KEYS ], 'without --pgbouncer');
	my $r = pgquell('ps', '--json', @asked);
	is_deeply([ sort keys %{ action($r, $s->pid) } ],
		[ sort @PgquellTest::SESSION_KEYS, 'pooled' ], 'with it');
	like($r->{out}, qr/"pooled":\{[^}]*\}\}$/m, 'at the end');
	my $direct = session(application => 'direct')->busy;
	my $row = listed($direct);
	ok(exists $row->{pooled}, 'a session that is not pooled has the key');
	is($row->{pooled}, undef, 'and null in it');
};

case 'a console that the configuration names is asked as well' => sub {
	my $s = begin(client($pooler, application => 'configured'));
	my $file = PostgreSQL::Test::Utils::tempdir() . '/config.yaml';
	PostgreSQL::Test::Utils::append_to_file($file, 'pgbouncers: "' . $pooler->conninfo('seer') . "\"\n");
	is(listed($s, '--config', $file)->{pooled}{application}, 'configured', 'named');
	my $preview = pgquell('terminate', '--dry-run', '--config', $file, $s->pid);
	like($preview->{out}, qr/client: app\@apps .* application configured/, 'before confirming too');
};

case 'the table names the client, and is never wider than the terminal' => sub {
	my $s = begin(client($pooler, application => 'wide'));
	like(pgquell('ps', @asked)->{out}, qr/^ *${\ $s->pid} .*127\.0\.0\.1 via pgbouncer/m, 'in CLIENT');
	for my $columns (60, 100, 132)
	{
		my $r = pgquell_pty('ps', @asked, { columns => $columns })->finish;
		is_exit($r, 0);
		utf8::decode(my $shown = $r->{plain});
		my ($longest) = sort { $b <=> $a } map { length } split /\r?\n/, $shown;
		cmp_ok($longest, '<=', $columns, "$columns columns");
	}
};

case 'filters mean what PostgreSQL shows' => sub {
	my $s = begin(client($pooler, socket => 1, application => 'filters'));
	my @pids = map { $_->{pid} } @{ pgquell('ps', '--json', '--client', '127.0.0.1', @asked)->{json} };
	ok((grep { $_ == $s->pid } @pids), 'the address is PgBouncer\'s own');
	my $local = pgquell('ps', '--json', '--client', 'local', @asked);
	ok(!(grep { $_->{pid} == $s->pid } @{ $local->{json} }), 'not that of the client');
};

case 'two PgBouncers: each session has its own, a console named twice counts once' => sub {
	my $other = PgquellTest::Bouncer->new(databases => \%databases, settings => { default_pool_size => 1 });
	my $here = begin(client($pooler, application => 'here'));
	my $there = begin(client($other, application => 'there'));
	my @both = (@asked, '--pgbouncer', $other->conninfo('seer'), @asked);
	my %row = map { $_->pid => listed($_, @both) } ($here, $there);
	is($row{ $here->pid }{pooled}{application}, 'here', 'the first');
	is($row{ $here->pid }{pooled}{pooler}, '127.0.0.1:' . $pooler->port, 'its console');
	is($row{ $there->pid }{pooled}{application}, 'there', 'the second');
	is($row{ $there->pid }{pooled}{pooler}, '127.0.0.1:' . $other->port, 'its console');
	is(listed($there)->{pooled}, undef, 'one that was not asked is not known');
	$_->close for $here, $there;
	$other->close;
};

case 'another server with the same pids: no claim' => sub {
	my $s = begin(client($pooler, application => 'elsewhere'));
	my ($row) = grep { $_->{remote_pid} == $s->pid } $pooler->console('SHOW SERVERS');
	my ($link) = grep { $_->{ptr} eq $row->{link} } $pooler->console('SHOW CLIENTS');
	my @databases = $pooler->console('SHOW DATABASES');
	my $ask = sub {
		my (%server) = (%$row, @_);
		my ($port, $pid) = PgquellTest::Bouncer::pretend(
			'SHOW SERVERS' => as_table(\%server),
			'SHOW CLIENTS' => as_table($link),
			'SHOW DATABASES' => as_table(@databases));
		my $r = listed($s, '--pgbouncer', "host=127.0.0.1 port=$port");
		PgquellTest::Bouncer::dismiss($pid);
		return $r->{pooled};
	};
	is($ask->()->{application}, 'elsewhere', 'what PgBouncer says is believed');
	is($ask->(local_port => $row->{local_port} + 1), undef, 'another port is another connection');
	is($ask->(local_addr => '10.0.0.1'), undef, 'so is another address');
	is($ask->(user => 'report'), undef, 'another role');
	is($ask->(database => 'postgres'), undef, 'another database');
	is($ask->(link => ''), undef, 'no link');
	is($ask->(link => '0x1'), undef, 'a link to nobody');
};

# Rows as the console would send them; every one has the keys of the first.
sub as_table
{
	my (@rows) = @_;
	my @names = sort keys %{ $rows[0] };
	return [ \@names, map { [ @{$_}{@names} ] } @rows ];
}

case 'columns are found by name: a later version\'s are passed over, a missing one is named' => sub {
	my $s = begin(client($pooler, application => 'later'));
	my %answers = map { ("SHOW $_" => as_table($pooler->console("SHOW $_"))) } qw(SERVERS CLIENTS DATABASES);
	my $ask = sub {
		my ($port, $pid) = PgquellTest::Bouncer::pretend(%answers);
		my $r = pgquell('ps', '--json', '--pgbouncer', "host=127.0.0.1 port=$port");
		PgquellTest::Bouncer::dismiss($pid);
		is_exit($r, 0);
		return $r;
	};
	for my $table (values %answers)
	{
		my ($names, @rows) = @$table;
		unshift @$names, 'id', 'replication';    # as 1.24 has, and more
		push @$names, 'prepared_statements';
		unshift @$_, '7', 'none' for @rows;
		push @$_, '0' for @rows;
	}
	for my $row (@{ $answers{'SHOW CLIENTS'} })
	{
		s/^later$/later\e[2J/ for @$row;
	}
	my $r = $ask->();
	is(action($r, $s->pid)->{pooled}{application}, "later\e[2J", 'named all the same');
	unlike($r->{out}, qr/\e/, 'and escaped');
	my ($names) = @{ $answers{'SHOW CLIENTS'} };
	$_ = $_ eq 'addr' ? 'address' : $_ for @$names;
	$r = $ask->();
	is(action($r, $s->pid)->{pooled}, undef, 'nothing is claimed');
	like($r->{err}, qr/warning: could not ask PgBouncer .*has no column "addr"/, 'the column is named');
	is(scalar(() = $r->{err} =~ /\n/g), 1, 'in one line');
};

case 'a session handed on while the console was read is nobody\'s' => sub {
	my $file = PostgreSQL::Test::Utils::tempdir() . '/hold';
	my $s = begin(client($pooler, application => 'handed_on'));
	my %answers = map { ("SHOW $_" => as_table($pooler->console("SHOW $_"))) } qw(SERVERS CLIENTS DATABASES);
	my ($port, $pid) = PgquellTest::Bouncer::pretend(%answers, hold => $file);
	my $run = pgquell_start('ps', '--json', '--pgbouncer', "host=127.0.0.1 port=$port");
	wait_for('the console to be asked', sub { -e "$file.asked" });
	$s->query('COMMIT');
	my $next = begin(client($pooler, application => 'next'));
	PostgreSQL::Test::Utils::append_to_file("$file.go", '');
	my $r = $run->finish;
	PgquellTest::Bouncer::dismiss($pid);
	is_exit($r, 0);
	is($next->pid, $s->pid, 'another client has the backend by now');
	my $row = action($r, $s->pid);
	is($row->{application}, 'handed_on', 'the first was listed');
	is($row->{pooled}, undef, 'nobody is named');
};

case 'what the verbs do: PAUSE outlives who said it, and only databases that are named' => sub {
	my $s = begin(client($pooler, application => 'open'));
	my $state = sub {
		my %is = map { ($_->{name} => "$_->{paused}$_->{disabled}") } $pooler->console('SHOW DATABASES');
		return "apps $is{apps}, shop $is{shop}";
	};
	my $waits = sub {
		my $psql = PgquellTest::Process->new(
			command => [ 'psql', '-XAt', '-c', 'PAUSE "apps"', '-d', $pooler->conninfo . ' dbname=pgbouncer' ],
			deadline => 60);
		wait_for('PAUSE to be in force', sub { $state->() =~ /apps 10/ });
		return $psql;
	};
	my $first = $waits->();
	ok($first->running, 'PAUSE waits for the transaction that is open');
	$first->kill_hard;
	is($state->(), 'apps 10, shop 00', 'it stays in force when its console goes away');
	$pooler->console('RESUME "apps"');
	is($state->(), 'apps 00, shop 00', 'RESUME ends it');
	my $second = $waits->();
	$pooler->console('RESUME "apps"');
	is($state->(), 'apps 00, shop 00', 'RESUME over another connection ends it while it waits');
	$second->kill_hard;
	$pooler->console('DISABLE "apps"') for 1 .. 2;
	is($state->(), 'apps 01, shop 00', 'DISABLE');
	is($s->query('SELECT 1;'), '1', 'who is connected goes on');
	$pooler->console('ENABLE "apps"') for 1 .. 2;
	is($state->(), 'apps 00, shop 00', 'ENABLE');
	ok(!eval { $pooler->console('RESUME "apps"'); 1 }, 'RESUME of what is not paused is an error');
	$pooler->console('PAUSE "sp""a ce"');
	ok(eval { $pooler->console('RESUME "sp""a ce"'); 1 }, 'a name is quoted as in SQL');
	$s->query('COMMIT');
	$pooler->console('PAUSE ""');
	ok(!eval { $pooler->console('PAUSE ""'); 1 }, 'an empty name stands for all, which are paused by now');
	$pooler->console('RESUME');
};

case 'who may not look, or is not there, costs a warning and nothing else' => sub {
	my $s = begin(client($pooler, application => 'warned'));
	my $seer = listed($s, '--pgbouncer', $pooler->conninfo('seer'));
	is($seer->{pooled}{application}, 'warned', 'stats_users suffices');
	my %wrong = (
		$pooler->conninfo('app') => qr/not allowed.*"app" has to be in stats_users/,
		'host=127.0.0.1 port=1 user=boss' => qr/Connection refused/,
		$pooler->conninfo('boss') . ' dbname=postgres' => qr/could not ask PgBouncer/,
		"host=127.0.0.1 port=${\ $node->port} user=postgres" => qr/"pgbouncer" does not exist/);
	for my $conninfo (sort keys %wrong)
	{
		my $r = pgquell('ps', '--json', '--pgbouncer', $conninfo, @asked);
		is_exit($r, 0);
		like($r->{err}, qr/^pgquell: warning: [^\n]*(?:$wrong{$conninfo})[^\n]*\n\z/, "one line for $conninfo");
		is(action($r, $s->pid)->{pooled}{application}, 'warned', 'the other console is heard');
	}
	my $r = pgquell('cancel', '--dry-run', '--pgbouncer', 'host=127.0.0.1 port=1', $s->pid);
	is_exit($r, 0, 'an action goes its way');
	like($r->{err}, qr/warning/, 'with the warning');
};

case 'a console that hangs is waited for two seconds, not longer' => sub {
	my $s = session(application => 'unhurt')->busy;
	stop_process($pooler->pid);
	my $begun = time;
	my $r = pgquell('ps', '--json', @asked);
	cmp_ok(time - $begun, '<', 20, 'it ended in time');
	continue_process($pooler->pid);
	is_exit($r, 0);
	like($r->{err}, qr/warning: .*no answer within 2 s/, 'and says so');
	ok(action($r, $s->pid), 'the sessions are listed');
};

case 'Ctrl-C while a console hangs' => sub {
	my $s = session(application => 'unhurt')->busy;
	stop_process($pooler->pid);
	my $run = pgquell_start('cancel', @asked, $s->pid);
	wait_for('pgquell to be connected to the console',
		sub { port_of($run->pid, $pooler->port) || !$run->running });
	my $r = $run->signal('INT')->finish;
	continue_process($pooler->pid);
	is_exit($r, 130);
	is(activity($s->pid)->{state}, 'active', 'nothing was sent');
};

case 'what is no conninfo is a usage error' => sub {
	my $r = pgquell('ps', '--pgbouncer', 'localhost:6432');
	is_exit($r, 2);
	like($r->{err}, qr/invalid conninfo string of a PgBouncer: missing "=" after "localhost:6432"/, 'it says why');
};

case 'the environment of a server does no harm to a console' => sub {
	my $s = begin(client($pooler, application => 'env'));
	my %env = (PGOPTIONS => '-c geqo=off', PGTARGETSESSIONATTRS => 'read-write');
	my $r = pgquell('ps', '--json', @asked, { env => \%env });
	is($r->{err}, '', 'no warning');
	is(action($r, $s->pid)->{pooled}{application}, 'env', 'named');
};

case 'cancel: the client gets 57014 and keeps its connection' => sub {
	my $s = begin(client($pooler, application => 'cancelled'));
	my $port = port_of($s->client_pid, $pooler->port);
	$s->busy;
	my $r = pgquell('cancel', '--json', @asked, $s->pid);
	is_action($r, exit => 0, outcome => 'cancelled', steps => ['cancel'], text => qr/57014 and keeps both connections/);
	$s->wait_error('57014');
	$s->query('ROLLBACK');
	is($s->query('SELECT 6 * 7;'), '42', 'the connection goes on');
	is(port_of($s->client_pid, $pooler->port), $port, 'it is the same one');
	my ($intent) = grep { $_->{kind} eq 'intent' } audit_of($s->pid);
	is($intent->{body}{session}{pooled}{port}, $port, 'the client is on record');
};

case 'terminate: the client gets 57P01, then 08P01, and is disconnected' => sub {
	my $s = begin(client($pooler, application => 'terminated'));
	$s->busy;
	my $r = pgquell('terminate', '--json', @asked, $s->pid);
	is_action($r, exit => 0, outcome => 'terminated', text => qr/57P01, then 08P01/);
	$s->wait_error('57P01');
	wait_for('the client to have ended', sub { !$s->running });
	like($s->err, qr/FATAL:  08P01/, 'PgBouncer\'s own words');
};

case 'a session handed to another client since it was listed is left alone' => sub {
	my $s = begin(client($pooler, application => 'gone_on'));
	my $id = listed($s)->{session};
	my $run = pgquell_pty('terminate', @asked, '--application', 'gone_on');
	$run->wait_output(qr/client: app\@apps 127\.0\.0\.1:\d+ application gone_on.*\?/s);
	$s->query('COMMIT');
	my $next = begin(client($pooler, application => 'next'));
	is($next->pid, $s->pid, 'the next client has it');
	my $r = $run->write("y\n")->finish;
	is_alive($next, 'it lives');
	is($next->query('SELECT 1;'), '1', 'and its client did not notice');
};

case 'pgquell itself refuses to work through a transaction pooler, and leaves no trace in it' => sub {
	my $settings = q{SELECT string_agg(name || '=' || setting, ' ' ORDER BY name)
		FROM pg_settings WHERE name IN ('search_path', 'statement_timeout', 'lock_timeout', 'jit', 'plan_cache_mode',
		'idle_in_transaction_session_timeout', 'client_min_messages');};
	my $s = client($pooler, database => 'apps');
	my $before = $s->query($settings);
	my %through = (env => { PGHOST => '127.0.0.1', PGPORT => $pooler->port }, role => 'app');
	for my $arguments ([ 'ps', '-d', 'apps' ], [ 'terminate', '--all', '--yes', '-d', 'apps' ])
	{
		my $r = pgquell(@$arguments, \%through);
		is_exit($r, 3);
		like($r->{err}, qr/goes through a pooler/, "$arguments->[0] says why");
	}
	is($s->query($settings), $before, 'the backend has its own settings') || diag($s->err);
};

$pooler->close;
done_testing();
