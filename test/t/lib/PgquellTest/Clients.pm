# SPDX-License-Identifier: PostgreSQL
# Clients that come back: many connections in one process of its own, each running a statement again and again
# and connecting again as soon as it is turned out, as a pool without manners does.

package PgquellTest::Clients;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time);

use PostgreSQL::Test::Utils ();
use PgquellTest::Process;

my $count = 0;
my $directory;

# new(host =>, port =>, role =>, database =>, application =>, count =>, statement =>, pause => seconds between
# statements, retry => seconds before connecting again)
sub new
{
	my ($class, %o) = @_;
	$directory ||= PostgreSQL::Test::Utils::tempdir('clients');
	my $self = bless {
		role => 'app',
		database => 'apps',
		application => 'pool',
		count => 10,
		statement => 'SELECT 1',
		pause => 0.05,
		retry => 0.05,
		%o,
		file => "$directory/" . ++$count,
		sessions => {},
		seen => { connected => 0, statements => 0, refused => {}, failed => {}, lost => 0 },
	}, $class;
	my $pid = fork;
	die "could not fork: $!\n" unless defined $pid;
	if (!$pid)
	{
		eval { $self->run };
		print STDERR "clients: $@" if $@;
		POSIX::_exit(1);
	}
	$self->{pid} = $pid;
	return $self;
}

# What they have seen so far: now (that are ready), connected (in all), statements (that ended well), refused
# {SQLSTATE => times} while connecting, failed {SQLSTATE => times} later, lost (connections that ended without
# an error).
sub seen
{
	my ($self) = @_;
	my $text = -e $self->{file} ? PostgreSQL::Test::Utils::slurp_file($self->{file}) : '';
	return $text eq '' ? { now => 0 } : JSON::PP->new->decode($text);
}

sub wait_for_all
{
	my ($self) = @_;
	return $self
	  if PgquellTest::Process::poll_until(sub { ($self->seen->{now} || 0) == $self->{count} }, 60);
	die 'the clients did not all connect: ' . JSON::PP->new->encode($self->seen) . "\n";
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return $self;
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return $self;
}

sub DESTROY { my ($self) = @_; local $?; $self->stop; return }

# ---- the process of the clients ----

sub run
{
	my ($self) = @_;
	my @due = map { { at => time } } 1 .. $self->{count};
	my $told = 0;
	$SIG{PIPE} = 'IGNORE';    ## no critic (RequireLocalizedPunctuationVars)
	while (getppid() != 1)
	{
		my $now = time;
		for my $due (grep { $_->{at} <= $now } @due)
		{
			$due->{done} = 1;
			my $client = $due->{client};
			if (!$client) { $self->connect_client(\@due) }
			elsif ($self->{sessions}{ fileno $client->{socket} || -1 })
			{
				message($client, 'Q', "$self->{statement}\0");
			}
		}
		@due = grep { !$_->{done} } @due;
		my $select = IO::Select->new(map { $_->{socket} } values %{ $self->{sessions} });
		$self->read_client($_, \@due) for $select->can_read(0.01);
		select undef, undef, undef, 0.01 unless $select->count;
		if ($now - $told > 0.05) { $self->tell; $told = $now }
	}
	return;
}

sub connect_client
{
	my ($self, $due) = @_;
	my $socket = $self->{host} =~ m{^/}
	  ? IO::Socket::UNIX->new(Peer => "$self->{host}/.s.PGSQL.$self->{port}")
	  : IO::Socket::INET->new(PeerAddr => $self->{host}, PeerPort => $self->{port}, Timeout => 2);
	if (!$socket)
	{
		$self->{seen}{refused}{none}++;
		push @$due, { at => time + $self->{retry} };
		return;
	}
	my $client = $self->{sessions}{ fileno $socket } = { socket => $socket, buffer => '', ready => 0 };
	my $body = pack('N', 196608) . join '', map { "$_\0" } user => $self->{role},
	  database => $self->{database}, application_name => $self->{application};
	syswrite $socket, pack('N', 5 + length $body) . $body . "\0";
	return $client;
}

sub message
{
	my ($client, $type, $body) = @_;
	syswrite $client->{socket}, $type . pack('N', 4 + length $body) . $body;
	return;
}

sub read_client
{
	my ($self, $socket, $due) = @_;
	my $client = $self->{sessions}{ fileno $socket };
	my $got = sysread $socket, $client->{buffer}, 65536, length $client->{buffer};
	while (length $client->{buffer} >= 5)
	{
		my ($type, $length) = unpack 'aN', $client->{buffer};
		last if length $client->{buffer} < 1 + $length;
		my $message = substr $client->{buffer}, 0, 1 + $length, '';
		$self->take($client, $type, substr($message, 5), $due);
	}
	return if $got;
	$self->{seen}{lost}++ unless $client->{error};
	delete $self->{sessions}{ fileno $socket };
	close $socket;
	push @$due, { at => time + $self->{retry} };
	return;
}

sub take
{
	my ($self, $client, $type, $body, $due) = @_;
	if ($type eq 'Z')
	{
		$self->{seen}{connected}++ unless $client->{ready}++;
		delete $client->{error};
		push @$due, { at => time + $self->{pause}, client => $client };
	}
	elsif ($type eq 'C') { $self->{seen}{statements}++ }
	elsif ($type eq 'E')
	{
		my ($code) = $body =~ /(?:^|\0)C([0-9A-Z]{5})\0/;
		$client->{error} = $code || '?';
		$self->{seen}{ $client->{ready} ? 'failed' : 'refused' }{ $client->{error} }++;
	}
	return;
}

sub tell
{
	my ($self) = @_;
	my $now = grep { $_->{ready} } values %{ $self->{sessions} };
	open my $fh, '>', "$self->{file}.new" or die "$self->{file}: $!\n";
	print $fh JSON::PP->new->encode({ %{ $self->{seen} }, now => $now });
	close $fh or die "$self->{file}: $!\n";
	rename "$self->{file}.new", $self->{file} or die "$self->{file}: $!\n";
	return;
}

1;
