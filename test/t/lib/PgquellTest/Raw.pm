# SPDX-License-Identifier: PostgreSQL
# A session on a bare socket (protocol 3.0), for states no psql gets into: half an extended query, a walsender,
# a client that does not read, hundreds of sessions in one process.

package PgquellTest::Raw;

use strict;
use warnings;

use IO::Select;
use Time::HiRes qw(time);

# new(node =>, role =>, database =>, application =>, deadline =>, parameters => {}); the pid is known on return.
sub new
{
	my ($class, %o) = @_;
	my $self = bless { %o, buffer => '' }, $class;
	$self->{socket} = $o{node}->raw_connect;
	my %start = (
		user => $o{role},
		database => $o{database},
		application_name => $o{application},
		%{ $o{parameters} || {} });
	my $body = pack 'N', 196608;
	$body .= "$_\0$start{$_}\0" for sort keys %start;
	$self->put(pack('N', 5 + length $body) . $body . "\0");
	$self->wait_ready;
	return $self;
}

sub pid { my ($self) = @_; return $self->{backend} }

sub put
{
	my ($self, $bytes) = @_;
	my $socket = $self->{socket};
	print {$socket} $bytes or die "could not write to the server: $!\n";
	$socket->flush;
	return $self;
}

# A message of this type; the simple query is 'Q'.
sub send_message
{
	my ($self, $type, $body) = @_;
	return $self->put($type . pack('N', 4 + length $body) . $body);
}

sub send    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self, $statement) = @_;
	return $self->send_message('Q', "$statement\0");
}

# The next message as (type, body); nothing once the server has closed the connection.
sub receive
{
	my ($self) = @_;
	my $end = time + ($self->{deadline} || 30);
	while (1)
	{
		if (length $self->{buffer} >= 5)
		{
			my ($type, $length) = unpack 'aN', $self->{buffer};
			if (length $self->{buffer} >= 1 + $length)
			{
				my $message = substr $self->{buffer}, 0, 1 + $length, '';
				return ($type, substr $message, 5);
			}
		}
		my $left = $end - time;
		die "no message from the server in time\n"
		  if $left <= 0 || !IO::Select->new($self->{socket})->can_read($left);
		my $got = sysread $self->{socket}, $self->{buffer}, 65536, length $self->{buffer};
		return unless $got;
	}
}

# Reads until a message of this type, remembering the backend's pid and the SQLSTATE of the first error.
sub wait_message
{
	my ($self, $wanted) = @_;
	while (my ($type, $body) = $self->receive)
	{
		$self->{backend} = unpack 'N', $body if $type eq 'K';
		$self->{error} ||= error_of($body) if $type eq 'E';
		return $body if $type eq $wanted;
	}
	die 'the server closed the connection: ' . ($self->{error} || 'no error given') . "\n";
}

sub wait_ready { my ($self) = @_; $self->wait_message('Z'); return $self }

# The SQLSTATE and the text.
sub error_of
{
	my ($body) = @_;
	my %field = map { (substr($_, 0, 1), substr($_, 1)) } grep { length } split /\0/, $body;
	return "$field{C} $field{M}";
}

# Until the server has closed the connection; the first error it gave, or ''.
sub wait_closed
{
	my ($self) = @_;
	while (my ($type, $body) = $self->receive)
	{
		$self->{error} ||= error_of($body) if $type eq 'E';
	}
	return $self->{error} || '';
}

sub close    ## no critic (ProhibitBuiltinHomonyms, ProhibitAmbiguousNames)
{
	my ($self) = @_;
	close delete $self->{socket} if $self->{socket};
	return;
}

1;
