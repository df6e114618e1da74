# SPDX-License-Identifier: PostgreSQL
# A bench program on a private server; its figures are its output.

package PgquellBench;

use strict;
use warnings;

use Exporter 'import';
use FindBin ();
use lib "$FindBin::RealBin/../test/t/lib";
use Test::More;

use PgquellTest;

our @EXPORT = qw(bench);

# bench($name, max_connections =>): the program exits with 0 also when a ratio is over its limit.
sub bench
{
	my ($name, %o) = @_;
	my $node = new_node(
		max_connections => $o{max_connections},
		fixtures => 0,
		conf => "log_statement = none\nautovacuum = off\n" . ($ENV{BENCH_CONF} || ''));
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGDATABASE} = 'postgres';
	local $ENV{XDG_STATE_HOME} = state_home();
	my $program = ($ENV{PGQUELL_BENCH} || "$FindBin::RealBin/../build/bench") . "/$name";
	open my $figures, '-|', $program or die "could not run $program: $!\n";
	while (my $line = <$figures>) { note $line; }
	close $figures;
	is($?, 0, "$name ran to its end");
	done_testing();
	return;
}

1;
