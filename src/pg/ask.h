/* SPDX-License-Identifier: PostgreSQL */
/* Ask: the questions that can be put to a server, one function each, typed rows as answers.
 *
 * Every answer begins with an Answer (pg/answer.h), whose owner's duties hold for all of them. What
 * a question takes is copied before it returns. */
#ifndef PGQUELL_PG_ASK_H
#define PGQUELL_PG_ASK_H

#include "core/blocking.h"
#include "core/plan.h"
#include "pg/answer.h"
#include "pg/link.h"

/* The server, our role and what it may; sets our session's own settings first. Must be the first
 * question on a link. Fails behind a pooler, where pids are not the server's. */
typedef struct WorldAnswer {
    Answer answer;
    World world;
    bool utf8;       /* the database's encoding is UTF-8, so that log lines may be */
    int backend_pid; /* as the connection was told; set by the question */
} WorldAnswer;

void ask_world(Link *link, WorldAnswer *answer);

/* The cluster's system identifier; apart, since a server that does not tell it is still good. */
typedef struct SystemAnswer {
    Answer answer;
    uint64_t system_identifier;
} SystemAnswer;

void ask_system(Link *link, SystemAnswer *answer);

/* Sessions, with roles and databases as oids: names and the right to signal come from ask_names().
 */
typedef struct SessionsAnswer {
    Answer answer;
    Session *sessions;
    size_t count;
    int64_t server_us; /* the server's clock at the snapshot */
} SessionsAnswer;

void ask_sessions(Link *link, SessionsAnswer *answer);

/* Only those with these pids, without their query texts. */
void ask_look(Link *link, SessionsAnswer *answer, const int *pids, size_t count);

/* Names of the sessions' roles and databases, and which of them our role may signal; fills them
 * into the sessions. A session whose role is not found keeps NULL and may not be signalled. */
typedef struct NamesAnswer {
    Answer answer;
    Session *sessions; /* the caller's */
    size_t count;
    const World *world;
} NamesAnswer;

void ask_names(Link *link, NamesAnswer *answer);

/* Fills in `locks`, `waiters` and `root_blocker` of the sessions. */
typedef struct BurdensAnswer {
    Answer answer;
    Session *sessions; /* the caller's */
    size_t count;
    BlockingEdge *edges;
    size_t edge_count;
} BurdensAnswer;

void ask_burdens(Link *link, BurdensAnswer *answer);

/* A guarded signal. */
typedef struct SignalAnswer {
    Answer answer;
    SignalResult result; /* of the rows; signal_result() takes errors into account */
} SignalAnswer;

void ask_signal(Link *link, SignalAnswer *answer, Remedy remedy, const Stamp *stamp);

/* Has the server parse and plan looks and signals, so that none of it is left for when it matters.
 * It takes two rounds until nothing is. Signals nobody. */
void ask_warm(Link *link, Answer *answer);

/* How it was answered, once it is done and contact was not lost; answer.err has the reason of
 * SIGNAL_DENIED, SIGNAL_FAILED and SIGNAL_DOUBTFUL. */
SignalResult signal_result(const SignalAnswer *answer);

/* Writes the lines (one text, lines parted by newlines, clean) to the server's log as LOG. */
void ask_log(Link *link, Answer *answer, const char *lines);

#endif
