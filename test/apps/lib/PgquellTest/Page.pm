# SPDX-License-Identifier: PostgreSQL
# docs/applications.md says what was measured: its rows are made here from what the cases returned, and compared.

package PgquellTest::Page;

use strict;
use warnings;

use Exporter 'import';
use FindBin ();
use Test::More;

use PostgreSQL::Test::Utils ();

our @EXPORT = qw(
  page_says page_rows first_cell
  cell_cancel cell_transaction cell_forgotten cell_error cell_ended cell_requests
);

# Every row that some test measures, by table; the page has these and no others.
my @applications = ('libpq, PQexec', 'libpq, PQsendQuery', 'psycopg_pool', 'psycopg2 pool', 'pg-pool', 'HikariCP');
our %ROWS = (
	versions => \@applications,
	cancel => \@applications,
	terminate => \@applications,
	remedies => [
		'libpq: `PQreset` where `PQstatus` is bad',
		'psycopg_pool: `pool.check()` before use',
		q{pg-pool: `pool.on('error')`},
		q{pg-pool: `client.on('error')`},
		'HikariCP: `aliveBypassWindowMs=0`',
	],
);

my $file = "$FindBin::RealBin/../../docs/applications.md";

# page_says(TABLE, CELL...): the row of that table that begins with the first cell is this one. Where the page is being
# rewritten, the row is handed over instead.
sub page_says
{
	my ($table, @cells) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return fail("\"$cells[0]\" is among the rows of the table \"$table\" in Page.pm")
	  unless grep { $_ eq $cells[0] } @{ $ROWS{$table} };
	my $row = '| ' . join(' | ', @cells) . ' |';
	my ($is) = grep { first_cell($_) eq $cells[0] } page_rows($table);
	if ($ENV{PGQUELL_MEASURED})
	{
		my $name = "$table $cells[0]" =~ s/\W+/_/gr;
		PostgreSQL::Test::Utils::append_to_file("$ENV{PGQUELL_MEASURED}/$name", "$table\t$row\n");
	}
	return pass("$cells[0] is rewritten") if $ENV{PGQUELL_REWRITE} && defined $is;
	# Another point release of a driver is worth a word; what it does is compared all the same.
	if ($table eq 'versions' && defined $is && $is ne $row)
	{
		diag("measured with other versions than docs/applications.md names: $row");
		return pass("$cells[0] is measured");
	}
	return is($is, $row, "docs/applications.md, table \"$table\", says what was measured (refresh: make check-apps REWRITE=1)");
}

# The rows of a table, without its head: the lines after "<!-- measured: TABLE -->" and two more.
sub page_rows
{
	my ($table) = @_;
	my $text = PostgreSQL::Test::Utils::slurp_file($file);
	my ($lines) = $text =~ /^<!-- measured: \Q$table\E -->\n((?:\|.*\n)+)/m
	  or die "docs/applications.md has no table \"$table\"\n";
	my @rows = split /\n/, $lines;
	return @rows[ 2 .. $#rows ];
}

sub first_cell
{
	my ($row) = @_;
	return $row =~ /^\| (.*?) \|/ ? $1 : '';
}

# ---- words ----

sub cell_error
{
	my ($error) = @_;
	return "`$error->{name}` " . ($error->{sqlstate} ? "`$error->{sqlstate}`" : 'without SQLSTATE');
}

sub cell_cancel
{
	my ($fact) = @_;
	return cell_error($fact->{error}) . ', ' . kept($fact);
}

sub cell_transaction
{
	my ($fact) = @_;
	return cell_error($fact->{error}) . ", then `$fact->{between}{sqlstate}` until the rollback, " . kept($fact);
}

sub cell_forgotten
{
	my ($fact) = @_;
	my $next = $fact->{error} ? 'the next user gets ' . cell_error($fact->{error}) : 'the pool rolls back';
	return "$next, " . kept($fact);
}

sub kept
{
	my ($fact) = @_;
	return $fact->{kept} ? 'kept' : 'dropped';
}

# The next statement's error, and the one after that where it differs.
sub cell_ended
{
	my ($fact) = @_;
	my ($error, $again) = map { $_ ? cell_error($_) : '' } @$fact{qw(error again)};
	return $again && $again ne $error ? "$error, then $again" : $error;
}

sub cell_requests
{
	my ($fact) = @_;
	return 'no error' unless $fact->{errors};
	my $many = $fact->{errors} == 1 ? '1 error' : "$fact->{errors} errors";
	return "$many (" . cell_error($fact->{first}) . ')';
}

1;
