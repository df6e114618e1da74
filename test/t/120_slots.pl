# SPDX-License-Identifier: PostgreSQL
# No connection slot is left: a clear message, and which slots there are.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest;
use Test::More;

new_node(max_connections => 12, conf => "superuser_reserved_connections = 3\nmax_wal_senders = 0");
sql('CREATE ROLE killer LOGIN IN ROLE pg_signal_backend, pg_read_all_stats');

# Sessions of this role until the server takes no more.
sub fill_with
{
	my ($role) = @_;
	my $count = 0;
	while ($count < 20 && eval { raw_session(role => $role); 1 })
	{
		$count++;
	}
	return ($count, $@);
}

case 'ordinary slots are full: an ordinary role is told, a superuser still gets in' => sub {
	my ($count, $error) = fill_with('app');
	like($error, qr/^the server closed the connection: 53300/, "full after $count sessions");
	my $r = pgquell('ps', { role => 'killer' });
	is_exit($r, 3);
	is($r->{out}, '', 'nothing on standard output');
	like($r->{err}, qr/^pgquell: error: .*slots/m, 'the server\'s word');
	like($r->{err}, qr/superuser_reserved_connections|reserved/, 'which slots exist');
	is_exit(pgquell('ps'), 0, 'a superuser has its reserved slots');
	my $victim = action(pgquell('ps', '--json', '--application', 'test_raw'));
	is_action(pgquell('terminate', $victim->{pid}, '--json'), exit => 0, outcome => 'terminated');
};

case 'every slot is full: even a superuser is told' => sub {
	fill_with('app');
	my ($count, $error) = fill_with('postgres');
	like($error, qr/too many clients/, "full after $count more");
	my $r = pgquell('terminate', 1, '--json');
	is_exit($r, 3);
	like($r->{err}, qr/too many clients/, 'the server\'s word');
	unlike($r->{out}, qr/\S/, 'nothing on standard output');
};

done_testing();
