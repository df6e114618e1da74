# SPDX-License-Identifier: PostgreSQL
# The configuration file: named clusters, protected sessions, defaults, and files that are refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

my $password = 'correct horse';
my $two = new_node(name => 'two', hba => 'local all guarded md5');
sql("CREATE ROLE guarded LOGIN PASSWORD '$password'");
sql('GRANT pg_monitor TO guarded');
sql('CREATE ROLE replicator LOGIN');
my $one = new_node(name => 'one');
sql('CREATE ROLE replicator LOGIN');

# Writes a configuration file and answers what to hand to pgquell to have it as the user's own.
sub configured
{
	my ($text, %o) = @_;
	my $home = PostgreSQL::Test::Utils::tempdir('config');
	mkdir "$home/pgquell" or die "could not create $home/pgquell: $!";
	my $file = "$home/pgquell/config.yaml";
	open my $fh, '>', $file or die "could not write $file: $!";
	print $fh $text;
	close $fh or die "could not write $file: $!";
	chmod $o{mode} || 0600, $file or die "could not change the mode of $file: $!";
	return ($file, { env => { XDG_CONFIG_HOME => $home, %{ $o{env} || {} } } });
}

sub place
{
	my ($node) = @_;
	return 'host=' . $node->host . ' port=' . $node->port . ' user=postgres';
}

# Both, and whatever else is to stand at the top.
sub clusters
{
	my ($more) = @_;
	return ($more || '') . "clusters:\n  one: { conninfo: \"" . place($one) . "\" }\n"
	  . "  two: { conninfo: \"" . place($two) . "\" }\n";
}

# No PG* variable says anything about a server.
my %unset = map { $_ => undef } qw(PGHOST PGPORT PGUSER);

# The applications that a listing shows, without those that come and go.
sub applications
{
	my ($r) = @_;
	return join ' ', sort grep { /^on_/ } map { $_->{application} } @{ $r->{json} };
}

sub is_on
{
	my ($r, $where) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_exit($r, 0);
	return is(applications($r), "on_$where", "it is $where");
}

sub one_session_each
{
	return (session(node => $one, application => 'on_one'),
		session(node => $two, application => 'on_two'));
}

# Exit 2, the error, nothing on standard output.
sub is_bad
{
	my ($r, $text, $hint) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_exit($r, 2);
	like($r->{err}, $text, 'the error');
	like($r->{err}, $hint, 'the hint') if $hint;
	is($r->{out}, '', 'nothing on standard output');
	return;
}

case 'clusters are told apart by name, before and behind the command' => sub {
	my @sessions = one_session_each();
	my (undef, $o) = configured(clusters());
	is_on(pgquell('--cluster', 'one', 'ps', '--json', $o), 'one');
	is_on(pgquell('--cluster=two', 'ps', '--json', $o), 'two');
	is_on(pgquell('ps', '--json', '--cluster', 'two', $o), 'two');
};

case 'actions go to the named cluster' => sub {
	my ($first, $second) = one_session_each();
	my (undef, $o) = configured(clusters());
	my $r = pgquell('terminate', '--cluster', 'two', '--application', 'on_*', '--json', $o);
	is_action($r, exit => 0, outcome => 'terminated', application => 'on_two');
	is_alive($first);
};

case 'the command line changes parts of the conninfo string' => sub {
	my @sessions = one_session_each();
	my (undef, $o) = configured(clusters());
	my @at_one = ('-h', $one->host, '-p', $one->port);
	is_on(pgquell('--cluster', 'two', 'ps', '--json', @at_one, $o), 'one');
	is_on(pgquell('--cluster', 'two', 'ps', '--json', '-d', place($one), $o), 'one');
	my $uri = 'postgresql:///apps?host=' . $one->host . '&port=' . $one->port;
	is_on(pgquell('--cluster', 'two', 'ps', '--json', '-d', $uri, $o), 'one');
	is_on(pgquell('--cluster', 'two', 'ps', '--json', '-d', 'apps', $o), 'two');
	my $r = pgquell('--cluster', 'two', 'ps', '-d', 'no_such_database', $o);
	is_exit($r, 3, 'another database of the same server');
	like($r->{err}, qr/no_such_database/, 'which is not there');
	$r = pgquell('--cluster', 'two', 'ps', '-U', 'no_such_role', $o);
	is_exit($r, 3, 'another role');
	like($r->{err}, qr/no_such_role/, 'which is not there');
};

case 'what a cluster leaves out comes from the environment, and the database is postgres' => sub {
	my @sessions = one_session_each();
	my (undef, $o) = configured("clusters: { here: { conninfo: '' } }\n",
		env => { PGPORT => $two->port, PGHOST => $two->host });
	is_on(pgquell('--cluster', 'here', 'ps', '--json', $o), 'two');
};

case 'the default cluster is meant where nothing names a server' => sub {
	my @sessions = one_session_each();
	my (undef, $o) = configured(clusters("cluster: two\n"), env => \%unset);
	is_on(pgquell('ps', '--json', $o), 'two');
	is_on(pgquell('ps', '--json', '-d', 'apps', '-U', 'postgres', $o), 'two');
	is_on(pgquell('ps', '--json', '--cluster', 'one', $o), 'one');
	is_on(pgquell('ps', '--json', '-h', $one->host, '-p', $one->port, '-U', 'postgres', $o), 'one');
	is_on(pgquell('ps', '--json', '-d', place($one), $o), 'one');
	my %named = (
		PGHOST => '/nonexistent',
		PGHOSTADDR => 'nowhere',
		PGPORT => PostgreSQL::Test::Cluster::get_free_port());
	for my $variable (sort keys %named)
	{
		(undef, $o) = configured(clusters("cluster: two\n"),
			env => { %unset, $variable => $named{$variable} });
		is_exit(pgquell('ps', $o), 3, "$variable names another");
	}
	my $services = PostgreSQL::Test::Utils::tempdir('services') . '/pg_service.conf';
	PostgreSQL::Test::Utils::append_to_file($services, "[here]\n" . place($one) =~ s/ /\n/gr . "\n");
	(undef, $o) = configured(clusters("cluster: two\n"),
		env => { %unset, PGSERVICEFILE => $services, PGSERVICE => 'here' });
	is_on(pgquell('ps', '--json', '-d', 'apps', $o), 'one');
};

case 'an unknown cluster is answered with the known ones' => sub {
	my ($file, $o) = configured(clusters());
	is_bad(pgquell('--cluster', 'onne', 'ps', $o),
		qr/unknown cluster "onne" \(did you mean "one"\?\)/, qr/Configured: one, two\./);
	my (undef, $empty) = configured("grace: 5s\n");
	is_bad(pgquell('--cluster', 'one', 'ps', $empty), qr/none is configured/, qr/clusters/);
	my $home = PostgreSQL::Test::Utils::tempdir('nothing');
	is_bad(
		pgquell('--cluster', 'one', 'ps', { env => { XDG_CONFIG_HOME => $home } }),
		qr/there is no configuration file/,
		qr{\Q$home\E/pgquell/config\.yaml and /etc/pgquell/config\.yaml});
};

case 'without XDG_CONFIG_HOME it is ~/.config' => sub {
	my ($file, $o) = configured(clusters());
	my $home = PostgreSQL::Test::Utils::tempdir('home');
	rename $o->{env}{XDG_CONFIG_HOME}, "$home/.config" or die "could not rename: $!";
	is_exit(
		pgquell('--cluster', 'one', 'ps', { env => { XDG_CONFIG_HOME => undef, HOME => $home } }), 0);
};

case 'a protected role is refused by hand, with the line, and passed over by filters' => sub {
	my $s = session(role => 'replicator', database => 'postgres', application => 'standby1');
	$s->in_transaction;
	my ($file, $o) = configured("grace: 5s\nprotect:\n  - { role: [replicator, backup] }\n");
	for my $command (qw(cancel terminate stop))
	{
		is_action(
			pgquell($command, $s->pid, '--json', $o),
			exit => 4,
			outcome => 'refused',
			plan => [],
			text => qr/it is protected by \Q$file\E:3; --allow protected/);
	}
	my $r = pgquell('terminate', '--role', 'replicator', '--yes', '--json', $o);
	is_exit($r, 5, 'a filter does not pick it');
	like($r->{err}, qr/protected by \Q$file\E:3/, 'and says why');
	is_alive($s);
	is_action(pgquell('terminate', $s->pid, '--json', '--allow', 'protected', $o),
		exit => 0, outcome => 'terminated');
	is_gone($s);
};

case 'entries of the cluster and of the top add up, and all of one has to hold' => sub {
	my $dump = session(application => 'pg_dump nightly');
	my $web = session(application => 'web');
	my $pay = session(application => 'payroll');
	my (undef, $o) = configured("protect: { application: 'pg_dump*', database: apps }\n"
		  . "clusters:\n  one:\n    conninfo: \"" . place($one) . "\"\n"
		  . "    protect: [{ application: payroll, role: [app] }, { application: web, role: other }]\n");
	my @filters = map { ('--application', $_) } 'pg_dump*', 'web', 'payroll';
	my $r = pgquell('terminate', '--cluster', 'one', @filters, '--yes', '--json', $o);
	is_exit($r, 0);
	is_deeply([ map { $_->{pid} } @{ $r->{json} } ], [ $web->pid ], 'only what nothing protects');
	is_alive($_) for $dump, $pay;
	$r = pgquell('terminate', $pay->pid, '--json', $o);
	is_action($r, exit => 0, outcome => 'terminated');    # not under its cluster's name
};

case 'a session that takes a protected name meanwhile is left alone' => sub {
	my $s = session(application => 'web');
	my (undef, $o) = configured("protect: { application: 'pg_dump*' }\n");
	my $run = pgquell_pty('terminate', $s->pid, $o);
	$run->wait_output(qr/Terminate 1 session\?/);
	$s->query(q{SET application_name = 'pg_dump'});
	wait_for_state($s, application_name => 'pg_dump');
	$run->write("y\n");
	$run->finish;
	is_alive($s);
};

case 'an action needs a reason where a file demands one' => sub {
	my $s = session();
	my ($file, $o) = configured("# ours\nrequire_reason: true\n");
	for my $arguments ([], [ '--reason', ' ' ])
	{
		is_bad(pgquell('terminate', $s->pid, @$arguments, $o),
			qr/reason is missing: \Q$file\E:2 demands/, qr/--reason TEXT/);
	}
	is_exit(pgquell('terminate', $s->pid, '--dry-run', $o), 0, 'a dry run needs none');
	is_exit(pgquell('ps', $o), 0, 'nor does a listing');
	is_exit(pgquell('log', $o), 0, 'nor the trail');
	is_alive($s);
	is_action(pgquell('terminate', $s->pid, '--json', '--reason', 'why', $o),
		exit => 0, outcome => 'terminated');
};

case 'limit, timeout and pace are the defaults, and the command line overrides' => sub {
	my @sessions = map { session(application => 'many') } 1 .. 2;
	my (undef, $o) = configured("limit: 1\npace: 60/min\n");
	my @many = ('terminate', '--application', 'many', '--yes', '--json');
	my $r = pgquell(@many, $o);
	is_exit($r, 4);
	like($r->{err}, qr/more than --limit 1/, 'the limit');
	$r = pgquell(@many, '--limit', '2', $o);
	is_exit($r, 0);
	my ($last) = reverse sort { $a <=> $b } map { $_->{elapsed_ms} } @{ $r->{json} };
	cmp_ok($last, '>=', 900, 'the second waited for the pace');
	my $deaf = session()->swallowing;
	(undef, $o) = configured("timeout: 300ms\n");
	is_action(pgquell('cancel', $deaf->pid, '--json', $o), exit => 1, outcome => 'survived');
	(undef, $o) = configured("grace: 1h\n");
	is_action(pgquell('stop', $deaf->pid, '--json', '--grace', '200ms', $o),
		exit => 0, outcome => 'terminated');
};

case 'operator and audit are those of the file, for log too' => sub {
	my $directory = PostgreSQL::Test::Utils::tempdir('audit');
	my (undef, $o) = configured("operator: night-shift\naudit: $directory/team.db\n");
	my $r = pgquell('log', $o);
	is_exit($r, 0, 'no trail yet is no error');
	my $s = session();
	is_exit(pgquell('terminate', $s->pid, $o), 0);
	ok(-e "$directory/team.db", 'the store is there');
	$r = pgquell('log', '--json', $o);
	is($r->{json}[0]{operator}, 'night-shift', 'the operator');
	$s = session();
	is_exit(pgquell('terminate', $s->pid, '--operator', 'jane', $o), 0);
	is(pgquell('log', '--json', $o)->{json}[1]{operator}, 'jane', 'the command line overrides');
	is(scalar @{ pgquell('log', '--json', { env => { XDG_CONFIG_HOME => '/nonexistent' } })->{json} },
		0, 'nothing in the usual place') unless -e state_home() . '/pgquell/audit.db';
	my (undef, $of_one) = configured("clusters: { one: { conninfo: '', audit: $directory/team.db } }\n");
	is(scalar @{ pgquell('log', '--json', '--cluster', 'one', $of_one)->{json} }, 2, 'by its cluster');
};

case 'a bad file is one error with its place, and nothing is sent' => sub {
	my $s = session();
	my @bad = (
		[ "grcae: 5s\n", qr/:1:1: unknown key "grcae" \(did you mean "grace"\?\)/ ],
		[ "a: b\n c: d\n", qr/:2:3: / ],
		[ "grace:\n\t- 5s\n", qr/:2:1: a tab cannot indent/ ],
		[ "limit: 10\ngrace: 5\n", qr/:2:8: grace: invalid duration "5"/ ],
		[ "protect: [{ stat: idle }]\n", qr/:1:13: unknown predicate "stat"/ ],
		[ "clusters:\n  one: { conninfo: \"hots=db1\" }\n", qr/:2:20: conninfo: .*"hots"/ ],
		[ "pgbouncers: [ 'host=a', nonsense ]\n", qr/:1:25: pgbouncers: missing "="/ ],
		[ "a: \xff\n", qr/:1:4: invalid/ ]);
	for my $bad (@bad)
	{
		my ($file, $o) = configured($bad->[0]);
		is_bad(pgquell('terminate', $s->pid, $o), qr/error: \Q$file\E$bad->[1]/);
		is_bad(pgquell('log', $o), qr/error: \Q$file\E$bad->[1]/);
	}
	is_alive($s);
	is_exit(pgquell('terminate', '--help', (configured("grcae: 5s\n"))[1]), 0, '--help still helps');
};

case 'text from a file cannot act on the terminal' => sub {
	my (undef, $o) = configured(qq("gra\\e[31mce": 5s\n));
	my $r = pgquell('ps', $o);
	is_exit($r, 2);
	unlike($r->{err}, qr/\e/, 'no escape');
};

case 'consoles of PgBouncer are read' => sub {
	my (undef, $o) = configured(clusters("pgbouncers:\n  - host=a port=6432\n  - 'postgresql://b/pgbouncer'\n"));
	is_exit(pgquell('--cluster', 'one', 'ps', $o), 0);
};

case 'a file that others may write to is refused' => sub {
	for my $mode (0620, 0602, 0666)
	{
		my ($file, $o) = configured(clusters(), mode => $mode);
		is_bad(pgquell('ps', $o), qr/"\Q$file\E": others than its owner may write/, qr/chmod go-w/);
		is_bad(pgquell('ps', '--config', $file), qr/others than its owner may write/);
	}
	my ($file, $o) = configured(clusters(), mode => 0644);
	is_exit(pgquell('ps', $o), 0, 'all may read it');
};

case 'a file that cannot be read is an error' => sub {
	my ($file, $o) = configured(clusters());
	chmod 0000, $file;
	if (-r $file)
	{
	  SKIP: { skip 'nothing is unreadable for root', 1; }
		return;
	}
	is_bad(pgquell('ps', $o), qr/could not read configuration file "\Q$file\E": Permission denied/);
};

case 'a password makes a file private' => sub {
	my $text = "clusters:\n  two: { conninfo: \"" . place($two)
	  . " user=guarded password='$password'\" }\n";
	my ($file, $o) = configured($text);
	is_exit(pgquell('--cluster', 'two', 'ps', '-w', $o), 0, 'it is used');
	($file, $o) = configured($text, mode => 0644);
	my $r = pgquell('ps', $o);    # whichever cluster is meant
	is_bad($r, qr/\Q$file\E:2:20: conninfo: it has a password, and others may read/, qr/chmod 0600/);
	unlike($r->{err}, qr/horse/, 'which is not shown');
};

case '--config takes the place of the usual files' => sub {
	my @sessions = one_session_each();
	my ($file) = configured(clusters());
	my (undef, $bad) = configured("nonsense\n");
	is_on(pgquell('--config', $file, '--cluster', 'two', 'ps', '--json', $bad), 'two');
	is_exit(pgquell('ps', '--config', '/dev/null', $bad), 0, '/dev/null is no configuration');
	is_bad(pgquell('ps', '--config', "$file.missing"), qr/could not read configuration file ".*missing"/);
	is_bad(pgquell('ps', '--config', '/'), qr/not a regular file/);
};

case 'the usual file may be missing' => sub {
	is_exit(pgquell('ps', { env => { XDG_CONFIG_HOME => '/nonexistent' } }), 0);
	is_exit(pgquell('ps', { env => { XDG_CONFIG_HOME => undef, HOME => undef } }), 0, 'without HOME');
};

done_testing();
