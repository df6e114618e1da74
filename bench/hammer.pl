# SPDX-License-Identifier: PostgreSQL
# cancels aimed at one statement each: runs bench/hammer.c on a private server

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PgquellBench;

bench('hammer', max_connections => 40);
