# SPDX-License-Identifier: PostgreSQL
# Node: pg and pg-pool. Without a listener for 'error' events a terminated connection ends the process.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib", "$FindBin::RealBin/../t/lib";

use PgquellTest;
use PgquellTest::Application;
use PgquellTest::Cases;
use PgquellTest::Page;
use Test::More;

plan(skip_all => 'SKIP: pg and pg-pool are not in build/apps; Node was NOT tested')
  unless -d PgquellTest::Application::built('node/node_modules');

new_node(conf => "listen_addresses = '127.0.0.1'\n");

all_cases('pg-pool', world('node'));

done_testing();
