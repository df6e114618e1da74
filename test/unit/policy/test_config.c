/* SPDX-License-Identifier: PostgreSQL */
/* Config: every key, every error with its place, and what counts where several files speak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "policy/config.h"
#include "policy/folder.h"
#include "policy/protections.h"

static bool read_one(Folder *folder, const char *text, Config *ret_config)
{
    ConfigPlaces places = {.given = folder_write(folder, "c.yaml", 0600, text)};

    return config_read(&folder->arena, &places, ret_config, &folder->err);
}

static Config config_of(Folder *folder, const char *text)
{
    Config config;

    if (!read_one(folder, text, &config))
        fail_msg("%s", folder->err.message);
    return config;
}

static ConfigPart choose(Folder *folder, const Config *config, const char *name)
{
    ConfigPart part;

    if (!config_choose(config, &folder->arena, name, &part, &folder->err))
        fail_msg("%s", folder->err.message);
    return part;
}

/* The error stands at LINE:COLUMN of the file. */
static void fails(Folder *folder, const char *text, const char *place, const char *message)
{
    const char *path = folder_write(folder, "c.yaml", 0600, text);
    Config config;

    assert_false(read_one(folder, text, &config));
    assert_string_equal(folder->err.message,
                        arena_printf(&folder->arena, "%s:%s: %s", path, place, message));
    assert_int_equal(folder->err.code, ERR_USAGE);
}

static const char everything[] = "operator: jane\n"
                                 "require-reason: true\n"
                                 "grace: 7s\n"
                                 "timeout: 1min\n"
                                 "pace: 30/min\n"
                                 "limit: 3\n"
                                 "audit: /srv/audit.db\n"
                                 "pgbouncer: host=pool\n"
                                 "protect:\n"
                                 "  - { role: [replicator, 'back*'] }\n"
                                 "  - database: shop\n"
                                 "    application: web\n"
                                 "cluster: prod\n"
                                 "clusters:\n"
                                 "  prod:\n"
                                 "    conninfo: host=db1\n"
                                 "    grace: 9s\n"
                                 "    pgbouncers: [host=p1, host=p2]\n"
                                 "    protect: { client: 10.0.0.0/8 }\n"
                                 "  other: { conninfo: '', pgbouncers: [] }\n";

static void every_key_is_read(void **state)
{
    Folder *folder = *state;
    Config config = config_of(folder, everything);
    ConfigPart part = choose(folder, &config, NULL);

    assert_string_equal(part.operator_name, "jane");
    assert_int_equal(part.demands_reason->line, 2);
    assert_int_equal(part.grace_us, 7 * US_PER_S);
    assert_int_equal(part.timeout_us, 60 * US_PER_S);
    assert_true(part.pace_per_s > 0.499 && part.pace_per_s < 0.501);
    assert_int_equal(part.limit, 3);
    assert_string_equal(part.audit, "/srv/audit.db");
    assert_int_equal(part.pgbouncer_count, 1);
    assert_string_equal(part.pgbouncers[0]->text, "host=pool");
    assert_null(part.conninfo);
    assert_int_equal(part.protections.count, 2);
    assert_string_equal(config_default_cluster(&config), "prod");
    assert_int_equal(config.conninfo_count, 5);
}

static void a_cluster_overrides_and_protections_add_up(void **state)
{
    Folder *folder = *state;
    Config config = config_of(folder, everything);
    ConfigPart part = choose(folder, &config, "prod");

    assert_string_equal(part.conninfo->text, "host=db1");
    assert_int_equal(part.conninfo->at->line, 16);
    assert_int_equal(part.conninfo->at->column, 15);
    assert_false(part.conninfo->exposed);
    assert_int_equal(part.grace_us, 9 * US_PER_S);
    assert_int_equal(part.timeout_us, 60 * US_PER_S);
    assert_string_equal(part.operator_name, "jane");
    assert_int_equal(part.pgbouncer_count, 2);
    assert_string_equal(part.pgbouncers[1]->text, "host=p2");
    assert_int_equal(part.protections.count, 3);
    assert_int_equal(config.files[0].top.protections.count, 2); /* as it was */
    part = choose(folder, &config, "other");
    assert_int_equal(part.pgbouncer_count, 0); /* an empty list overrides, too */
    assert_int_equal(part.protections.count, 2);
    assert_string_equal(part.conninfo->text, "");
}

static void nothing_is_said_by_nothing(void **state)
{
    Folder *folder = *state;
    ConfigPlaces none = {.given = CONFIG_NOTHING, .system = folder->path};
    Config config = config_of(folder, "");
    ConfigPart part = choose(folder, &config, NULL);

    assert_null(part.operator_name);
    assert_null(part.audit);
    assert_null(part.demands_reason);
    assert_null(part.pgbouncers);
    assert_int_equal(part.grace_us, TIME_UNKNOWN);
    assert_int_equal(part.timeout_us, TIME_UNKNOWN);
    assert_int_equal(part.limit, 0);
    assert_true(part.pace_per_s <= 0);
    assert_int_equal(part.protections.count, 0);
    assert_null(config_default_cluster(&config));
    assert_true(config_read(&folder->arena, &none, &config, &folder->err));
    assert_int_equal(config.file_count, 0);
    config = config_of(folder, "protect:\nclusters:\npgbouncers:\n");
    assert_int_equal(choose(folder, &config, NULL).protections.count, 0);
}

/* The user's file and the system's; root writes both here, or we do, as who we are. */
static Config two_files(Folder *folder, const char *user, const char *system)
{
    ConfigPlaces places = {.user = folder_write(folder, "user.yaml", 0600, user),
                           .system = folder_write(folder, "system.yaml", 0644, system)};
    Config config;

    if (!config_read(&folder->arena, &places, &config, &folder->err))
        fail_msg("%s", folder->err.message);
    return config;
}

static void the_users_file_counts_more_key_by_key(void **state)
{
    Folder *folder = *state;
    Config config;
    ConfigPart part;

    if (geteuid() != 0)
        skip(); /* only root can own the system's file */
    config = two_files(folder,
                       "grace: 1s\nlimit: 1\nrequire_reason: false\nprotect: { role: a }\n"
                       "clusters: { prod: { timeout: 1s } }\n",
                       "grace: 2s\npace: 2/s\nrequire_reason: true\nprotect: { role: b }\n"
                       "cluster: prod\n"
                       "clusters: { prod: { conninfo: host=x, limit: 2, timeout: 2s,"
                       " protect: { role: c } } }\n");
    part = choose(folder, &config, "prod");
    assert_int_equal(part.grace_us, 1 * US_PER_S);
    assert_int_equal(part.timeout_us, 1 * US_PER_S);
    assert_int_equal(part.limit, 2); /* a cluster's over the top, whosever */
    assert_true(part.pace_per_s > 1.9);
    assert_string_equal(part.conninfo->text, "host=x");
    assert_true(part.conninfo->exposed);
    assert_int_equal(part.protections.count, 3);
    assert_int_equal(part.demands_reason->line, 3);
    assert_non_null(strstr(part.demands_reason->file, "system.yaml"));
    assert_string_equal(config_default_cluster(&config), "prod");
    part = choose(folder, &config, NULL);
    assert_int_equal(part.limit, 1);
    assert_int_equal(part.protections.count, 2);
    assert_non_null(part.demands_reason);
}

static void a_reason_demanded_anywhere_is_demanded(void **state)
{
    Folder *folder = *state;
    Config config = config_of(folder, "require_reason: false\n"
                                      "clusters:\n"
                                      "  a: { conninfo: '', require_reason: true }\n"
                                      "  b: { conninfo: '' }\n");

    assert_null(choose(folder, &config, NULL).demands_reason);
    assert_null(choose(folder, &config, "b").demands_reason);
    assert_int_equal(choose(folder, &config, "a").demands_reason->line, 3);
    config = config_of(folder, "require_reason: true\n"
                               "clusters: { a: { conninfo: '', require_reason: false } }\n");
    assert_int_equal(choose(folder, &config, "a").demands_reason->line, 1);
}

static bool protects(const ConfigPart *part, Session session)
{
    return protect_find(&part->protections, &session) != NULL;
}

static void protections_say_whom(void **state)
{
    Folder *folder = *state;
    Session walsender = {.role = "replicator", .backend_type = "walsender", .backend_start = 1};
    Session web = {.role = "app",
                   .database = "shop",
                   .application = "web",
                   .client = "10.1.2.3",
                   .backend_type = "client backend",
                   .backend_start = 1};
    Config config = config_of(folder, everything);
    ConfigPart part = choose(folder, &config, NULL);
    Session other = web;

    assert_true(protects(&part, walsender));
    assert_true(protects(&part, web));
    assert_string_equal(protect_find(&part.protections, &web)->place,
                        arena_printf(&folder->arena, "%s/c.yaml:11", folder->path));
    other.application = "batch"; /* all of an entry has to hold */
    assert_false(protects(&part, other));
    other.role = "backup";
    assert_true(protects(&part, other));
    config = config_of(folder, "protect: { backend_type: walsender }\n");
    part = choose(folder, &config, NULL);
    assert_true(protects(&part, walsender));
    assert_false(protects(&part, web));
    config = config_of(folder, "protect: [{ client: [192.168.0.0/16, 10.1.0.0/16] }]\n");
    part = choose(folder, &config, NULL);
    assert_true(protects(&part, web));
}

static void every_error_says_where_and_what(void **state)
{
    Folder *folder = *state;

    fails(folder, "grcae: 5s\n", "1:1", "unknown key \"grcae\" (did you mean \"grace\"?)");
    assert_non_null(strstr(folder->err.hint, "operator, require_reason, grace"));
    fails(folder, "conninfo: host=x\n", "1:1", "unknown key \"conninfo\"");
    fails(folder, "clusters:\n  a: { cluster: b }\n", "2:8", "unknown key \"cluster\"");
    fails(folder, "- a\n", "1:1", "expected keys with values, not a list");
    fails(folder, "grace: 5\n", "1:8", "grace: invalid duration \"5\": its unit is missing");
    fails(folder, "# x\ntimeout: [1s, 2s]\n", "2:10", "timeout: expected one text, not a list");
    fails(folder, "pace: fast\n", "1:7", "pace: invalid value \"fast\"");
    assert_non_null(strstr(folder->err.hint, "10/min"));
    fails(folder, "pace:\n", "1:6", "pace: a value is missing");
    fails(folder, "limit: 0\n", "1:8", "limit: invalid value \"0\"");
    assert_string_equal(folder->err.hint, "It is a whole number from 1 to 1000000.");
    fails(folder, "require_reason: yes\n", "1:17", "require_reason: invalid value \"yes\"");
    fails(folder, "operator: ''\n", "1:11", "operator: a text is missing");
    fails(folder, "audit: audit.db\n", "1:8", "audit: \"audit.db\" is not an absolute path");
    fails(folder, "audit: [a]\n", "1:8", "audit: expected one text, not a list");
    fails(folder, "cluster: x\n", "1:10", "cluster: unknown cluster \"x\"");
    fails(folder, "cluster:\n", "1:9", "cluster: a value is missing");
    fails(folder, "clusters: x\n", "1:11", "clusters: expected keys with values, not a text");
    fails(folder, "clusters:\n  a: x\n", "2:6", "a: expected keys with values, not a text");
    fails(folder, "clusters:\n  a:\n", "2:3", "cluster \"a\" has no conninfo");
    fails(folder, "clusters:\n  '': { conninfo: x }\n", "2:3", "a cluster needs a name");
    fails(folder, "clusters: { a: { conninfo: [x] } }\n", "1:28",
          "conninfo: expected one text, not a list");
    fails(folder, "pgbouncers: [a, [b]]\n", "1:17", "pgbouncers: expected one text, not a list");
    fails(folder, "pgbouncers: a\npgbouncer: b\n", "2:12",
          "pgbouncer: this and \"pgbouncers\" are the same key");
}

static void every_error_of_a_protection_says_where(void **state)
{
    Folder *folder = *state;

    fails(folder, "protect: [{ role: a }, { roles: b }]\n", "1:26",
          "unknown predicate \"roles\" (did you mean \"role\"?)");
    fails(folder, "protect: [{}]\n", "1:11",
          "protect: an entry without a predicate protects nothing");
    fails(folder, "protect:\n  -\n", "2:4",
          "protect: an entry without a predicate protects nothing");
    fails(folder, "protect: [replicator]\n", "1:11",
          "protect: expected keys with values, not a text");
    fails(folder, "protect: { role: [] }\n", "1:18", "role: a value is missing");
    fails(folder, "protect: { role: [a, { b: c }] }\n", "1:22",
          "role: expected one text, not keys with values");
    fails(folder, "protect: { client: [10.0.0.1, 10.0] }\n", "1:31",
          "client: invalid client \"10.0\"");
    assert_non_null(strstr(folder->err.hint, "10.1.0.0/16"));
}

/* `begin`, then `count` times the two parts of an item with its number between them. */
static void repeated(StrBuf *text, const char *begin, const char *before, const char *after,
                     int count)
{
    strbuf_clear(text);
    strbuf_add(text, begin);
    for (int i = 0; i < count; i++)
        strbuf_printf(text, "%s%d%s", before, i, after);
}

static void every_list_has_its_most(void **state)
{
    Folder *folder = *state;
    StrBuf text;

    strbuf_init(&text);
    repeated(&text, "pgbouncers:\n", "- host=h", "\n", CONFIG_PGBOUNCERS_MAX);
    (void) config_of(folder, text.text);
    repeated(&text, "pgbouncers:\n", "- host=h", "\n", CONFIG_PGBOUNCERS_MAX + 1);
    fails(folder, text.text, "2:1", "pgbouncers: too many: at most 16 can be named");
    repeated(&text, "protect:\n", "- role: r", "\n", PROTECTIONS_MAX);
    (void) config_of(folder, text.text);
    repeated(&text, "protect:\n", "- role: r", "\n", PROTECTIONS_MAX + 1);
    fails(folder, text.text, "2:1", "protect: too many entries: at most 256 are allowed");
    repeated(&text, "clusters:\n", " c", ": { conninfo: x }\n", CONFIG_CLUSTERS_MAX + 1);
    fails(folder, text.text, "2:2", "clusters: too many: at most 1000 can be named");
    repeated(&text, "protect:\n  role:\n", "  - r", "\n", FILTER_VALUES_MAX + 1);
    fails(folder, text.text, "67:5", "role: too many values for role: at most 64 are allowed");
    strbuf_done(&text);
}

static void fails_to_choose(Folder *folder, const Config *config, const char *name,
                            const char *message)
{
    ConfigPart part;

    assert_false(config_choose(config, &folder->arena, name, &part, &folder->err));
    assert_string_equal(folder->err.message, message);
    assert_int_equal(folder->err.code, ERR_USAGE);
}

static void an_unknown_cluster_lists_the_known_ones(void **state)
{
    Folder *folder = *state;
    Config config =
        config_of(folder, "clusters: { prod-eu: { conninfo: x }, prod_eu: { conninfo: y } }\n");
    ConfigPlaces none = {.given = CONFIG_NOTHING};
    StrBuf many;

    assert_string_equal(choose(folder, &config, "prod_eu").conninfo->text, "y");
    fails_to_choose(folder, &config, "prod_ue",
                    "unknown cluster \"prod_ue\" (did you mean \"prod_eu\"?)");
    assert_string_equal(folder->err.hint, "Configured: prod-eu, prod_eu.");
    fails_to_choose(folder, &config, "zzz", "unknown cluster \"zzz\"");
    config = config_of(folder, "grace: 5s\n");
    fails_to_choose(folder, &config, "prod", "unknown cluster \"prod\": none is configured");
    assert_non_null(strstr(folder->err.hint, "c.yaml"));
    assert_true(config_read(&folder->arena, &none, &config, &folder->err));
    fails_to_choose(folder, &config, "prod",
                    "unknown cluster \"prod\": there is no configuration file");
    none = (ConfigPlaces){.user = "/nonexistent/user.yaml", .system = "/nonexistent/system.yaml"};
    assert_true(config_read(&folder->arena, &none, &config, &folder->err));
    fails_to_choose(folder, &config, "prod",
                    "unknown cluster \"prod\": there is no configuration file");
    assert_string_equal(folder->err.hint,
                        "Looked for /nonexistent/user.yaml and /nonexistent/system.yaml.");
    strbuf_init(&many);
    repeated(&many, "clusters:\n", " cluster", ": { conninfo: x }\n", 100);
    config = config_of(folder, many.text);
    fails_to_choose(folder, &config, "x", "unknown cluster \"x\"");
    assert_string_equal(folder->err.hint + strlen(folder->err.hint) - 6, ", ....");
    strbuf_done(&many);
}

static void the_usual_places(void **state)
{
    Folder *folder = *state;

    assert_int_equal(setenv("HOME", "/home/jane", 1), 0);
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_string_equal(config_usual_places(&folder->arena).user,
                        "/home/jane/.config/pgquell/config.yaml");
    assert_string_equal(config_usual_places(&folder->arena).system, "/etc/pgquell/config.yaml");
    assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0); /* does not count */
    assert_string_equal(config_usual_places(&folder->arena).user,
                        "/home/jane/.config/pgquell/config.yaml");
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/x", 1), 0);
    assert_string_equal(config_usual_places(&folder->arena).user, "/x/pgquell/config.yaml");
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_null(config_usual_places(&folder->arena).user);
}

/* The first block of YAML in docs/config.md. */
static char *documented(Folder *folder)
{
    static char page[64 * 1024];
    FILE *file = fopen("docs/config.md", "r");
    size_t length;
    char *begin;
    char *end;

    assert_non_null(file);
    length = fread(page, 1, sizeof(page) - 1, file);
    (void) fclose(file);
    page[length] = '\0';
    begin = strstr(page, "```yaml\n");
    assert_non_null(begin);
    begin += strlen("```yaml\n");
    end = strstr(begin, "```");
    assert_non_null(end);
    return arena_strndup(&folder->arena, begin, (size_t) (end - begin));
}

static void the_documented_example_says_what_it_says(void **state)
{
    Folder *folder = *state;
    Config config = config_of(folder, documented(folder));
    ConfigPart part = choose(folder, &config, "prod");

    assert_int_equal(part.grace_us, 15 * US_PER_S);
    assert_int_equal(part.limit, 3);
    assert_int_equal(part.pgbouncer_count, 2);
    assert_int_equal(part.protections.count, 4);
    assert_string_equal(part.audit, "/var/lib/pgquell/audit.db");
    assert_non_null(part.demands_reason);
    assert_string_equal(config_default_cluster(&config), "staging");
    assert_int_equal(choose(folder, &config, "staging").pgbouncer_count, 1);
}

/* Reads the text, whatever becomes of it, from memory that ends where it ends. */
static void survive(const char *text, size_t length)
{
    char *bytes = xcalloc(length > 0 ? length : 1, 1);
    const YamlNode *root;
    Arena arena;
    Err err;

    arena_init(&arena);
    memcpy(bytes, text, length);
    if (!yaml_read(&arena, &(YamlSource){"f", bytes, length}, &root, &err))
        assert_true(strncmp(err.message, "f:", 2) == 0);
    arena_done(&arena);
    free(bytes);
}

static void survive_as_config(Folder *folder, const char *text)
{
    ConfigPart part;
    Config config;

    if (read_one(folder, text, &config))
        (void) !config_choose(&config, &folder->arena, "prod", &part, &folder->err);
    else
        assert_non_null(strstr(folder->err.message, "c.yaml"));
}

/* Every prefix, and every byte turned into each of some others. */
static void nothing_that_is_damaged_crashes_it(void **state)
{
    static const char flips[] = "\0\t\n :-[]{}#&*!|>'\"%@`\\~,?x\x80\xff";
    Folder *folder = *state;
    char *text = documented(folder);
    size_t length = strlen(text);

    for (size_t i = 0; i <= length; i++)
        survive(text, i);
    for (size_t i = 0; i < length; i++) {
        char kept = text[i];

        for (size_t j = 0; j < sizeof(flips) - 1; j++) {
            text[i] = flips[j];
            survive(text, length);
        }
        text[i] = (char) (kept ^ (1 << (i % 7))); /* through all of it, for some of them */
        survive_as_config(folder, text);
        arena_clear(&folder->arena);
        text = documented(folder);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_key_is_read),
        TEST(a_cluster_overrides_and_protections_add_up),
        TEST(nothing_is_said_by_nothing),
        TEST(the_users_file_counts_more_key_by_key),
        TEST(a_reason_demanded_anywhere_is_demanded),
        TEST(protections_say_whom),
        TEST(every_error_says_where_and_what),
        TEST(every_error_of_a_protection_says_where),
        TEST(every_list_has_its_most),
        TEST(an_unknown_cluster_lists_the_known_ones),
        TEST(the_usual_places),
        TEST(the_documented_example_says_what_it_says),
        TEST(nothing_that_is_damaged_crashes_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
