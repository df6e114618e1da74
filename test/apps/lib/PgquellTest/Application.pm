# SPDX-License-Identifier: PostgreSQL
# A running application with a pool of connections: test/apps/README.md has the protocol.

package PgquellTest::Application;

use strict;
use warnings;

use Exporter 'import';
use FindBin ();
use JSON::PP ();
use Test::More;

use PgquellTest;
use PgquellTest::Process;

our @EXPORT = qw(world application);

my $python = '/usr/bin/python3';                # whose modules the packages bring
my $built = $ENV{PGQUELL_APPS} || "$FindBin::RealBin/../../build/apps";
my $class_path = join ':', "$built/java",
  map { "/usr/share/java/$_" } qw(postgresql.jar HikariCP.jar slf4j-api.jar slf4j-nop.jar);
my @java = ('java', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', $class_path);

# What every case asks of a world: command (the size follows, then args), pooled, notices: it hears by itself
# that an idle connection died, and says so in an event; looks_after: a connection idle for so long is looked at
# before it is used.
my %worlds = (
	libpq_exec => { command => ["$built/libpq/app_libpq"], args => ['exec'] },
	libpq_send => { command => ["$built/libpq/app_libpq"], args => ['send'] },
	psycopg => { command => [ $python, '-B', "$FindBin::RealBin/python/app.py", 'psycopg' ], pooled => 1 },
	psycopg2 => { command => [ $python, '-B', "$FindBin::RealBin/python/app.py", 'psycopg2' ], pooled => 1 },
	node => { command => [ 'node', "$FindBin::RealBin/node/app.js" ], pooled => 1, notices => 1 },
	# HikariCP looks at a connection before it hands it out, unless it was used less than 500 ms ago. A window of
	# an hour stands for such a busy pool.
	hikari => { command => [ @java, 'App' ], pooled => 1, looks_after => '1s' },
	hikari_fresh =>
	  { command => [ @java, '-Dcom.zaxxer.hikari.aliveBypassWindowMs=3600000', 'App' ], pooled => 1 },
	hikari_looks => { command => [ @java, '-Dcom.zaxxer.hikari.aliveBypassWindowMs=0', 'App' ], pooled => 1 },
);

my $count = 0;

# world(NAME, args => []): how an application is started, and what it is like.
sub world
{
	my ($name, %o) = @_;
	return { %{ $worlds{$name} || die "there is no world $name\n" }, name => $name, %o };
}

# application($world, size => N): started, its pool open; it ends with the case.
sub application
{
	my ($world, %o) = @_;
	my $self = bless {
		world => $world,
		name => 'shop ' . ++$count,
		next_id => 1,
	}, __PACKAGE__;
	my @size = $world->{pooled} ? $o{size} || 1 : ();
	$self->{process} = PgquellTest::Process->new(
		command => [ @{ $world->{command} }, @size, @{ $world->{args} || [] } ],
		stdin => 'pipe',
		deadline => 120,
		env => {
			PGHOST => '127.0.0.1',              # JDBC knows no socket directory
			PGPORT => node()->port,
			PGUSER => 'app',
			PGDATABASE => 'apps',
			PGAPPNAME => $self->{name},
			NODE_PATH => "$built/node/node_modules",
		});
	close_later($self);
	$self->{versions} = $self->wait_line('to be ready', sub { $_[0]->{ready} })->{ready};
	return $self;
}

# Where something lies that tools/check-apps built.
sub built { return "$built/$_[0]" }

sub name { my ($self) = @_; return $self->{name} }
sub versions { my ($self) = @_; return $self->{versions} }

# ---- asking ----

# Has a lane do something; the answer may be fetched later, by the id that this returns.
sub ask
{
	my ($self, $lane, $verb, $sql) = @_;
	my $id = $self->{next_id}++;
	$self->{process}->write(join(' ', $id, $lane, $verb, defined $sql ? $sql : ()) . "\n");
	return $id;
}

sub answer
{
	my ($self, $id) = @_;
	return $self->wait_line("to answer $id", sub { defined $_[0]->{id} && $_[0]->{id} == $id });
}

# Both; most of what is asked ends at once.
sub tell
{
	my ($self, @asked) = @_;
	return $self->answer($self->ask(@asked));
}

# The same, where an error would be a surprise.
sub succeed
{
	my ($self, @asked) = @_;
	my $answer = $self->tell(@asked);
	die "@asked: $answer->{error}: $answer->{message}\n" if $answer->{error};
	return $answer->{value};
}

sub halt { my ($self) = @_; $self->{process}->write("halt\n"); return }

# The 'error' event about a connection, for those that have events; from: pool or client.
sub wait_event
{
	my ($self, $pid, $from) = @_;
	return $self->wait_line("to hear of $pid",
		sub { ($_[0]->{event} // '') eq 'error' && $_[0]->{pid} == $pid && $_[0]->{from} eq $from });
}

# Whether it lives on after it saw that connection end, for those that have events; or has it ended itself?
sub outlives
{
	my ($self, $pid) = @_;
	my $is_end = sub { ($_[0]->{event} // '') eq 'end' && $_[0]->{pid} == $pid };
	wait_for("the connection $pid, or the application, to end",
		sub { !$self->{process}->running || grep { $is_end->($_) } $self->lines });
	return scalar grep { $is_end->($_) } $self->lines;
}

# The first line that the code takes.
sub wait_line
{
	my ($self, $what, $code) = @_;
	my $found;
	my $reached = PgquellTest::Process::poll_until(
		sub {
			my $running = $self->{process}->running;    # before its output is read
			($found) = grep { $code->($_) } $self->lines;
			return $found || !$running;
		},
		$PgquellTest::DEADLINE_S);
	return $found if $found;
	die "$self->{world}{name} was waited for $what; it "
	  . ($reached ? 'has ended' : 'is running') . ", and printed:\n"
	  . $self->{process}->out . $self->{process}->err . "\n";
}

sub lines
{
	my ($self) = @_;
	my $text = $self->{process}->out =~ s/[^\n]*\z//r;    # the last one may be half written
	return map { JSON::PP->new->utf8->decode($_) } split /\n/, $text;
}

# ---- its connections, as the server sees them ----

sub pids
{
	my ($self, $where) = @_;
	$where = defined $where ? "AND $where" : '';
	return split /\n/, sql('SELECT pid FROM pg_stat_activity '
		  . "WHERE application_name = '$self->{name}' $where ORDER BY backend_start, pid;");
}

# The pids of the connections that run the long statement, when there are as many as asked for.
sub busy
{
	my ($self, $many) = @_;
	my @pids;
	wait_for("$many busy connections of $self->{name}",
		sub { @pids = $self->pids(q{wait_event = 'PgSleep'}); return @pids == $many });
	return @pids;
}

# When all its connections are idle, and have been for as long as its pool wants before it looks at them.
sub rests
{
	my ($self) = @_;
	my $for = $self->{world}{looks_after} || '0s';
	my $other = "(state <> 'idle' OR state_change > clock_timestamp() - interval '$for')";
	wait_for("$self->{name} to be idle for $for", sub { !$self->pids($other) });
	return;
}

# ---- its end ----

sub ends
{
	my ($self) = @_;
	return PgquellTest::Process::poll_until(sub { !$self->{process}->running }, $PgquellTest::DEADLINE_S);
}

sub signal { my ($self, $name) = @_; $self->{process}->signal($name); return }
sub pid { my ($self) = @_; return $self->{process}->pid }
sub exit_code { my ($self) = @_; return $self->{process}->exit_code }
sub err { my ($self) = @_; return $self->{process}->err }

# Asked to quit, it closes its pool and ends well; called by the tests of that.
sub quit
{
	my ($self) = @_;
	$self->{process}->write("quit\n");
	$self->ends;
	return $self->exit_code;
}

sub close    ## no critic (ProhibitBuiltinHomonyms, ProhibitAmbiguousNames)
{
	my ($self) = @_;
	diag("--- $self->{name} ($self->{world}{name}) printed\n" . $self->{process}->out . $self->{process}->err)
	  unless Test::More->builder->is_passing;
	$self->{process}->close;
	return;
}

1;
