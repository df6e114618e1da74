# SPDX-License-Identifier: PostgreSQL
# A private PgBouncer in front of test servers, and a console that only pretends to be one's.

package PgquellTest::Bouncer;

use strict;
use warnings;

use File::Spec;
use IO::Socket::INET;
use POSIX ();

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();

use PgquellTest::Process;

# Where it is installed, or another one that PGQUELL_PGBOUNCER names; undef where there is none.
sub program
{
	return $ENV{PGQUELL_PGBOUNCER} if $ENV{PGQUELL_PGBOUNCER};
	my ($found) = grep { -x } map { File::Spec->catfile($_, 'pgbouncer') } File::Spec->path;
	return $found;
}

# new(databases => {NAME => 'host=... port=...'}, settings => {NAME => VALUE}, users => [NAME]): started, on
# 127.0.0.1 and a socket. "boss" is in admin_users, "seer" in stats_users; nobody needs a password.
sub new
{
	my ($class, %o) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir_short();
	my $self = bless {
		directory => $directory,
		port => PostgreSQL::Test::Cluster::get_free_port(),
	}, $class;
	my %settings = (
		listen_addr => '127.0.0.1',
		listen_port => $self->{port},
		unix_socket_dir => $directory,
		auth_type => 'trust',
		auth_file => "$directory/users",
		admin_users => 'boss',
		stats_users => 'seer',
		pool_mode => 'transaction',
		%{ $o{settings} || {} });
	my $ini = "[databases]\n";
	$ini .= "$_ = $o{databases}{$_}\n" for sort keys %{ $o{databases} };
	$ini .= "[pgbouncer]\n";
	$ini .= "$_ = $settings{$_}\n" for sort keys %settings;
	PostgreSQL::Test::Utils::append_to_file("$directory/pgbouncer.ini", $ini);
	PostgreSQL::Test::Utils::append_to_file("$directory/users",
		join '', map { "\"$_\" \"\"\n" } qw(boss seer app report postgres));
	$self->start;
	return $self;
}

sub start
{
	my ($self) = @_;
	$self->{process} = PgquellTest::Process->new(
		command => [ program(), "$self->{directory}/pgbouncer.ini" ],
		deadline => 600);
	PgquellTest::Process::poll_until(
		sub { -S "$self->{directory}/.s.PGSQL.$self->{port}" || !$self->{process}->running }, 30);
	$self->{process}->running
	  or die 'pgbouncer did not start: ' . $self->{process}->err . "\n";
	return $self;
}

sub host { my ($self) = @_; return $self->{directory} }
sub port { my ($self) = @_; return $self->{port} }
sub pid { my ($self) = @_; return $self->{process}->pid }

# What --pgbouncer is given, for a role; over TCP unless a host is named.
sub conninfo
{
	my ($self, $role, $host) = @_;
	return 'host=' . ($host || '127.0.0.1') . " port=$self->{port} user=" . ($role || 'boss');
}

# What its console answers to a command, as the administrator: rows as hashes by column.
sub console
{
	my ($self, $command) = @_;
	my $run = PgquellTest::Process->new(
		command => [
			'psql', '-XAt', '-F', "\x1f", '-P', 'tuples_only=off', '-P', 'footer=off',
			'-c', $command, '-d', $self->conninfo . ' dbname=pgbouncer'
		],
		env => { PGOPTIONS => undef },
		deadline => 30)->finish;
	$run->exit_code eq '0' or die "$command: " . $run->err . "\n";
	my ($names, @lines) = split /\n/, $run->out;
	my @names = split /\x1f/, $names;
	return map { my %row; @row{@names} = split /\x1f/, $_, -1; \%row } @lines;
}

sub close    ## no critic (ProhibitBuiltinHomonyms, ProhibitAmbiguousNames)
{
	my ($self) = @_;
	if ($self->{process})
	{
		kill 'CONT', $self->{process}->pid;
		$self->{process}->kill_hard;
	}
	return;
}

# pretend(COMMAND => [ [column...], [value...]... ], ...): a console on 127.0.0.1 that answers these commands
# and nothing else; answers its port and its process's pid, to be given to dismiss(). With hold => FILE it makes
# FILE.asked when it is asked for databases, and answers once there is FILE.go.
sub pretend
{
	my (%answers) = @_;
	my $listener = IO::Socket::INET->new(
		LocalAddr => '127.0.0.1',
		Listen => 5,
		ReuseAddr => 1) or die "could not listen: $!\n";
	my $pid = fork;
	die "could not fork: $!\n" unless defined $pid;
	if (!$pid)
	{
		local $SIG{ALRM} = sub { POSIX::_exit(1) };
		alarm 300;
		while (my $client = $listener->accept)
		{
			eval { serve($client, \%answers); 1 } or next;
		}
		POSIX::_exit(0);
	}
	return ($listener->sockport, $pid);
}

sub dismiss
{
	my ($pid) = @_;
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return;
}

sub get
{
	my ($client, $length) = @_;
	my $bytes = '';
	while (length $bytes < $length)
	{
		sysread $client, $bytes, $length - length $bytes, length $bytes or die "the client left\n";
	}
	return $bytes;
}

sub message
{
	my ($type, $body) = @_;
	return $type . pack('N', 4 + length $body) . $body;
}

# One client: the start (TLS and GSS are declined), then its simple queries.
sub serve
{
	my ($client, $answers) = @_;
	while (1)
	{
		my $body = get($client, unpack('N', get($client, 4)) - 4);
		my $code = unpack 'N', $body;
		last if $code == 196608;
		syswrite $client, 'N';
	}
	my $ready = message('Z', 'I');
	syswrite $client, message('R', pack 'N', 0) . $ready;
	while (1)
	{
		my $type = get($client, 1);
		my $query = get($client, unpack('N', get($client, 4)) - 4);
		return if $type ne 'Q';
		$query =~ s/\0\z//;
		hold($answers->{hold}) if $answers->{hold} && $query eq 'SHOW DATABASES';
		syswrite $client, answer($answers->{$query}) . $ready;
	}
	return;
}

sub hold
{
	my ($file) = @_;
	PostgreSQL::Test::Utils::append_to_file("$file.asked", '');
	PgquellTest::Process::poll_until(sub { -e "$file.go" }, 60);
	return;
}

sub answer
{
	my ($table) = @_;
	return message('E', "SERROR\0C08P01\0Minvalid command\0\0") unless $table;
	my ($names, @rows) = @$table;
	my $text = message('T',
		pack('n', scalar @$names) . join '', map { "$_\0" . pack 'NnNnNn', 0, 0, 25, 0xFFFF, 0xFFFFFFFF, 0 } @$names);
	for my $row (@rows)
	{
		$text .= message('D',
			pack('n', scalar @$row) . join '',
			map { defined $_ ? pack('N', length $_) . $_ : pack 'N', 0xFFFFFFFF } @$row);
	}
	return $text . message('C', "SHOW\0");
}

1;
