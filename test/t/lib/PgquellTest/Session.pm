# SPDX-License-Identifier: PostgreSQL
# A session held by psql: statements are sent without waiting for them, and its backend's pid is known.

package PgquellTest::Session;

use strict;
use warnings;

use PgquellTest::Process;

# new(node =>, role =>, database =>, application =>, deadline =>, drop =>,
# options =>, host =>, port =>, encoding =>)
sub new
{
	my ($class, %o) = @_;
	my %words = (
		host => $o{host} || $o{node}->host,
		port => $o{port} || $o{node}->port,
		user => $o{role},
		dbname => $o{database},
		application_name => $o{application},
		connect_timeout => 20,
		defined $o{options} ? (options => $o{options}) : ());
	my $conninfo = join ' ', map { "$_=" . quoted($words{$_}) } sort keys %words;
	my $self = bless {
		%o,
		asked => 0,
		read => 0,
		process => PgquellTest::Process->new(
			command => [
				'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v',
				'ON_ERROR_STOP=' . ($o{drop} ? 1 : 0), '-f', '-', '-d', $conninfo
			],
			env => { PGAPPNAME => undef, PGOPTIONS => undef, PGCLIENTENCODING => $o{encoding} || 'UTF8' },
			stdin => 'pipe',
			deadline => 600),
	}, $class;
	$self->{backend} = $self->query_or_die('SELECT pg_backend_pid();');
	$self->{read} = 0;
	return $self;
}

sub quoted
{
	my ($value) = @_;
	$value =~ s/(['\\])/\\$1/g;
	return "'$value'";
}

# The pid of its backend, and that of psql itself.
sub pid { my ($self) = @_; return $self->{backend} }
sub client_pid { my ($self) = @_; return $self->{process}->pid }
sub running { my ($self) = @_; return $self->{process}->running }
sub err { my ($self) = @_; return $self->{process}->err }
sub out { my ($self) = @_; return $self->{process}->out }

# Sends statements, each with its semicolon, and does not wait.
sub send    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, @statements) = @_;
	$self->{process}->write(join('', map { "$_\n" } @statements));
	return $self;
}

# Sends a statement and waits for its end; the rows as text. Its error, if any, is in err.
sub query
{
	my ($self, $statement) = @_;
	my $mark = 'done ' . ++$self->{asked};
	my $from = length $self->{process}->out;
	$self->send($statement . ($statement =~ /;\s*\z/ ? '' : ';'), "\\echo '$mark'");
	PgquellTest::Process::poll_until(
		sub { substr($self->{process}->out, $from) =~ /^\Q$mark\E$/m || !$self->running },
		$self->{deadline});
	my $text = substr $self->{process}->out, $from;
	$text =~ s/^\Q$mark\E\n//m
	  or die "no answer to: $statement\n" . $self->err . "\n";
	$text =~ s/\n\z//;
	return $text;
}

sub query_or_die
{
	my ($self, $statement) = @_;
	my $before = length $self->err;
	my $text = $self->query($statement);
	my $error = substr $self->err, $before;
	die "$statement: $error\n" if $error =~ /ERROR|FATAL/;
	return $text;
}

# Waits until the client has seen an error of this SQLSTATE.
sub wait_error
{
	my ($self, $sqlstate) = @_;
	return 1
	  if PgquellTest::Process::poll_until(
		sub { $self->err =~ /\b(?:ERROR|FATAL):  \Q$sqlstate\E:/ },
		$self->{deadline});
	die "the client did not see SQLSTATE $sqlstate; it saw: " . $self->err . "\n";
}

# Common states; each returns the session once the server shows it.
sub busy    # active, in pg_sleep; whatever is sent next comes after it
{
	my ($self, $seconds) = @_;
	$self->send('SELECT pg_sleep(' . ($seconds || 300) . ');');
	PgquellTest::wait_for_state($self, state => 'active', wait_event => 'PgSleep');
	return $self;
}

sub in_transaction    # idle in transaction, after these statements
{
	my ($self, @statements) = @_;
	$self->query($_) for 'BEGIN', @statements;
	PgquellTest::wait_for_state($self, state => 'idle in transaction');
	return $self;
}

sub waiting    # active, waiting for a heavyweight lock
{
	my ($self, $statement) = @_;
	$self->send($statement);
	PgquellTest::wait_for_state($self, state => 'active', wait_event_type => 'Lock');
	return $self;
}

sub swallowing    # active in a loop that catches every cancel
{
	my ($self) = @_;
	$self->send(<<'SQL');
DO $$ BEGIN
  LOOP
    BEGIN PERFORM pg_sleep(300); EXCEPTION WHEN query_canceled THEN NULL; END;
  END LOOP;
END $$;
SQL
	PgquellTest::wait_for_state($self, state => 'active', wait_event => 'PgSleep');
	return $self;
}

# Ends the client, and with it the session as soon as the server notices.
sub close    ## no critic (ProhibitBuiltinHomonyms, ProhibitAmbiguousNames)
{
	my ($self) = @_;
	return if $self->{closed}++;
	kill 'CONT', $self->client_pid if $self->running;
	$self->{process}->close_stdin;
	$self->end_backend if $self->{node} && $self->{application} ne 'test_admin';
	$self->{process}->kill_hard;
	return;
}

# A backend in the middle of a statement does not notice that its client has gone.
sub end_backend
{
	my ($self) = @_;
	my $application = $self->{application} =~ s/'/''/gr;
	eval {
		PgquellTest::sql(
			"SELECT pg_terminate_backend($self->{backend}) FROM pg_stat_activity "
			  . "WHERE pid = $self->{backend} AND application_name = '$application';",
			node => $self->{node});
		1;
	} or return;
	return;
}

1;
