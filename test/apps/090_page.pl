# SPDX-License-Identifier: PostgreSQL
# The tables of docs/applications.md have a row for everything that the other tests measure, and nothing else.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellTest::Page;
use Test::More;

for my $table (sort keys %PgquellTest::Page::ROWS)
{
	is_deeply([ map { first_cell($_) } page_rows($table) ], $PgquellTest::Page::ROWS{$table}, "rows of \"$table\"");
}

done_testing();
