# SPDX-License-Identifier: PostgreSQL
# The command line: connection, help, mistakes, pipes, and docs that say what --help says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

my $password = 'correct horse';
new_node(hba => "local all guarded md5\nlocal all nobody_may reject");
sql("CREATE ROLE guarded LOGIN PASSWORD '$password'");
sql('CREATE ROLE nobody_may LOGIN');

my @commands = qw(status ps tree cancel terminate stop kick let-in rollback-prepared log doctor demo help);

# No connection: exit 3, a message, nothing on standard output.
sub no_connection
{
	my ($r, $text) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_exit($r, 3);
	like($r->{err}, qr/^pgquell: error: /, 'a message of ours');
	like($r->{err}, $text, 'with the reason');
	is($r->{out}, '', 'nothing on standard output');
	return;
}

case 'a wrong password: exit 3' => sub {
	no_connection(pgquell('ps', { role => 'guarded', env => { PGPASSWORD => 'wrong' } }),
		qr/password authentication failed/);
	is_exit(pgquell('ps', { role => 'guarded', env => { PGPASSWORD => $password } }), 0, 'the right one');
	no_connection(pgquell('ps', '-w', { role => 'guarded' }), qr/password/);
};

case 'a password is asked for on a terminal, and not shown' => sub {
	my $run = pgquell_pty('ps', { role => 'guarded' });
	$run->wait_output(qr/[Pp]assword/);
	$run->write("$password\n");
	my $r = $run->finish;
	is_exit($r, 0);
	unlike($r->{out}, qr/horse/, 'not echoed');
};

case 'no server, no such host, no such database, a role that may not: exit 3' => sub {
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	no_connection(pgquell('ps', { env => { PGPORT => $port } }), qr/$port/);
	no_connection(pgquell('ps', '-h', '/nonexistent'), qr/nonexistent/);
	no_connection(pgquell('ps', '-h', 'localhost', '-p', '99999'), qr/port/);
	no_connection(pgquell('ps', '-h', 'no.such.host.invalid'), qr/no\.such\.host/);
	no_connection(pgquell('ps', '-d', 'no_such_database'), qr/no_such_database/);
	no_connection(pgquell('ps', '-U', 'nobody_may'), qr/reject/);
};

case 'a connection error in JSON mode leaves standard output empty' => sub {
	no_connection(pgquell('ps', '--json', '-h', '/nonexistent'), qr/nonexistent/);
};

case 'connection options are those of psql' => sub {
	my ($host, $port) = (node()->host, node()->port);
	my %none = (PGHOST => undef, PGPORT => undef, PGUSER => undef);
	my @ways = (
		[ '-h', $host, '-p', $port, '-U', 'postgres' ],
		["-h$host", "-p$port", '-Upostgres', '-dapps' ],
		[ "--host=$host", "--port=$port", '--username=postgres', '--dbname=apps' ],
		[ '-d', "host=$host port=$port user=postgres dbname=apps" ],
		[ '-d', 'postgresql://postgres@/apps?host=' . $host =~ s{/}{%2F}gr . "&port=$port" ]);
	for my $way (@ways)
	{
		my $r = pgquell('ps', @$way, { env => \%none });
		is_exit($r, 0, "ps @$way");
		is_exit(pgquell(@$way, 'ps', { env => \%none }), 0, 'in front of the command too');
	}
};

case 'the session that it holds is recognisable, and gone afterwards' => sub {
	my $s = session()->swallowing;
	my $run = pgquell_start('stop', $s->pid, '--operator', 'jane', '--ticket', 'OPS-5', '--grace', '1s');
	my $name = wait_for('its session',
		sub { sql(q{SELECT min(application_name) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%'}) });
	is($name, 'pgquell jane OPS-5', 'application_name');
	$run->finish;
	wait_for('its session to be gone',
		sub { sql(q{SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgquell%'}) == 0 });
};

# Exit 2, the one error, the hint.
sub misused
{
	my ($arguments, $text) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $r = pgquell(@$arguments);
	is_exit($r, 2, "exit 2: pgquell @$arguments");
	like($r->{err}, $text, 'the error');
	like($r->{err}, qr/[Tt]ry .*--help/, 'the hint');
	is($r->{out}, '', 'nothing on standard output');
	return;
}

case 'a typing error is answered with the nearest name' => sub {
	misused([ 'ps', '--aplication', 'x' ], qr/--aplication.*--application/s);
	misused([ 'terminat', '1' ], qr/terminat.*terminate/s);
	misused([ 'log', 'verifi' ], qr/verifi/);
	misused([ 'ps', '--state', 'activ' ], qr/activ.*active/s);
	misused([ 'ps', '-Z' ], qr/-Z/);
	misused([ 'ps', '--json=yes' ], qr/option "--json" takes no value/);
	misused([ 'ps', '-Zq' ], qr/unknown option "-Z"/);
};

case 'an option may be shortened as far as it stays unambiguous' => sub {
	misused([ 'stop', '--sta', 'x' ], qr/option "--sta" is ambiguous.*--state or --statement-longer/s);
	is_exit(pgquell('ps', '--js'), 0, 'one that is not');
};

case 'help shows the pages of --help' => sub {
	is(pgquell('help')->{out}, pgquell('--help')->{out}, 'the overview');
	for my $command (@commands)
	{
		my $r = pgquell('help', $command, { env => { PGHOST => '/nonexistent' } });
		is_exit($r, 0);
		is($r->{out}, pgquell($command, '--help')->{out}, $command);
	}
	misused([ 'help', 'terminat' ], qr/unknown command "terminat".*terminate/s);
	misused([ 'help', 'ps', 'stop' ], qr/unexpected word "stop"/);
};

case 'a closed pipe ends it quietly' => sub {
	my @sessions = map { session() } 1 .. 5;
	my $r = pgquell('ps', { wrap => [ 'sh', '-c', '"$@" | head -n 0; exit 0', 'sh' ] });
	is($r->{err}, '', 'no complaint');
	is_exit($r, 0);
};

case 'a full device is an error, not silence' => sub {
	my $r = pgquell('ps', { wrap => [ 'sh', '-c', 'exec "$@" >/dev/full', 'sh' ] });
	isnt($r->{exit}, 0, 'not a success');
	like($r->{err}, qr/standard output|could not write|No space/, 'the message');
};

case '--version and --help go to standard output and need no server' => sub {
	my %nowhere = (env => { PGHOST => '/nonexistent' });
	for my $option ('--version', '-V')
	{
		my $r = pgquell($option, \%nowhere);
		is_exit($r, 0);
		like($r->{out}, qr/^pgquell \d+\.\d+/, $option);
	}
	for my $arguments (['--help'], ['-?'], map { [ $_, '--help' ] } @commands)
	{
		my $r = pgquell(@$arguments, \%nowhere);
		is_exit($r, 0);
		like($r->{out}, qr/[Uu]sage:?\s+pgquell/, "pgquell @$arguments");
		is($r->{err}, '', 'nothing on standard error');
		my ($longest) = sort { $b <=> $a } map { length } split /\n/, $r->{out};
		cmp_ok($longest, '<=', 80, 'no line is wider than 80 columns');
	}
	my $all = pgquell('--help', \%nowhere);
	like($all->{out}, qr/^\s+\Q$_\E\b/m, "$_ is in the list") for @commands;
};

# The text between the first pair of ``` in a page is its synopsis.
for my $command (@commands)
{
	my $page = "$FindBin::RealBin/../../docs/$command.md";
	case "docs/$command.md has the synopsis of --help" => sub {
		my $text = PostgreSQL::Test::Utils::slurp_file($page);
		my ($synopsis) = $text =~ /^```[^\n]*\n(.*?)^```/ms;
		ok($synopsis, 'there is a synopsis') or return;
		my $help = pgquell($command, '--help')->{out};
		for ($synopsis, $help) { s/[ \t]+/ /g; s/ $//mg; }
		cmp_ok(index($help, $synopsis =~ s/\s+\z//r), '>=', 0, 'the help has it, word for word')
		  or diag("synopsis:\n$synopsis\nhelp:\n$help");
	};
}

done_testing();
