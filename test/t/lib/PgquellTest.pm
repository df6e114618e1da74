# SPDX-License-Identifier: PostgreSQL
# What every TAP test of pgquell shares: a private cluster, sessions in known states, and pgquell runs.

=pod

=head1 SYNOPSIS

  use PgquellTest;

  new_node();                                   # the current node, started, with fixtures
  case 'a running SELECT is cancelled' => sub {
      my $s = session()->busy;                  # active in pg_sleep, its pid known
      my $r = pgquell('cancel', $s->pid, '--json');
      is_action($r, exit => 0, outcome => 'cancelled', plan => ['cancel']);
      $s->wait_error('57014');
  };
  done_testing();

Nothing here sleeps: whatever has to be waited for is polled with a deadline. Every process, session and
stopped backend of a case is ended, by its pid, when the case ends.

=cut

package PgquellTest;

use strict;
use warnings;

use Exporter 'import';
use FindBin ();
use JSON::PP ();
use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();

use PgquellTest::Process;
use PgquellTest::Raw;
use PgquellTest::Session;

our @EXPORT = qw(
  new_node cold_standby node major sql case
  session raw_session unread_session half_query_session activity is_alive is_gone wait_for wait_for_state wait_gone
  close_later stop_process continue_process hold_commits
  pgquell pgquell_start pgquell_pty state_home new_state_home
  is_action is_exit action text_of steps_of step_count
  audit audit_of audit_kinds signals_recorded log_count
);

our $DEADLINE_S = $ENV{PGQUELL_TEST_TIMEOUT} || 30;

my $binary = $ENV{PGQUELL} || "$FindBin::RealBin/../../build/pgquell";
my $node;
my $state_home;
my %admin;                                      # node name => administrator's session
my (@opened, @stopped, @results);               # of the running case

# The contract: these keys, no other, in every object.
our @SESSION_KEYS = qw(session pid role database application client backend_type leader_pid state
  wait_event_type wait_event backend_start xact_start query_start state_change session_s transaction_s
  statement_s state_s xid xmin query_id query);
our @ACTION_KEYS = qw(session pid role database application client backend_type scope plan reason
  steps outcome elapsed_ms state_before state_after locks_before locks_after waiters_before
  waiters_after note);

# ---- the cluster ----

# new_node(name =>, max_connections =>, conf =>, hba =>, streaming =>, fixtures =>): a started private
# cluster, which becomes the current one. Its superuser is postgres, whoever runs the tests.
sub new_node
{
	my (%o) = @_;
	$ENV{PG_REGRESS} ||= '/bin/true';           # only configures authentication on Windows
	$ENV{PGUSER} = 'postgres';
	my $new = PostgreSQL::Test::Cluster->new($o{name} || 'main');
	$new->init(
		extra => [ '-U', 'postgres', '-E', 'UTF8', '--locale=C' ],
		allows_streaming => $o{streaming} || 1);
	my $max = $o{max_connections} || 40;
	$new->append_conf('postgresql.conf', <<"CONF");
shared_buffers = 8MB
max_connections = $max
fsync = off
autovacuum_naptime = 1s
log_error_verbosity = verbose
log_timezone = 'UTC'
CONF
	$new->append_conf('postgresql.conf', $o{conf}) if $o{conf};
	prepend_hba($new, $o{hba}) if $o{hba};
	$new->start;
	$node = $new;
	fixtures() unless defined $o{fixtures} && !$o{fixtures};
	return $new;
}

sub prepend_hba
{
	my ($n, $lines) = @_;
	my $file = $n->data_dir . '/pg_hba.conf';
	my $rest = PostgreSQL::Test::Utils::slurp_file($file);
	open my $fh, '>', $file or die "could not write $file: $!";
	print $fh "$lines\n$rest";
	close $fh or die "could not write $file: $!";
	return;
}

# Ordinary roles, and a table of ten rows to lock.
sub fixtures
{
	sql($_) for (
		'CREATE ROLE app LOGIN',
		'CREATE ROLE report LOGIN',
		'CREATE DATABASE apps OWNER app');
	my $s = session(role => 'app', keep => 1);
	$s->query('CREATE TABLE account (id int PRIMARY KEY, balance int);');
	$s->query('INSERT INTO account SELECT i, 0 FROM generate_series(1, 10) i;');
	$s->query('GRANT ALL ON account TO report;');
	$s->close;
	return;
}

# A hot standby of the current node, from a copy of its stopped data directory, since only some of the
# servers come with pg_basebackup. The current node stays the current one.
sub cold_standby
{
	my (%o) = @_;
	forget_admin($node);
	$node->stop;
	$node->backup_fs_cold('cold');
	$node->start;
	my $standby = PostgreSQL::Test::Cluster->new($o{name} || 'standby');
	$standby->init_from_backup($node, 'cold', has_streaming => 1);
	$standby->append_conf('postgresql.conf', $o{conf}) if $o{conf};
	$standby->start;
	return $standby;
}

sub node
{
	$node = $_[0] if @_;
	return $node;
}

# Of the server that the tests are run with; known before there is a node.
sub major
{
	my $version = qx{pg_config --version};
	return $version =~ /(\d+)/ ? $1 : die "pg_config gives no version: $version\n";
}

# One value, or the rows as text, for the administrator of the current node (or of $o{node}).
sub sql
{
	my ($sql, %o) = @_;
	my $n = $o{node} || $node;
	my $admin = $admin{ $n->name };
	if (!$admin || !$admin->running)
	{
		$admin = $admin{ $n->name } = PgquellTest::Session->new(
			node => $n,
			role => 'postgres',
			database => 'postgres',
			application => 'test_admin',
			deadline => $DEADLINE_S);
	}
	return $admin->query_or_die($sql);
}

sub forget_admin
{
	my ($n) = @_;
	my $admin = delete $admin{ $n->name };
	$admin->close if $admin;
	return;
}

# ---- sessions ----

# session(role =>, database =>, application =>, node =>, drop =>, options =>, host =>, port =>): psql under our
# control.
# drop: the client closes its connection at the first error, as some applications do.
sub session
{
	my (%o) = @_;
	my $s = PgquellTest::Session->new(
		node => $node,
		role => 'app',
		database => 'apps',
		application => 'test_app',
		deadline => $DEADLINE_S,
		%o);
	push @opened, $s unless $o{keep};
	return $s;
}

# The same on a bare socket, for what psql cannot do: see PgquellTest::Raw.
sub raw_session
{
	my (%o) = @_;
	my $s = PgquellTest::Raw->new(
		node => $node,
		role => 'app',
		database => 'apps',
		application => 'test_raw',
		deadline => $DEADLINE_S,
		%o);
	push @opened, $s unless $o{keep};
	return $s;
}

# A session whose client does not read: active, ClientWrite. The one row is far larger than what sockets buffer,
# so that the server cannot get to the end of it, where it would notice a cancel.
sub unread_session
{
	my (%o) = @_;
	my $s = session(database => 'postgres', %o);
	sql('SELECT pg_advisory_lock(4711)');
	$s->waiting(q{SELECT repeat('x', 20000000) FROM (SELECT pg_advisory_lock(4711)) s;});
	stop_process($s->client_pid);
	sql('SELECT pg_advisory_unlock(4711)');
	wait_for_state($s, state => 'active', wait_event => 'ClientWrite');
	return $s;
}

# A session that waits for the rest of an extended query: active, ClientRead. Parse, Bind and Execute were
# sent with a Flush, and no Sync.
sub half_query_session
{
	my (%o) = @_;
	my $s = raw_session(%o);
	$s->send_message('P', "\0SELECT 1\0" . pack('n', 0));
	$s->send_message('B', "\0\0" . pack('nnn', 0, 0, 0));
	$s->send_message('E', "\0" . pack('N', 0));
	$s->send_message('H', '');
	$s->wait_message('C');
	wait_for_state($s, state => 'active', wait_event => 'ClientRead');
	return $s;
}

# The row of pg_stat_activity, or undef when there is none.
sub activity
{
	my ($pid, %o) = @_;
	my $row = sql(
		"SELECT row_to_json(a) FROM pg_stat_activity a WHERE pid = $pid;", %o);
	return $row eq '' ? undef : JSON::PP->new->allow_nonref->decode($row);
}

# is_alive($session or pid, $name): the server still has it.
sub is_alive
{
	my ($who, $name) = @_;
	my $pid = ref $who ? $who->pid : $who;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok(activity($pid), $name || "session $pid is still there");
}

sub is_gone
{
	my ($who, $name) = @_;
	my $pid = ref $who ? $who->pid : $who;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok(!activity($pid), $name || "session $pid is gone");
}

# Calls the code until it returns something true, and returns that; dies when the time is up.
sub wait_for
{
	my ($what, $code, $seconds) = @_;
	my $value = PgquellTest::Process::poll_until($code, $seconds || $DEADLINE_S);
	return $value if $value;
	die "timed out waiting for $what\n";
}

# wait_for_state($session, state => 'active', wait_event => qr/Client/, ...): until the columns of its
# row are as said; returns the row.
sub wait_for_state
{
	my ($who, %want) = @_;
	my $pid = ref $who ? $who->pid : $who;
	my $row;
	my $reached = PgquellTest::Process::poll_until(
		sub { $row = activity($pid); return $row && matches($row, \%want) }, $DEADLINE_S);
	return $row if $reached;
	my $words = join ', ', map { "$_ " . shown($want{$_}) } sort keys %want;
	die "timed out waiting for pid $pid to have $words; it has: "
	  . ($row ? JSON::PP->new->canonical->encode($row) : 'no row') . "\n";
}

sub wait_gone
{
	my ($who) = @_;
	my $pid = ref $who ? $who->pid : $who;
	return wait_for("pid $pid to be gone", sub { !activity($pid) });
}

sub matches
{
	my ($row, $want) = @_;
	for my $key (keys %$want)
	{
		my ($is, $should) = ($row->{$key}, $want->{$key});
		if (!defined $should) { return 0 if defined $is; next; }
		return 0 unless defined $is;
		return 0 unless ref $should eq 'Regexp' ? $is =~ $should : $is eq $should;
	}
	return 1;
}

sub shown
{
	my ($value) = @_;
	return defined $value ? "\"$value\"" : 'null';
}

# For what a case opened by other means: its close is called when the case ends.
sub close_later
{
	my ($thing) = @_;
	push @opened, $thing;
	return $thing;
}

# Stops a process of this user with SIGSTOP; the end of the case lets it go on, whatever happened.
sub stop_process
{
	my ($pid) = @_;
	push @stopped, $pid;
	kill('STOP', $pid) or die "could not stop process $pid: $!\n";
	return wait_for("process $pid to be stopped", sub { process_state($pid) eq 'T' });
}

sub continue_process
{
	my ($pid) = @_;
	@stopped = grep { $_ != $pid } @stopped;
	kill 'CONT', $pid;
	return;
}

# Every commit waits from now on for a synchronous standby of this name that does not exist; '' lets them go. It is the
# checkpointer that tells the others, some time after the reload, so a commit is tried until one waits.
sub hold_commits
{
	my ($name) = @_;
	sql("ALTER SYSTEM SET synchronous_standby_names = '$name'");
	sql('SELECT pg_reload_conf()');
	wait_for('the reload', sub { sql('SHOW synchronous_standby_names') eq $name });
	return if $name eq '';
	my $probe = session(role => 'postgres', database => 'postgres', application => 'probe', keep => 1);
	my $tried = 0;
	wait_for('a commit to wait', sub {
		my $waits = (activity($probe->pid)->{wait_event} // '') eq 'SyncRep';
		return 1 if $waits;
		return 0 if $tried && $probe->out !~ /^through $tried$/m;
		$tried++;
		$probe->send(q{SELECT pg_logical_emit_message(true, '', '');}, "\\echo 'through $tried'");
		return 0;
	});
	sql('SELECT pg_terminate_backend(' . $probe->pid . ')');
	wait_gone($probe);
	$probe->close;
	return;
}

sub process_state
{
	my ($pid) = @_;
	open my $fh, '<', "/proc/$pid/stat" or return '';
	my $line = <$fh> || '';
	return $line =~ /\) (\S)/ ? $1 : '';
}

# ---- pgquell ----

# pgquell(@arguments, {role =>, node =>, env => {}, stdin =>, wrap => [], timeout =>}): runs it to its
# end. Returns {args, exit, out, plain, err, json}; json is filled where --json is among the arguments.
sub pgquell
{
	my $run = pgquell_start(@_);
	return $run->finish;
}

# The same in the background: a PgquellTest::Process with pid, out, err, signal, finish.
sub pgquell_start
{
	my ($args, $o) = split_arguments(@_);
	my $process = PgquellTest::Process->new(
		%$o,
		command => [ @{ $o->{wrap} || [] }, $binary, @$args ],
		env => environment($o),
		deadline => $o->{timeout} || 60,
		on_finish => sub { return keep_result($args, $_[0]) });
	push @opened, $process;
	return $process;
}

# On a terminal of {columns =>, rows =>}: answer with ->write, read with ->wait_output(qr//).
sub pgquell_pty
{
	my ($args, $o) = split_arguments(@_);
	return pgquell_start(@$args, { %$o, pty => 1 });
}

sub split_arguments
{
	my (@args) = @_;
	my $o = @args && ref $args[-1] eq 'HASH' ? pop @args : {};
	return (\@args, $o);
}

sub environment
{
	my ($o) = @_;
	my $n = $o->{node} || $node;
	return {
		PGHOST => $n->host,
		PGPORT => $n->port,
		PGUSER => $o->{role} || 'postgres',
		PGDATABASE => undef,
		PGAPPNAME => undef,
		XDG_STATE_HOME => state_home(),
		HOME => state_home(),
		TERM => 'xterm',
		COLUMNS => undef,
		LC_ALL => 'C.UTF-8',
		%{ $o->{env} || {} },
	};
}

# Where the runs keep their audit trail; a fresh one by new_state_home().
sub state_home
{
	$state_home ||= PostgreSQL::Test::Utils::tempdir('state');
	return $state_home;
}

sub new_state_home
{
	undef $state_home;
	return state_home();
}

sub keep_result
{
	my ($args, $process) = @_;
	my $r = {
		args => $args,
		exit => $process->exit_code,
		out => $process->out,
		plain => $process->out =~ s/\e\[[0-9;]*[A-Za-z]//gr,    # without colours and cursor movements
		err => $process->err,
		json => [],
	};
	$r->{json} = decode_lines($r) if grep { $_ eq '--json' || $_ eq 'export' } @$args;
	push @results, $r;
	return $r;
}

sub decode_lines
{
	my ($r) = @_;
	my @objects;
	for my $line (split /\n/, $r->{out})
	{
		my $object = eval { JSON::PP->new->utf8->decode($line) };
		if (!$object)
		{
			fail("standard output has only JSON lines: $line");
			next;
		}
		push @objects, $object;
	}
	return \@objects;
}

# ---- assertions ----

sub is_exit
{
	my ($r, $code, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is($r->{exit}, $code, $name || "exit code $code");
}

# The action or session object of a pid, by default the first; dies when there is none.
sub action
{
	my ($r, $pid) = @_;
	my ($found) = grep { !defined $pid || (defined $_->{pid} && $_->{pid} == $pid) } @{ $r->{json} };
	return $found || die "pgquell gave no JSON object" . (defined $pid ? " of pid $pid" : '') . "\n";
}

# is_action($r, exit =>, pid =>, outcome =>, plan => [], steps => [], KEY => value or qr//, text => qr//).
# text is looked for in the two sentences, reason and note. steps lists the remedies that were sent.
sub is_action
{
	my ($r, %want) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_exit($r, delete $want{exit}) if exists $want{exit};
	my $a = action($r, delete $want{pid});
	is(join(' ', sort keys %$a), join(' ', sort @ACTION_KEYS), 'the keys are those of the contract');
	for my $list (qw(plan steps))
	{
		next unless exists $want{$list};
		my $is = $list eq 'plan' ? $a->{plan} : [ signals_of($a) ];
		is_deeply($is, delete $want{$list}, $list eq 'plan' ? 'the plan' : 'the signals sent');
	}
	like(text_of($a), delete $want{text}, 'reason or note says so') if exists $want{text};
	is_value($a->{$_}, $want{$_}, $_) for sort keys %want;
	return $a;
}

sub is_value
{
	my ($is, $should, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return like($is, $should, $name) if ref $should eq 'Regexp';
	return is($is, $should, "$name is " . shown($should));
}

sub text_of
{
	my ($a) = @_;
	return join "\n", grep { defined } $a->{reason}, $a->{note};
}

sub steps_of
{
	my ($a) = @_;
	return map { $_->{step} } @{ $a->{steps} || [] };
}

# The remedies that were sent, in order; a step that was tried and not sent says so in its result.
sub signals_of
{
	my ($a) = @_;
	return map { $_->{step} }
	  grep { $_->{step} =~ /^(?:cancel|terminate)$/ && ($_->{result} // '') !~ /^not sent/ }
	  @{ $a->{steps} || [] };
}

sub step_count
{
	my ($a, $step) = @_;
	return scalar grep { $_ eq $step } steps_of($a);
}

# ---- the trail ----

# Every record of the audit trail, oldest first, as `log export` gives them; the keys of a record's body are
# put beside its own, and its pid is taken from the session id.
sub audit
{
	my (@args) = @_;
	my @records = @{ pgquell('log', 'export', @args)->{json} };
	for my $record (@records)
	{
		my $body = $record->{body};
		$body = eval { JSON::PP->new->decode($body) } if defined $body && !ref $body;
		for my $key (ref $body eq 'HASH' ? keys %$body : ())
		{
			$record->{$key} = $body->{$key} unless defined $record->{$key};
		}
		my ($pid) = ($record->{session} // '') =~ /\.([0-9a-f]+)$/;
		$record->{pid} = hex $pid if defined $pid;
	}
	return @records;
}

# The records about one session id, or one pid.
sub audit_of
{
	my ($session, @args) = @_;
	my $key = $session =~ /\./ ? 'session' : 'pid';
	return grep { defined $_->{$key} && $_->{$key} eq $session } audit(@args);
}

# The kinds of records, in order: intent, signal, observation, outcome.
sub audit_kinds
{
	my ($session, @args) = @_;
	return map { $_->{kind} } audit_of($session, @args);
}

# The records of signals that were sent to a pid.
sub signals_recorded
{
	my ($pid, @args) = @_;
	return grep { $_->{kind} eq 'signal' && ($_->{result} // '') !~ /^not sent/ } audit_of($pid, @args);
}

# How many lines of the server's log match.
sub log_count
{
	my ($pattern, $n) = @_;
	my $text = PostgreSQL::Test::Utils::slurp_file(($n || $node)->logfile);
	my $count = () = $text =~ /$pattern/mg;
	return $count;
}

# ---- cases ----

# case 'intent' => sub { ... }, min_major => N, max_major => N, skip => 'reason': one subtest. A failure
# prints what a person needs to see, and the next case starts from a clean floor.
sub case    ## no critic (RequireArgUnpacking)
{
	my ($intent, $code, %o) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $reason = $o{skip};
	my $major = major();
	$reason = "PostgreSQL $major: needs $o{min_major}" if $o{min_major} && $major < $o{min_major};
	$reason = "PostgreSQL $major: only up to $o{max_major}"
	  if $o{max_major} && $major > $o{max_major};
	if ($reason)
	{
	  SKIP: { skip "$intent: $reason", 1; }
		return;
	}
	@results = ();
	my $passed = subtest $intent => sub {
		my $lived = eval { $code->(); 1 };
		my $error = $@;
		fail("the case went through: $error") unless $lived;
		explain_failure() unless Test::More->builder->is_passing;
		done_testing();
	};
	clean_up();
	return $passed;
}

sub explain_failure
{
	for my $r (@results)
	{
		diag("pgquell @{ $r->{args} }\nexit $r->{exit}\n--- out\n"
			  . abridged($r->{out}) . "--- err\n" . abridged($r->{err}));
	}
	my $rows = eval {
		sql('SELECT pid, usename, datname, application_name, backend_type, state, '
			  . 'wait_event_type, wait_event, left(query, 80) FROM pg_stat_activity ORDER BY pid;');
	};
	diag("--- pg_stat_activity\n" . (defined $rows ? abridged($rows) : "not readable: $@"));
	my @log = split /\n/, PostgreSQL::Test::Utils::slurp_file($node->logfile);
	@log = grep { !/test_admin/ && !/LOCATION:/ } @log;
	splice @log, 0, @log - 30 if @log > 30;
	diag(join "\n", '--- end of the server log', map { substr $_, 0, 300 } @log);
	return;
}

sub abridged
{
	my ($text) = @_;
	return length $text > 6000 ? substr($text, 0, 6000) . "\n[...]\n" : $text;
}

sub clean_up
{
	continue_process($_) for @stopped;
	@stopped = ();
	$_->close for reverse @opened;
	@opened = ();
	return;
}

END
{
	my $status = $?;
	eval { clean_up() };
	for my $name (keys %admin)
	{
		$admin{$name}->close;
	}
	$? = $status;    ## no critic (RequireLocalizedPunctuationVars)
}

1;
