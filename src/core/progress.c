/* SPDX-License-Identifier: PostgreSQL */
/* Progress: what the parameters of a progress report mean, and the sentence made of them. */
#include "core/progress.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* The parameters are named as the server numbers them, from 1 on. */
enum {
    NONE = 0,
    COPY_BYTES = 1,
    COPY_BYTES_TOTAL = 2,
    COPY_ROWS = 3,
    COPY_COMMAND = 5,
    CLUSTER_COMMAND = 1,
    INDEX_COMMAND = 1,
    INDEX_ROWS_TOTAL = 12,
    INDEX_ROWS = 13,
    INDEX_PARTITIONS_TOTAL = 14,
    INDEX_PARTITIONS = 15,
    INDEX_BLOCKS_TOTAL = 16,
    INDEX_BLOCKS = 17,
};

#define PHASES_MAX 10

/* A phase, and which parameters count in it what is done and what there is to do. */
typedef struct Phase {
    const char *name;
    int done;
    int total;
} Phase;

typedef struct Kind {
    const char *name;
    int phase_at; /* the parameter that has the number of the phase, from 0 on */
    int count;    /* of phases */
    Phase phases[PHASES_MAX];
} Kind;

/* VACUUM counts indexes only from 17 on; before, both parameters are 0. */
static const Kind kinds[PROGRESS_KINDS] = {
    [PROGRESS_VACUUM] = {"VACUUM",
                         1,
                         7,
                         {{"initializing", NONE, NONE},
                          {"scanning heap", 3, 2},
                          {"vacuuming indexes", 10, 9},
                          {"vacuuming heap", 4, 2},
                          {"cleaning up indexes", 10, 9},
                          {"truncating heap", NONE, NONE},
                          {"performing final cleanup", NONE, NONE}}},
    [PROGRESS_CREATE_INDEX] =
        {"CREATE INDEX",
         10,
         10,
         {{"initializing", NONE, NONE},
          {"waiting for writers before build", NONE, NONE},
          {"building index", INDEX_BLOCKS, INDEX_BLOCKS_TOTAL},
          {"waiting for writers before validation", NONE, NONE},
          {"index validation: scanning index", INDEX_BLOCKS, INDEX_BLOCKS_TOTAL},
          {"index validation: sorting tuples", NONE, NONE},
          {"index validation: scanning table", INDEX_BLOCKS, INDEX_BLOCKS_TOTAL},
          {"waiting for old snapshots", NONE, NONE},
          {"waiting for readers before marking dead", NONE, NONE},
          {"waiting for readers before dropping", NONE, NONE}}},
    [PROGRESS_CLUSTER] = {"CLUSTER",
                          2,
                          8,
                          {{"initializing", NONE, NONE},
                           {"seq scanning heap", 7, 6},
                           {"index scanning heap", NONE, NONE},
                           {"sorting tuples", NONE, NONE},
                           {"writing new heap", NONE, NONE},
                           {"swapping relation files", NONE, NONE},
                           {"rebuilding index", NONE, NONE},
                           {"performing final cleanup", NONE, NONE}}},
    [PROGRESS_ANALYZE] = {"ANALYZE",
                          1,
                          6,
                          {{"initializing", NONE, NONE},
                           {"acquiring sample rows", 3, 2},
                           {"acquiring inherited sample rows", 3, 2},
                           {"computing statistics", NONE, NONE},
                           {"computing extended statistics", 5, 4},
                           {"finalizing analyze", NONE, NONE}}},
    [PROGRESS_BASE_BACKUP] = {"BASEBACKUP",
                              1,
                              6,
                              {{"initializing", NONE, NONE},
                               {"waiting for checkpoint to finish", NONE, NONE},
                               {"estimating backup size", NONE, NONE},
                               {"streaming database files", 3, 2},
                               {"waiting for wal archiving to finish", NONE, NONE},
                               {"transferring wal files", NONE, NONE}}},
    [PROGRESS_COPY] = {"COPY", NONE, 0, {{NULL, COPY_BYTES, COPY_BYTES_TOTAL}}},
};

const char *progress_kind_name(ProgressKind kind)
{
    assert(kind > PROGRESS_NONE && kind < PROGRESS_KINDS);
    return kinds[kind].name;
}

ProgressKind progress_kind_named(const char *name)
{
    for (int kind = PROGRESS_NONE + 1; kind < PROGRESS_KINDS; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return (ProgressKind) kind;
    return PROGRESS_NONE;
}

/* Parameter 0 is the one that there is not. */
static int64_t param(const Progress *progress, int number)
{
    return number == NONE ? 0 : progress->params[number - 1];
}

static int phase_number(const Progress *progress)
{
    int64_t number = param(progress, kinds[progress->kind].phase_at);

    return number >= 0 && number < kinds[progress->kind].count ? (int) number : 0;
}

/* Building an index goes through phases of the access method's own, of which some count; an access
 * method that has none counts rows or blocks. */
static Phase building(const Progress *progress)
{
    static const Phase blocks = {"building index", INDEX_BLOCKS, INDEX_BLOCKS_TOTAL};
    static const Phase rows = {"building index", INDEX_ROWS, INDEX_ROWS_TOTAL};
    static const Phase uncounted = {"building index", NONE, NONE};

    if (!progress->subphase)
        return param(progress, INDEX_ROWS_TOTAL) > 0 ? rows : blocks;
    if (strcmp(progress->subphase, "scanning table") == 0)
        return blocks;
    return strcmp(progress->subphase, "loading tuples in tree") == 0 ? rows : uncounted;
}

static Phase phase_of(const Progress *progress)
{
    Phase phase = kinds[progress->kind].phases[phase_number(progress)];

    if (progress->kind == PROGRESS_CREATE_INDEX && strcmp(phase.name, "building index") == 0)
        return building(progress);
    return phase;
}

/* CREATE INDEX, CREATE INDEX CONCURRENTLY, REINDEX, REINDEX CONCURRENTLY. */
static bool is_concurrently(const Progress *progress)
{
    return param(progress, INDEX_COMMAND) == 2 || param(progress, INDEX_COMMAND) == 4;
}

static const char *command_name(const Progress *progress)
{
    switch (progress->kind) {
    case PROGRESS_CREATE_INDEX:
        if (param(progress, INDEX_COMMAND) >= 3)
            return is_concurrently(progress) ? "REINDEX CONCURRENTLY" : "REINDEX";
        return is_concurrently(progress) ? "CREATE INDEX CONCURRENTLY" : "CREATE INDEX";
    case PROGRESS_CLUSTER:
        return param(progress, CLUSTER_COMMAND) == 2 ? "VACUUM FULL" : "CLUSTER";
    case PROGRESS_BASE_BACKUP:
        return "the base backup";
    case PROGRESS_COPY:
        return param(progress, COPY_COMMAND) == 2 ? "COPY TO" : "COPY FROM";
    default:
        return kinds[progress->kind].name;
    }
}

/* Of how many phases the command has; 0 where it goes through some of them only. */
static int phase_count(const Progress *progress)
{
    if (progress->kind != PROGRESS_CREATE_INDEX)
        return kinds[progress->kind].count;
    if (!is_concurrently(progress))
        return 0;
    return param(progress, INDEX_COMMAND) == 4 ? 10 : 8; /* the last two are REINDEX's */
}

static bool is_counted(const Progress *progress, Phase phase)
{
    return param(progress, phase.total) > 0;
}

static int percent(const Progress *progress, Phase phase)
{
    int64_t done = param(progress, phase.done);
    int64_t total = param(progress, phase.total);

    if (done >= total)
        return 100;
    return done <= 0 ? 0 : (int) ((double) done * 100 / (double) total);
}

static bool same_phase(const Progress *a, const Progress *b)
{
    bool subphases = a->subphase && b->subphase;

    return a->kind == b->kind && phase_number(a) == phase_number(b) &&
           (subphases ? strcmp(a->subphase, b->subphase) == 0 : a->subphase == b->subphase) &&
           param(a, phase_of(a).total) == param(b, phase_of(b).total);
}

/* How long the rest takes if it goes on as it did: since the earlier look, or, with but one phase,
 * since the statement began. TIME_UNKNOWN where that cannot be told. */
static int64_t left_us(const Progress *earlier, const Progress *now, int64_t statement_us)
{
    Phase phase = phase_of(now);
    int64_t before = 0;
    int64_t since_us = TIME_UNKNOWN;
    int64_t done = param(now, phase.done);

    if (kinds[now->kind].count == 0) {
        since_us = statement_us;
    } else if (same_phase(earlier, now)) {
        before = param(earlier, phase.done);
        since_us = earlier->seen_us;
    }
    if (since_us == TIME_UNKNOWN || now->seen_us <= since_us || done <= before)
        return TIME_UNKNOWN;
    return (int64_t) ((double) (now->seen_us - since_us) *
                      (double) (param(now, phase.total) - done) / (double) (done - before));
}

/* `, about 40 s of it left`; seconds are as exact as such a guess is. */
static const char *left_text(const Progress *earlier, const Progress *now, int64_t statement_us,
                             Arena *arena)
{
    int64_t left = left_us(earlier, now, statement_us);
    const char *of = kinds[now->kind].count > 0 ? "of it " : "";
    char buffer[DURATION_TEXT_MAX];

    if (left == TIME_UNKNOWN || left < 0)
        return "";
    if (left < US_PER_S)
        return arena_printf(arena, ", less than a second %sleft", of);
    if (left < 60 * US_PER_S)
        return arena_printf(arena, ", about %d s %sleft", (int) (left / US_PER_S), of);
    return arena_printf(arena, ", about %s %sleft", duration_format(left, buffer), of);
}

/* ` phase 3 of 8` or ` this phase`. */
static const char *which_phase(const Progress *now, Arena *arena)
{
    int count = phase_count(now);

    if (count == 0)
        return "this phase";
    return arena_printf(arena, "phase %d of %d", phase_number(now) + 1, count);
}

static const char *phase_name(const Progress *now, Arena *arena)
{
    const char *name = phase_of(now).name;

    return now->subphase ? arena_printf(arena, "%s: %s", name, text_cleaned(arena, now->subphase))
                         : name;
}

static const char *partitions_text(const Progress *now, Arena *arena)
{
    if (now->kind != PROGRESS_CREATE_INDEX || param(now, INDEX_PARTITIONS_TOTAL) <= 0)
        return "";
    return arena_printf(arena, "; %lld of %lld partitions are done",
                        (long long) param(now, INDEX_PARTITIONS),
                        (long long) param(now, INDEX_PARTITIONS_TOTAL));
}

/* A command of one phase: how much of all is done. */
static const char *copy_text(const Progress *now, const char *left, Arena *arena)
{
    Phase phase = phase_of(now);

    if (!is_counted(now, phase))
        return arena_printf(arena, "%s has processed %lld rows; how many there are is not known",
                            command_name(now), (long long) param(now, COPY_ROWS));
    return arena_printf(arena, "%s is at %d %%%s", command_name(now), percent(now, phase), left);
}

const char *progress_text(const Progress *earlier, const Progress *now, int64_t statement_us,
                          Arena *arena)
{
    Phase phase;
    const char *left;

    assert(now->kind > PROGRESS_NONE && now->kind < PROGRESS_KINDS);
    phase = phase_of(now);
    left = left_text(earlier, now, statement_us, arena);
    if (kinds[now->kind].count == 0)
        return copy_text(now, left, arena);
    if (is_counted(now, phase))
        return arena_printf(arena, "%s is at %d %% of %s (%s)%s%s", command_name(now),
                            percent(now, phase), which_phase(now, arena), phase_name(now, arena),
                            left, partitions_text(now, arena));
    if (phase_count(now) == 0)
        return arena_printf(arena, "%s has come to %s%s", command_name(now), phase_name(now, arena),
                            partitions_text(now, arena));
    return arena_printf(arena, "%s is in %s (%s)%s", command_name(now), which_phase(now, arena),
                        phase_name(now, arena), partitions_text(now, arena));
}
