# SPDX-License-Identifier: PostgreSQL
# kick with a PgBouncer in front: its databases wait while theirs is emptied, and always go on afterwards.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use JSON::PP ();
use PgquellTest;
use PgquellTest::Bouncer;
use PgquellTest::Clients;
use PgquellTest::Process;
use Test::More;

plan skip_all => 'there is no pgbouncer: nothing is known about it' unless PgquellTest::Bouncer::program();

my $node = new_node(max_connections => 100);
my $server = 'host=' . $node->host . ' port=' . $node->port;
my $pooler = PgquellTest::Bouncer->new(
	databases => {
		apps => $server,
		shop => "$server dbname=apps",
		away => 'host=/nowhere port=1 dbname=apps',
		other => "$server dbname=postgres" },
	settings => { default_pool_size => 10, max_client_conn => 400 });
my @asked = ('--pgbouncer', $pooler->conninfo);

sub doors { my ($r) = @_; return grep { exists $_->{door} } @{ $r->{json} } }
sub turns { my ($r) = @_; return join ', ', map { "$_->{action} $_->{name} $_->{outcome}" } doors($r) }

# What the console says of a database: "paused disabled".
sub pool
{
	my ($name) = @_;
	my ($row) = grep { $_->{name} eq ($name || 'apps') } $pooler->console('SHOW DATABASES');
	return "$row->{paused} $row->{disabled}";
}

sub inside { return sql(q(SELECT count(*) FROM pg_stat_activity WHERE datname = 'apps')) }

# A client in a transaction, on whichever backend it was given.
sub in_transaction
{
	my ($name) = @_;
	my $s = session(host => '127.0.0.1', port => $pooler->port, database => $name || 'apps');
	$s->query('BEGIN');
	$s->{backend} = $s->query('SELECT pg_backend_pid();');
	wait_for_state($s, state => 'idle in transaction');
	return $s;
}

sub clients
{
	my (%o) = @_;
	return PgquellTest::Clients->new(host => '127.0.0.1', port => $pooler->port, %o)->wait_for_all;
}

sub go_on
{
	my ($clients) = @_;
	my $before = $clients->seen->{statements};
	my $count = $clients->{count};
	wait_for('the clients to go on', sub { $clients->seen->{statements} > $before + 3 * $count });
	return;
}

sub no_errors
{
	my ($clients) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $seen = $clients->seen;
	is_deeply([ $seen->{failed}, $seen->{refused}, $seen->{lost} ], [ {}, {}, 0 ], 'the other clients have seen no error');
	return;
}

case 'PAUSE while it is emptied, and RESUME: only those in a transaction notice' => sub {
	my $clients = clients(count => 20);
	my @s = (in_transaction(), in_transaction());
	my $r = pgquell('kick', '--database', 'apps', '--pause', '--yes', '--json', @asked);
	is_exit($r, 0);
	is(turns($r), 'close apps closed, close shop closed, open apps opened, open shop opened', 'the doors');
	is($r->{json}[0]{door}, 'pgbouncer', 'as what');
	is_action($r, pid => $_->pid, outcome => 'terminated') for @s;
	is(pool('apps') . ' ' . pool('shop'), '0 0 0 0', 'both go on');
	go_on($clients);
	no_errors($clients);
	$_->wait_error('08P01') for map { $_->send('SELECT 1;') } @s;
	is_exit(pgquell('let-in'), 5, 'nothing is left on record');
};

case '300 clients: empty at once, and they wait until let-in' => sub {
	my $clients = clients(count => 300);
	my $s = in_transaction();
	my $r = pgquell('kick', '--database', 'apps', '--keep-out', '--pause', '--yes', '--json', @asked);
	is_exit($r, 0);
	is(turns($r), 'close apps closed, close shop closed, close apps closed', 'the doors');
	is(inside(), 0, 'it is empty');
	is_gone($s);
	is(pool(), '1 0', 'paused');
	wait_for('the clients to wait', sub {
		my ($row) = grep { $_->{database} eq 'apps' } $pooler->console('SHOW POOLS');
		return $row->{cl_waiting} == 300 });
	is(inside(), 0, 'still');
	$r = pgquell('let-in', '--yes', '--json', @asked);
	is_exit($r, 0);
	is(turns($r), 'open apps opened, open apps opened, open shop opened', 'the server first');
	go_on($clients);
	no_errors($clients);
	is(pool(), '0 0', 'it goes on');
};

case 'DISABLE on request: new clients are refused until the end' => sub {
	my $s = in_transaction();
	stop_process($s->pid);
	my $run = pgquell_start('kick', '--database', 'apps', '--pause', '--disable', '--yes', '--json', '--timeout', '60s', @asked);
	wait_for('the signal to be recorded', sub { signals_recorded($s->pid) });
	is(pool(), '1 1', 'both');
	ok(!eval { session(host => '127.0.0.1', port => $pooler->port) }, 'a new client is refused');
	continue_process($s->pid);
	my $r = $run->finish;
	is_exit($r, 0);
	is(pool(), '0 0', 'neither any more');
	my ($enabled) = grep { $_->{action} eq 'open' } doors($r);
	is_deeply($enabled->{after}, { disabled => JSON::PP::false }, 'ENABLE comes before RESUME');
};

for my $signal ('INT', 'TERM')
{
	case "SIG$signal while it drains: RESUME all the same" => sub {
		my $s = in_transaction();
		stop_process($s->pid);
		my $run = pgquell_start('kick', '--database', 'apps', '--pause', '--yes', '--timeout', '60s', @asked);
		wait_for('the signal to be recorded', sub { signals_recorded($s->pid) });
		is(pool(), '1 0', 'paused');
		$run->signal($signal);
		is_exit($run->finish, 130);
		is(pool(), '0 0', 'resumed');
		continue_process($s->pid);
	};
}

case 'kill -9: let-in resumes, by what is on record' => sub {
	my $s = in_transaction();
	stop_process($s->pid);
	my $run = pgquell_start('kick', '--database', 'apps', '--pause', '--disable', '--yes', '--timeout', '60s', @asked);
	wait_for('the signal to be recorded', sub { signals_recorded($s->pid) });
	$run->signal('KILL');
	is($run->finish->{exit}, 'signal 9', 'it was killed');
	continue_process($s->pid);
	is(pool(), '1 1', 'it is held');
	my $r = pgquell('let-in', '--database', 'apps', '--yes', '--json');
	is_exit($r, 0, 'without --pgbouncer');
	is(pool('apps') . ' ' . pool('shop'), '0 0 0 0', 'both go on');
	my ($record) = grep { ($_->{door} // '') eq 'pgbouncer' } audit();
	is($record->{console}, '127.0.0.1:' . $pooler->port, 'the console on record');
	is($record->{console_role}, 'boss', 'and who we were there');
	is($record->{database}, 'apps', 'the database of the server');
};

case 'what somebody else has paused stays so' => sub {
	$pooler->console('PAUSE shop');
	my $r = pgquell('kick', '--database', 'apps', '--pause', '--yes', '--json', @asked);
	is_exit($r, 0);
	is(turns($r), 'close apps closed, close shop over, open apps opened', 'the doors');
	is(pool('apps') . ' ' . pool('shop'), '0 0 1 0', 'as before');
	is_exit(pgquell('let-in'), 5, 'it is not on record');
	$pooler->console('RESUME shop');
};

case 'a door of the server that cannot be closed: nothing stays paused' => sub {
	my $s = session();
	my $b = session(role => 'postgres', database => 'postgres');
	$b->query($_) for 'BEGIN', 'ALTER DATABASE apps CONNECTION LIMIT -1';
	my $r = pgquell('kick', '--database', 'apps', '--pause', '--keep-out', '--yes', '--json', @asked);
	is_exit($r, 4);
	is(turns($r), 'close apps closed, close shop closed, close apps refused, open apps opened, open shop opened', 'the doors');
	is_alive($s);
	is(pool(), '0 0', 'it goes on');
	$b->query('ROLLBACK');
	is_exit(pgquell('let-in'), 5, 'nothing is left on record');
};

case 'only what leads to this database of this server is paused' => sub {
	my $r = pgquell('kick', '--database', 'apps', '--pause', '--yes', '--json', '--dry-run', @asked);
	is_exit($r, 0);
	is(join(' ', map { $_->{name} } doors($r)), 'apps shop', 'these');
	is(pool(), '0 0', 'a dry run pauses nothing');
	sql('CREATE DATABASE lonely');
	my $s = session(database => 'lonely', role => 'postgres');
	$r = pgquell('kick', '--database', 'lonely', '--pause', '--yes', @asked);
	is_exit($r, 4);
	like($r->{err}, qr/no database of a PgBouncer is known to lead to database lonely/, 'why');
	is_alive($s);
};

case 'a console that cannot be used: nobody is terminated' => sub {
	my $s = session();
	my $r = pgquell('kick', '--database', 'apps', '--pause', '--yes', '--pgbouncer', $pooler->conninfo('seer'));
	is_exit($r, 4);
	like($r->{err}, qr/could not close the door of pgbouncer .* database apps: .*admin_users/, 'which list');
	is_alive($s);
	my $free = PostgreSQL::Test::Cluster::get_free_port();
	$r = pgquell('kick', '--database', 'apps', '--pause', '--yes', '--pgbouncer', "host=127.0.0.1 port=$free");
	is_exit($r, 3);
	like($r->{err}, qr/could not use the console of a PgBouncer/, 'why');
	is_alive($s);
};

case 'let-in without its console says so and opens the rest' => sub {
	pgquell('kick', '--database', 'apps', '--pause', '--keep-out', '--yes', '--quiet', @asked);
	$pooler->{process}->signal('STOP');
	my $r = pgquell('let-in', '--yes', '--json', @asked);
	$pooler->{process}->signal('CONT');
	is_exit($r, 4);
	is(turns($r), 'open apps opened, open apps refused, open shop refused', 'the doors');
	like((doors($r))[1]{note}, qr/its console cannot be reached/, 'why');
	is_exit(pgquell('let-in', '--yes', @asked), 0, 'later it goes');
	is(pool('apps') . ' ' . pool('shop'), '0 0 0 0', 'both go on');
};

case 'usage' => sub {
	my %cases = (
		'no console' => [ [ '--database', 'apps', '--pause' ], qr/--pause needs --pgbouncer/ ],
		'no database' => [ [ '--role', 'app', '--disable', @asked ], qr/--disable goes with --database/ ],
		'a pattern' => [ [ '--database', 'ap*', '--pause', @asked ], qr/--pause takes no pattern/ ]);
	for my $what (sort keys %cases)
	{
		my ($args, $text) = @{ $cases{$what} };
		my $r = pgquell('kick', @$args, '--yes');
		is_exit($r, 2, $what);
		like($r->{err}, $text, 'why');
	}
};

$pooler->close;
done_testing();
