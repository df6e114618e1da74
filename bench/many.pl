# SPDX-License-Identifier: PostgreSQL
# a thousand sessions ended: runs bench/many.c on a private server

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellBench;

bench('many', max_connections => 1100);
