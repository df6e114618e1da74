/* SPDX-License-Identifier: PostgreSQL */
/* Log heads: the heads of audit chains that pgquell wrote into a server's log. */
#include "cmd/log_heads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/prune.h"

static const char sign[] = "pgquell: ";
static const char before_run[] = "audit run ";
static const char before_hash[] = " head ";

/* Copies exactly so many hex digits and moves on behind them. */
static bool take_hex(const char **text, char *ret_digits, size_t count)
{
    if (strspn(*text, "0123456789abcdef") != count)
        return false;
    memcpy(ret_digits, *text, count);
    ret_digits[count] = '\0';
    *text += count;
    return true;
}

static bool take_head(const char **text, LogHead *ret_head)
{
    if (!take_hex(text, ret_head->run, sizeof(ret_head->run) - 1))
        return false;
    if (strncmp(*text, before_hash, strlen(before_hash)) != 0)
        return false;
    *text += strlen(before_hash);
    return take_hex(text, ret_head->hash, sizeof(ret_head->hash) - 1);
}

bool log_heads_next(const char **text, LogHead *ret_head)
{
    while ((*text = strstr(*text, before_run))) {
        *text += strlen(before_run);
        if (take_head(text, ret_head))
            return true;
    }
    *text = "";
    return false;
}

static void take_line(const char *line, size_t number, Arena *arena, LogHeads *heads)
{
    const char *text = strstr(line, sign);
    LogHead head = {.line = number};
    bool any = false;

    while (text && log_heads_next(&text, &head))
        any = true; /* ours is the last: a reason may quote another */
    if (!any)
        return;
    heads->heads = arena_grow(arena, heads->heads, heads->count, sizeof(LogHead));
    heads->heads[heads->count++] = head;
}

static bool refuse_log(const char *path, const char *doing, Err *err)
{
    return err_set(err, ERR_UNRESOLVED, "could not %s server log \"%s\": %s", doing, path,
                   strerror(errno));
}

bool log_heads_read(const char *path, Arena *arena, LogHeads *ret_heads, Err *err)
{
    LogHeads heads = {0};
    size_t room = 0;
    size_t number = 0;
    char *line = NULL;
    FILE *file = fopen(path, "re");
    bool read;

    if (!file)
        return refuse_log(path, "open", err);
    while (getline(&line, &room, file) >= 0)
        take_line(line, ++number, arena, &heads);
    free(line);
    read = !ferror(file) || refuse_log(path, "read", err);
    (void) fclose(file);
    if (read)
        *ret_heads = heads;
    return read;
}

static int by_hash(const void *a, const void *b)
{
    return strcmp(((const LogHead *) a)->hash, ((const LogHead *) b)->hash);
}

static int by_line(const void *a, const void *b)
{
    size_t line_a = ((const LogHead *) a)->line;
    size_t line_b = ((const LogHead *) b)->line;

    return (line_a > line_b) - (line_a < line_b);
}

/* Signals that were sent together have the same head. */
static void mark(LogHeads *heads, const char *hash, bool pruned)
{
    LogHead *end = heads->heads + heads->count;
    LogHead key = {0};
    LogHead *head;

    (void) snprintf(key.hash, sizeof(key.hash), "%s", hash);
    head = bsearch(&key, heads->heads, heads->count, sizeof(LogHead), by_hash);
    while (head && head > heads->heads && by_hash(head - 1, &key) == 0)
        head--;
    for (; head && head < end && by_hash(head, &key) == 0; head++) {
        head->found = !pruned;
        head->pruned = pruned;
    }
}

static bool mark_found(void *context, const Record *record)
{
    mark(context, record->hash, false);
    return true;
}

static bool mark_pruned(void *context, int64_t sequence, const char *hash)
{
    (void) sequence;
    mark(context, hash, true);
    return true;
}

bool log_heads_compare(LogHeads *heads, Store *store, Err *err)
{
    StoreReading reading = {.visit = mark_found, .context = heads};

    if (heads->count == 0)
        return true;
    qsort(heads->heads, heads->count, sizeof(LogHead), by_hash);
    /* Records first: one that another process prunes meanwhile is met among the pruned. */
    if (!store_read(store, &reading, err) || !store_read_pruned(store, mark_pruned, heads, err))
        return false;
    qsort(heads->heads, heads->count, sizeof(LogHead), by_line);
    return true;
}
