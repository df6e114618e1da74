/* SPDX-License-Identifier: PostgreSQL */
/* log: reads, verifies and prunes the audit trail. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/log_parts.h"

static const char *const part_names[] = {"list", "show", "verify", "export", "prune", NULL};

typedef struct Part {
    ErrCode (*run)(Scene *scene, Store *store, Err *err);
    size_t words;       /* that follow its name */
    bool missing_is_ok; /* a trail that was never begun is an empty one */
} Part;

/* In the order of their names. */
static const Part parts[] = {
    {log_list, 0, true},   {log_show, 1, false}, {log_verify, 0, false},
    {log_export, 0, true}, {log_prune, 0, true},
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

static bool unknown_part(const char *word, Err *err)
{
    const char *nearest = text_nearest(word, part_names, PART_COUNT);

    (void) err_set(err, ERR_USAGE, "unknown subcommand \"%s\"", word);
    if (nearest)
        return err_hint(err, "Did you mean \"log %s\"?", nearest);
    return err_hint(err, "There are list, show ID, verify, export and prune.");
}

/* Options that only one of the subcommands takes. */
static bool check_options(const Settings *settings, const Part *part, Err *err)
{
    if (settings->against && part->run != log_verify)
        return err_set(err, ERR_USAGE, "--against goes with \"log verify\" only");
    for (int id = 0; id < OPTIONS; id++)
        if (settings->given[id] && (option_rows[id].groups & OPTION_PRUNE) &&
            part->run != log_prune)
            return err_set(err, ERR_USAGE, "--%s goes with \"log prune\" only",
                           option_rows[id].name);
    if (part->run != log_prune || settings->given[OPT_OLDER_THAN])
        return true;
    (void) err_set(err, ERR_USAGE, "\"log prune\" needs --older-than TIME");
    return err_hint(err, "With --older-than 90d, for one, the last 90 days stay.");
}

static bool check_words(const Settings *settings, const Part *part, Err *err)
{
    size_t given = settings->word_count > 0 ? settings->word_count - 1 : 0;

    if (given < part->words) {
        (void) err_set(err, ERR_USAGE, "\"log %s\" needs an ID", part_names[part - parts]);
        return err_hint(err, "\"pgquell log\" lists them.");
    }
    if (given > part->words)
        return err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[1 + part->words]);
    return check_options(settings, part, err);
}

/* NULL where the command line asks for nothing that there is. */
static const Part *choose(const Settings *settings, Err *err)
{
    const char *word = settings->word_count > 0 ? settings->words[0] : part_names[0];

    for (size_t i = 0; i < PART_COUNT; i++) {
        if (strcmp(part_names[i], word) != 0)
            continue;
        return check_words(settings, &parts[i], err) ? &parts[i] : NULL;
    }
    (void) unknown_part(word, err);
    return NULL;
}

void log_say_nothing(const Scene *scene)
{
    if (!scene->settings->quiet)
        (void) fputs("no actions recorded\n", stderr);
}

static ErrCode run(Scene *scene, Err *err)
{
    const char *path = scene->settings->audit;
    const Part *part = choose(scene->settings, err);
    Store *store;
    ErrCode status;

    if (!part)
        return err->code;
    if (!path && !store_default_path(&scene->arena, &path, err))
        return err->code;
    scene->settings->audit = path;
    if (part->missing_is_ok && !scene->settings->given[OPT_AUDIT] && access(path, F_OK) != 0 &&
        errno == ENOENT) {
        log_say_nothing(scene);
        return ERR_NONE;
    }
    if (!store_open(path, STORE_READ, &store, err))
        return err->code;
    status = part->run(scene, store, err);
    store_close(store);
    return status;
}

const Command command_log = {
    .name = "log",
    .summary = "read, verify and prune the audit trail",
    .arguments = "[list | show ID | verify | export | prune]",
    .details =
        "Without a word or with \"list\", lists the actions that were recorded, the newest "
        "last. \"show\" tells one in full; ID is its number in the list, a session id, or the "
        "beginning of an audit run's id. \"verify\" recomputes the chain of hashes: exit "
        "status 1 and the first record at fault where it is broken. \"export\" prints every "
        "record as a JSON object. \"prune\" removes the oldest actions that have ended, and "
        "records that it did; on a terminal it asks, elsewhere it needs --yes.",
    .options = OPTION_AUDIT | OPTION_PRUNE | OPTION_OUTPUT,
    .words = part_names,
    .needs = NEEDS_NOTHING,
    .run = run,
};
