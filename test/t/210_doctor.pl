# SPDX-License-Identifier: PostgreSQL
# doctor: what is missing is found, and its own SQL, run by psql, mends it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use PostgreSQL::Test::Utils ();
use Test::More;

my $binaries_major = major();
my @KEYS = qw(check topic status setting value proposed why remedy sql shell needs roles evidence);

# With a port, so that keepalives matter.
my $node = new_node(conf => "listen_addresses = '127.0.0.1'\n");

# All checks, in order.
sub checks
{
	my (@arguments) = @_;
	my $r = pgquell('doctor', '--json', @arguments);
	is_exit($r, 0, 'doctor --json succeeds');
	return @{ $r->{json} };
}

# The checks of that name.
sub named
{
	my ($name, @arguments) = @_;
	return grep { $_->{check} eq $name } checks(@arguments);
}

# What is found wanting, as "check status".
sub wanting
{
	my (@arguments) = @_;
	return map { "$_->{check} $_->{status}" } grep { $_->{status} ne 'ok' } checks(@arguments);
}

# Runs the script that --sql prints, as psql runs it for a superuser; dies where psql does not like it.
sub apply
{
	my ($script, %o) = @_;
	my $n = $o{node} || $node;
	my $file = PostgreSQL::Test::Utils::tempdir('sql') . '/doctor.sql';
	open my $fh, '>', $file or die "could not write $file: $!";
	print $fh $script;
	close $fh or die "could not write $file: $!";
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([
			'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $file,
			'-d', 'host=' . $n->host . ' port=' . $n->port . ' dbname=postgres user=postgres'
		], '<', \'', '>', \$out, '2>', \$err);
	ok($ok, 'psql runs the script') or diag("$script\n$err");
	return;
}

sub script
{
	my (@arguments) = @_;
	my $r = pgquell('doctor', '--sql', @arguments);
	is_exit($r, 0, 'doctor --sql succeeds');
	for my $line (split /\n/, $r->{out})
	{
		like($line, qr/^(?:-- [\x20-\x7e]*|[\x20-\x7e]*;)$/, 'a statement or a comment a line, in ASCII');
	}
	return $r->{out};
}

sub restart
{
	PgquellTest::forget_admin($node);
	$node->restart;
	return;
}

# A reload has reached a backend when a new session shows it.
sub wait_setting
{
	my ($name, $value) = @_;
	return wait_for("$name to be $value", sub {
		my $s = session(role => 'postgres', database => 'postgres', application => 'look', keep => 1);
		my $is = $s->query("SHOW $name;");
		$s->close;
		return $is eq $value;
	});
}

sub set_system
{
	my (%settings) = @_;
	sql("ALTER SYSTEM SET $_ = $settings{$_}") for sort keys %settings;
	sql('SELECT pg_reload_conf()');
	for my $name (sort keys %settings)
	{
		wait_setting($name, $settings{$name} =~ s/^'(.*)'$/$1/r);
	}
	return;
}

case 'a fresh server lacks what it lacks, and its own SQL mends all of it' => sub {
	my $version = sql('SHOW server_version_num');
	my @want = (
		'statement_timeout advice',
		'idle_in_transaction_session_timeout advice',
		($version >= 170000 ? 'transaction_timeout advice' : ()),
		'lock_timeout advice',
		'tcp_keepalives advice',
		($version >= 140000 ? 'client_connection_check_interval advice' : ()),
		'log_lock_waits advice',
		'log_line_prefix advice',
		'track_activity_query_size advice');
	sql("ALTER SYSTEM SET log_line_prefix = '%m [%p] '");
	sql('SELECT pg_reload_conf()');
	wait_setting('log_line_prefix', '%m [%p] ');
	is_deeply([ wanting() ], \@want, 'what is wanting');
	my ($limit) = named('statement_timeout');
	is_deeply($limit->{roles}, [ 'app', 'report' ], 'whose');
	is($limit->{proposed}, '30min', 'how long');
	is_deeply((named('lock_timeout'))[0]{roles}, ['app'], 'who owns tables');
	my $script = script();
	like($script, qr/^ALTER ROLE app SET statement_timeout = '30min';$/m, 'the SQL of a role');
	like($script, qr/^ALTER SYSTEM SET log_lock_waits = 'on';$/m, 'the SQL of the server');
	like($script, qr/^SELECT pg_reload_conf\(\);\n\z/m, 'a reload ends it');
	apply($script);
	wait_setting('log_line_prefix', '%m [%p] %c ');
	my ($size) = named('track_activity_query_size');
	is($size->{status}, 'advice', 'what takes a restart waits for it');
	like($size->{remedy}, qr/waits for a restart/, 'and says so');
	restart();
	is_deeply([ wanting() ], [], 'nothing is wanting');
	like(pgquell('doctor')->{out}, qr/^nothing is missing$/m, 'the page says so');
	is(script(), "-- pgquell doctor: for psql -v ON_ERROR_STOP=1 -f, without -1\n-- nothing is missing\n",
		'so does the script');
};

case 'the JSON has exactly its keys, and every finding a sentence and a way' => sub {
	set_system(log_lock_waits => 'off');
	for my $check (checks())
	{
		is_deeply([ sort keys %$check ], [ sort @KEYS ], "the keys of $check->{check}");
		next if $check->{status} eq 'ok';
		like($check->{why}, qr/^[A-Z].*\.$/s, 'a sentence');
		ok(@{ $check->{sql} } || $check->{remedy}, 'a way');
	}
	apply(script());
	wait_setting('log_lock_waits', 'on');
};

# Each harm and its cure.
for my $harm (
	[ 'log_min_error_statement', 'log_min_error_statement', "'panic'", 'error' ],
	[ 'log_min_messages', 'log_min_messages', "'fatal'", 'warning' ],
	[ 'track_activities', 'track_activities', 'off', 'on' ],
	[ 'statement_timeout_everywhere', 'statement_timeout', "'30s'", '0' ])
{
	my ($check, $setting, $bad, $good) = @$harm;
	case "$setting = $bad is a warning, and mended" => sub {
		set_system($setting => $bad);
		is_deeply([ wanting() ], ["$check warning"], 'a warning');
		apply(script());
		wait_setting($setting, $good);
		is_deeply([ wanting() ], [], 'mended');
	};
}

case 'a short limit of everybody\'s becomes one of the roles that have none' => sub {
	sql('CREATE ROLE fresh LOGIN');
	set_system(statement_timeout => "'45s'");
	my ($limit) = named('statement_timeout');
	is_deeply($limit->{sql}, ["ALTER ROLE fresh SET statement_timeout = '45s';"], 'it is kept');
	apply(script());
	wait_setting('statement_timeout', '0');
	is_deeply([ wanting() ], [], 'mended');
	sql('DROP ROLE fresh');
};

case 'one that holds for ALTER ROLE ALL is taken back there' => sub {
	sql("ALTER ROLE ALL SET statement_timeout = '10s'");
	my ($everywhere) = named('statement_timeout_everywhere');
	is_deeply($everywhere->{sql}, ['ALTER ROLE ALL RESET statement_timeout;'], 'the SQL');
	apply(script());
	is_deeply([ wanting() ], [], 'mended');
};

case 'overrides of roles and databases that do harm are taken back one by one' => sub {
	sql($_) for (
		'ALTER ROLE app SET track_activities = off',
		'ALTER DATABASE apps SET track_activities = off',
		'ALTER ROLE report IN DATABASE apps SET track_activities = off');
	is_deeply(
		[ sort @{ (named('track_activities'))[0]{sql} } ],
		[
			'ALTER DATABASE apps RESET track_activities;',
			'ALTER ROLE app RESET track_activities;',
			'ALTER ROLE report IN DATABASE apps RESET track_activities;',
		],
		'the SQL');
	apply(script());
	is_deeply([ wanting() ], [], 'mended');
};

case 'a superuser\'s own override does not hide the instance\'s value' => sub {
	set_system(lock_timeout => "'7s'");
	sql('ALTER ROLE postgres SET lock_timeout = 0');
	sql('ALTER ROLE postgres SET log_lock_waits = on');
	is((named('log_lock_waits'))[0]{value}, 'on', 'told by the files');
	sql("ALTER ROLE app RESET lock_timeout");
	is_deeply([ wanting() ], [], 'the instance\'s limit covers app');
	sql($_) for ('ALTER ROLE postgres RESET ALL', "ALTER ROLE app SET lock_timeout = '10s'",
		'ALTER SYSTEM RESET lock_timeout', 'SELECT pg_reload_conf()');
	wait_setting('lock_timeout', '0');
};

case 'names that want to break out of SQL are quoted exactly' => sub {
	my @names = (
		'Upper Case', 'quo"te', q{it's}, 'semi;colon', 'back\\slash', "new\nline", 'all', 'user',
		'current_user', "tab\there", 'x"; DROP ROLE app; --', 'zo\u00eb');
	sql(q{CREATE ROLE "} . s/"/""/gr . q{" LOGIN}) for grep { !/u00eb/ } @names;
	sql('CREATE ROLE U&"zo\00eb" LOGIN');
	my $before = sql('SELECT count(*) FROM pg_roles');
	my ($limit) = named('statement_timeout');
	is(scalar @{ $limit->{roles} }, scalar @names, 'all of them lack a limit');
	my $script = script();
	like($script, qr/^ALTER ROLE U&"new\\000Aline" SET /m, 'a newline is escaped');
	like($script, qr/^ALTER ROLE "all" SET /m, 'a role called all is not everybody');
	like($script, qr/^ALTER ROLE U&"zo\\00EB" SET /m, 'no encoding matters');
	apply($script);
	is_deeply([ wanting() ], [], 'mended');
	is(sql('SELECT count(*) FROM pg_roles'), $before, 'and no role is gone');
	is(sql(q{SELECT count(*) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
		WHERE 'statement_timeout=30min' = ANY (s.setconfig)}),
		@names + 2, 'every role has its own');
	is(sql(q{SELECT count(*) FROM pg_db_role_setting WHERE setrole = 0}), 0, 'nobody has everybody\'s');
	my $page = pgquell('doctor');
	unlike($page->{out}, qr/[\x00-\x09\x0b-\x1f\x7f]/, 'nothing hostile on the page');
	sql(q{DROP ROLE "} . s/"/""/gr . q{"}) for grep { !/u00eb/ } @names;
	sql('DROP ROLE U&"zo\00eb"');
};

case 'a thousand roles are one paragraph' => sub {
	sql(q{DO $$BEGIN FOR i IN 1..1000 LOOP EXECUTE 'CREATE ROLE many_' || i || ' LOGIN'; END LOOP; END$$});
	my ($limit, @more) = named('statement_timeout');
	is_deeply(\@more, [], 'one check');
	is(scalar @{ $limit->{roles} }, 1000, 'with all roles');
	is(scalar @{ $limit->{sql} }, 1000, 'and all SQL');
	my $page = pgquell('doctor');
	like($page->{out}, qr/and 988 more$/m, 'the page names some');
	cmp_ok(scalar(my @lines = split /\n/, $page->{out}), '<', 80, 'and stays a page');
	sql(q{DO $$BEGIN FOR i IN 1..1000 LOOP EXECUTE 'DROP ROLE many_' || i; END LOOP; END$$});
};

case 'who keeps the server is left alone' => sub {
	sql($_) for (
		'CREATE ROLE boss LOGIN SUPERUSER', 'CREATE ROLE repl LOGIN REPLICATION',
		'CREATE ROLE nightly_backup LOGIN', 'CREATE ROLE nologin', 'CREATE ROLE dumper LOGIN');
	my $s = session(role => 'dumper', database => 'postgres', application => 'pg_dump');
	is_deeply([ wanting() ], [], 'nothing is proposed for them');
	$s->close;
	sql("DROP ROLE $_") for qw(boss repl nightly_backup nologin dumper);
};

case 'so is whom the configuration protects' => sub {
	sql('CREATE ROLE payroll LOGIN');
	is((named('statement_timeout'))[0]{roles}[0], 'payroll', 'without a configuration');
	my $file = PostgreSQL::Test::Utils::tempdir('config') . '/config.yaml';
	open my $fh, '>', $file or die "could not write $file: $!";
	print $fh "protect:\n  - { role: payroll }\n";
	close $fh or die "could not write $file: $!";
	is_deeply([ wanting('--config', $file) ], [], 'nothing is proposed');
	sql('DROP ROLE payroll');
};

case 'a limit that was set to 0 was decided, and a database\'s limit will do' => sub {
	sql($_) for ('CREATE ROLE etl LOGIN', 'ALTER ROLE etl SET statement_timeout = 0',
		"ALTER ROLE etl SET idle_in_transaction_session_timeout = '1h'");
	is_deeply([ wanting() ], [], 'nobody is asked twice');
	sql('ALTER ROLE etl RESET statement_timeout');
	is((named('statement_timeout'))[0]{status}, 'advice', 'now it is missing');
	sql("ALTER DATABASE apps SET statement_timeout = '1h'");
	sql("ALTER ROLE etl SET transaction_timeout = '3h'") if $binaries_major >= 17;
	is((named('statement_timeout'))[0]{status}, 'ok', 'the database has one');
	sql($_) for ('ALTER DATABASE apps RESET statement_timeout', 'DROP ROLE etl');
};

# Nobody waits half an hour here: a limit that everybody has is what a role's own begins from.
case 'a role whose statement already runs longer is named, and gets more' => sub {
	sql($_) for ('CREATE ROLE batch LOGIN', "ALTER ROLE ALL SET statement_timeout = '2s'");
	my $s = session(role => 'batch', options => '-c statement_timeout=0')->busy;
	my $found = wait_for('it to run longer', sub {
		my ($limit) = grep { $_->{check} eq 'statement_timeout' } @{ pgquell('doctor', '--json')->{json} };
		return @{ $limit->{evidence} } ? $limit : undef;
	});
	is_deeply([ map { [ @$_{qw(pid role)} ] } @{ $found->{evidence} } ], [ [ $s->pid, 'batch' ] ], 'who');
	cmp_ok($found->{evidence}[0]{age_s}, '>=', 2, 'for how long');
	is_deeply($found->{sql}, ["ALTER ROLE batch SET statement_timeout = '1min';"], 'more than is seen');
	like(pgquell('doctor')->{out}, qr/^    seen: pid ${\ $s->pid} of role batch for /m, 'the page says so');
	apply(script());
	is_deeply([ wanting() ], [], 'mended');
	$s->close;
	sql('DROP ROLE batch');
};

case 'owners that cannot log in count through their members' => sub {
	sql($_) for ('CREATE ROLE owners', 'CREATE ROLE migrator LOGIN IN ROLE owners',
		'CREATE TABLE public.theirs ()', 'ALTER TABLE public.theirs OWNER TO owners');
	is_deeply((named('lock_timeout'))[0]{roles}, ['migrator'], 'the one who logs in');
	sql($_) for ('DROP TABLE public.theirs', 'DROP ROLE migrator', 'DROP ROLE owners');
};

case 'idle_session_timeout: for people\'s tools, and never for a pool' => sub {
	sql('CREATE ROLE person LOGIN');
	sql("ALTER ROLE person SET $_ = '1h'")
	  for ('statement_timeout', 'idle_in_transaction_session_timeout',
		$binaries_major >= 17 ? 'transaction_timeout' : ());
	my $psql = session(role => 'person', application => 'psql');
	my $web = session(role => 'report', application => 'web');
	is_deeply([ wanting() ], ['idle_session_timeout advice'], 'for a person');
	like((named('idle_session_timeout_pooled'))[0]{why}, qr/may come through a pooler/,
		'why not for others');
	is((named('idle_session_timeout', '--pgbouncer', 'host=/nowhere'))[0]{status}, 'ok',
		'not behind a PgBouncer');
	apply(script());
	is_deeply([ wanting() ], [], 'mended');
	sql($_) for ("ALTER ROLE report IN DATABASE apps SET idle_session_timeout = '10min'",
		"ALTER DATABASE apps SET idle_session_timeout = '20min'");
	my @pool = map { session(role => 'report', application => 'pgbouncer') } 1 .. 2;
	my @crowd = map { session(role => 'app', application => 'web') } 1 .. 3;
	my ($pooled) = named('idle_session_timeout_pooled');
	is($pooled->{status}, 'warning', 'a pool is warned of');
	is_deeply($pooled->{roles}, [ 'app', 'report' ], 'whose');
	is_deeply(
		$pooled->{sql},
		[
			'ALTER ROLE app SET idle_session_timeout = 0;',
			'ALTER ROLE report IN DATABASE apps SET idle_session_timeout = 0;'
		],
		'the SQL');
	apply(script());
	is_deeply([ wanting() ], [], 'mended');
	$_->close for @pool, @crowd, $psql, $web;
	sql($_) for ('DROP ROLE person', 'ALTER DATABASE apps RESET ALL',
		'ALTER ROLE report IN DATABASE apps RESET ALL', 'ALTER ROLE app RESET idle_session_timeout');
}, min_major => 14;

case 'a plain role is told what it lacks, and the SQL gives it' => sub {
	my $boss = session(role => 'postgres', database => 'postgres', application => 'boss');
	for my $role ('Plain Role', 'stubborn')
	{
		my $as = { role => $role };
		sql(qq{CREATE ROLE "$role" LOGIN } . ($role eq 'stubborn' ? 'NOINHERIT' : ''));
		my @missing = wanting($as);
		is_deeply(
			[ grep { !/reserved/ } @missing ],
			[
				'pg_read_all_stats advice',
				'pg_signal_backend advice',
				$binaries_major >= 18 ? 'pg_signal_autovacuum_worker advice' : ()
			],
			"what $role lacks");
		my ($stats) = named('pg_read_all_stats', $as);
		like($stats->{remedy}, qr/^A superuser \(.*postgres.*\) can grant it\.$/, 'who can grant it');
		like((named('superusers', $as))[0]{why}, qr/no grant helps/, 'what no grant helps with');
		apply(script($as));
		is_deeply([ grep { !/reserved_connections/ } wanting($as) ], [], 'mended');
		is_action(
			pgquell('terminate', session(application => 'victim')->pid, '--json', $as),
			exit => 0, outcome => 'terminated');
		sql(qq{DROP ROLE "$role"});
	}
};

case 'what only a superuser may change is shown to others, and not run' => sub {
	set_system(log_lock_waits => 'off');
	my $r = pgquell('doctor', '--sql', { role => 'report' });
	like($r->{out}, qr/^-- as a superuser: ALTER SYSTEM SET log_lock_waits = 'on';$/m, 'a comment');
	unlike($r->{out}, qr/^ALTER SYSTEM|^SELECT pg_reload_conf/m, 'nothing else');
	is_deeply((named('log_lock_waits', { role => 'report' }))[0]{needs}, ['superuser'], 'JSON says so');
};

case 'on a managed server the provider\'s way is named' => sub {
	sql($_) for ('CREATE ROLE rds_superuser', 'CREATE ROLE master LOGIN IN ROLE rds_superuser');
	my $r = pgquell('doctor', '--sql', { role => 'report' });
	like($r->{out}, qr/^-- note: On Amazon RDS or Aurora set log_lock_waits = 'on' in the DB parameter group\.$/m,
		'the parameter group');
	unlike($r->{out}, qr/ALTER SYSTEM/, 'no ALTER SYSTEM');
	like((named('pg_signal_backend', { role => 'report' }))[0]{remedy},
		qr/^A member of rds_superuser \(.*master.*\) can grant it\.$/, 'who grants');
	ok(!(grep { grep { $_ eq 'master' } @{ $_->{roles} } } named('statement_timeout')),
		'the administrator is left alone');
	sql($_) for ('DROP ROLE master', 'DROP ROLE rds_superuser');
};

case 'slots: reserved ones for a role that is no superuser' => sub {
	my @missing = grep { /reserved/ } wanting({ role => 'report' });
	is_deeply(\@missing, [ 'reserved_connections advice', 'pg_use_reserved_connections advice' ],
		'both the slots and the grant');
	like(pgquell('doctor', '--sql', { role => 'report' })->{out},
		qr/^GRANT pg_use_reserved_connections TO report;$/m, 'the grant');
}, min_major => 16;

case 'slots: superuser_reserved_connections 0, and a full server' => sub {
	sql('ALTER SYSTEM SET superuser_reserved_connections = 0');
	restart();
	ok((grep { $_ eq 'superuser_reserved_connections warning' } wanting()), 'a warning');
	apply(script());
	restart();
	is_deeply([ grep { /reserved/ } wanting() ], [], 'mended');
	my @all = map { session(application => 'crowd') } 1 .. 40 - 3;
	my ($slots) = named('free_slots');
	is($slots->{status}, 'warning', 'a full server is a warning');
	ok($slots->{shell}, 'with a command to see who could leave');
	$_->close for @all;
	sql('ALTER ROLE report CONNECTION LIMIT 1');
	my ($limit) = named('connection_limit', { role => 'report' });
	is_deeply($limit->{sql}, ['ALTER ROLE report CONNECTION LIMIT -1;'], 'our role\'s own limit');
	apply(script());
	sql('ALTER ROLE report CONNECTION LIMIT -1');
};

case 'a standby: what has to be written is for the primary' => sub {
	sql($_) for ('CREATE ROLE late LOGIN', 'ALTER SYSTEM SET log_lock_waits = off');
	my $standby = cold_standby();
	my $on = { node => $standby };
	my $script = pgquell('doctor', '--sql', $on)->{out};
	like($script, qr/^-- on the primary: ALTER ROLE late SET statement_timeout = '30min';$/m,
		'a role\'s setting');
	like($script, qr/^ALTER SYSTEM SET log_lock_waits = 'on';$/m, 'the standby\'s own setting');
	is_deeply((named('statement_timeout', $on))[0]{needs}, ['primary'], 'JSON says so');
	apply($script, node => $standby);
	wait_for('the standby to have it', sub {
		(grep { $_->{check} eq 'log_lock_waits' } @{ pgquell('doctor', '--json', $on)->{json} })[0]{status} eq 'ok';
	});
	sql('DROP ROLE late');
	$standby->stop;
};

case 'the audit store: looked at, never made' => sub {
	my $home = new_state_home();
	my ($store) = named('audit_store');
	is($store->{status}, 'ok', 'one that is missing will be made');
	is($store->{value}, "$home/pgquell/audit.db", 'where');
	ok(!-e "$home/pgquell", 'it was not');
	my $victim = session(application => 'victim');
	is_exit(pgquell('terminate', $victim->pid), 0);
	is((named('audit_store'))[0]{status}, 'ok', 'one that is there');
	chmod 0666, "$home/pgquell/audit.db" or die $!;
	($store) = named('audit_store');
	is($store->{status}, 'warning', 'everybody may write it');
	is($store->{shell}, "chmod o-w $home/pgquell/audit.db", 'the command');
	is(system($store->{shell}), 0, 'runs');
	is((named('audit_store'))[0]{status}, 'ok', 'mended');
	is((named('audit_store', '--audit', '/proc/nowhere/audit.db'))[0]{status}, 'warning',
		'one that cannot be made');
};

case 'a mistake gets its one error, and nothing is asked of a server that is not there' => sub {
	for my $mistake ([ 'everything' ], [ '--sql', '--json' ], ['--sqll'], ['--against', 'x'])
	{
		my $r = pgquell('doctor', @$mistake);
		is_exit($r, 2, "doctor @$mistake");
		like($r->{err}, qr/^pgquell: error: /, 'an error');
		is($r->{out}, '', 'and nothing else');
	}
	my $r = pgquell('doctor', { env => { PGPORT => 1 } });
	is_exit($r, 3, 'no server');
};

case 'the page fits a terminal' => sub {
	for my $columns (40, 80, 132)
	{
		my $r = pgquell_pty('doctor', { columns => $columns, role => 'report' })->finish;
		is_exit($r, 0);
		my ($longest) = sort { $b <=> $a } map { length } split /\r?\n/, $r->{plain};
		cmp_ok($longest, '<=', $columns, "no line exceeds $columns columns");
	}
};

# The example of docs/doctor.md.
case 'the example in docs/doctor.md is what doctor says' => sub {
	my $page = PostgreSQL::Test::Utils::slurp_file("$FindBin::RealBin/../../docs/doctor.md");
	my ($example) = $page =~ /^```sql\n(.*?)^```/ms;
	ok($example, 'there is one') or return;
	sql($_) for ('CREATE ROLE checkout LOGIN', 'ALTER SYSTEM SET log_lock_waits = off', 'SELECT pg_reload_conf()');
	wait_setting('log_lock_waits', 'off');
	my $script = script();
	like($script, qr/^\Q$_\E$/m, $_) for grep { !/^--/ } split /\n/, $example;
	sql('DROP ROLE checkout');
};

done_testing();
