/* SPDX-License-Identifier: PostgreSQL */
/* Door: what closing and opening one does under which facts, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/door.h"
#include "core/ordinary.h"

static Arena arena;

static int setup(void **state)
{
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    arena_done(&arena);
    return 0;
}

/* A database of another role's that we may alter, and are not connected to. */
static DoorFacts database(void)
{
    return (DoorFacts){.exists = true,
                       .name = "apps",
                       .oid = 16384,
                       .allow_connections = true,
                       .connection_limit = -1,
                       .alterable = true,
                       .owner = "app"};
}

static DoorFacts role(void)
{
    return (DoorFacts){.exists = true,
                       .is_role = true,
                       .name = "app",
                       .oid = 16385,
                       .allow_connections = true,
                       .connection_limit = 20,
                       .alterable = true};
}

static DoorTask closing(const DoorFacts *facts)
{
    World world = ordinary_world();

    return door_close(&world, facts, NULL, &arena);
}

static DoorTask opening(const DoorFacts *facts, const Door *recorded)
{
    World world = ordinary_world();

    return door_open(&world, facts, recorded, &arena);
}

static void is_decided(const DoorTask *task, DoorVerdict verdict, const char *part)
{
    assert_int_equal(task->verdict, verdict);
    if (!strstr(task->reason, part))
        fail_msg("\"%s\" does not say \"%s\"", task->reason, part);
}

static void a_database_is_closed_to_everybody(void **state)
{
    DoorFacts facts = database();
    DoorTask task = closing(&facts);

    is_decided(&task, DOOR_ACT, "nobody can enter, not even superusers");
    assert_int_equal(task.door.lock, DOOR_CONNECTIONS);
    assert_int_equal(task.door.before, 1);
    assert_int_equal(task.door.after, 0);
    assert_int_equal(task.door.oid, 16384);
    assert_int_equal(door_now(&task), 1);
    assert_null(task.note);
    assert_string_equal(door_remedy(&task.door, false, &arena), "ALLOW_CONNECTIONS false");
    assert_string_equal(door_remedy(&task.door, true, &arena), "ALLOW_CONNECTIONS true");
    assert_string_equal(door_subject(&task.door, &arena), "database apps");
}

static void the_database_that_we_are_in_is_closed_by_its_limit(void **state)
{
    DoorFacts facts = database();
    DoorTask task;

    facts.current = true;
    facts.connection_limit = 5;
    facts.superusers = "postgres, rds\x1b";
    task = closing(&facts);
    is_decided(&task, DOOR_ACT, "superusers can still enter (postgres, rds\\x1b)");
    is_decided(&task, DOOR_ACT, "CONNECTION LIMIT 5 -> 0");
    assert_int_equal(task.door.lock, DOOR_LIMIT);
    assert_int_equal(task.door.before, 5);
    facts.superusers = NULL;
    task = closing(&facts);
    is_decided(&task, DOOR_ACT, "superusers can still enter");
    facts.connection_limit = 0;
    task = closing(&facts);
    is_decided(&task, DOOR_LEAVE, "CONNECTION LIMIT is 0 already");
    assert_non_null(strstr(task.note, "ALTER DATABASE \"apps\" CONNECTION LIMIT -1"));
}

static void a_limit_of_0_does_not_hold_superusers_so_more_is_closed(void **state)
{
    DoorFacts facts = database();
    DoorTask task;

    facts.connection_limit = 0;
    task = closing(&facts);
    is_decided(&task, DOOR_ACT, "ALLOW_CONNECTIONS true -> false");
}

static void what_is_shut_is_left_and_said_by_whom(void **state)
{
    Door recorded = {.lock = DOOR_CONNECTIONS, .name = "apps", .before = 1, .after = 0};
    World world = ordinary_world();
    DoorFacts facts = database();
    DoorTask task;

    facts.allow_connections = false;
    task = closing(&facts);
    is_decided(&task, DOOR_LEAVE, "false already");
    assert_non_null(strstr(task.note, "not by pgquell"));
    assert_non_null(strstr(task.note, "ALTER DATABASE \"apps\" ALLOW_CONNECTIONS true"));
    task = door_close(&world, &facts, &recorded, &arena);
    is_decided(&task, DOOR_LEAVE, "false already");
    assert_string_equal(task.note, "on record: \"let-in\" sets ALLOW_CONNECTIONS true back");
    facts.current = true; /* somebody has closed it behind us */
    task = closing(&facts);
    is_decided(&task, DOOR_LEAVE, "false already");
}

static void a_database_whose_drop_was_interrupted_is_shut(void **state)
{
    DoorFacts facts = database();
    DoorTask task;

    facts.connection_limit = -2;
    task = closing(&facts);
    is_decided(&task, DOOR_LEAVE, "its DROP DATABASE was interrupted");
    assert_null(task.note);
}

static void only_its_owner_closes_a_database(void **state)
{
    DoorFacts facts = database();
    DoorTask task;

    facts.alterable = false;
    task = closing(&facts);
    is_decided(&task, DOOR_DENY, "role ops may not alter database apps");
    is_decided(&task, DOOR_DENY, "GRANT app TO ops");
    facts.owner = NULL;
    task = closing(&facts);
    is_decided(&task, DOOR_DENY, "GRANT \"\" TO ops");
}

static void what_does_not_exist_is_said(void **state)
{
    DoorFacts facts = {.name = "nowhere"};
    DoorTask task = closing(&facts);

    is_decided(&task, DOOR_MISSING, "database nowhere does not exist");
}

static void a_standby_has_no_door(void **state)
{
    Door recorded = {.lock = DOOR_CONNECTIONS, .name = "apps", .before = 1, .after = 0};
    World world = ordinary_world();
    DoorFacts facts = database();
    DoorTask task;

    world.standby = true;
    task = door_close(&world, &facts, NULL, &arena);
    is_decided(&task, DOOR_REFUSE, "standby");
    facts.allow_connections = false;
    task = door_open(&world, &facts, &recorded, &arena);
    is_decided(&task, DOOR_REFUSE, "standby");
}

static void a_role_is_held_by_its_own_limit(void **state)
{
    DoorFacts facts = role();
    DoorTask task = closing(&facts);

    is_decided(&task, DOOR_ACT, "CONNECTION LIMIT 20 -> 0: nobody can log in as role app");
    assert_int_equal(task.door.lock, DOOR_ROLE_LIMIT);
    assert_string_equal(door_subject(&task.door, &arena), "role app");
    assert_string_equal(door_sql(&task.door, 20, &arena), "ALTER ROLE \"app\" CONNECTION LIMIT 20");
    facts.connection_limit = 0;
    task = closing(&facts);
    is_decided(&task, DOOR_LEAVE, "0 already");
}

static void roles_without_a_door(void **state)
{
    DoorFacts facts = role();
    DoorTask task;

    facts.current = true;
    task = closing(&facts);
    is_decided(&task, DOOR_REFUSE, "we could not come back to open it");
    facts.superuser = true;
    task = closing(&facts);
    is_decided(&task, DOOR_REFUSE, "whom no CONNECTION LIMIT holds");
}

static void who_may_alter_a_role_differs_by_major(void **state)
{
    Door recorded = {.lock = DOOR_ROLE_LIMIT, .name = "app", .before = 20, .after = 0};
    World world = ordinary_world();
    DoorFacts facts = role();
    DoorTask task;

    facts.alterable = false;
    world.server_version = 150000;
    task = door_close(&world, &facts, NULL, &arena);
    is_decided(&task, DOOR_DENY, "role ops may not alter role app: ALTER ROLE ops CREATEROLE");
    world.server_version = 160000;
    task = door_close(&world, &facts, NULL, &arena);
    is_decided(&task, DOOR_DENY, "GRANT app TO ops WITH ADMIN OPTION");
    facts.superuser = true;
    facts.connection_limit = 0;
    task = opening(&facts, &recorded);
    is_decided(&task, DOOR_DENY, "only a superuser may alter");
}

static void opening_sets_back_what_was_set(void **state)
{
    Door recorded = {.lock = DOOR_LIMIT, .name = "old", .oid = 16384, .before = 5, .after = 0};
    DoorFacts facts = database();
    DoorTask task;

    facts.connection_limit = 0;
    task = opening(&facts, &recorded);
    is_decided(&task, DOOR_ACT, "CONNECTION LIMIT 0 -> 5, as before");
    assert_true(task.opens);
    assert_string_equal(task.door.name, "apps");
    assert_string_equal(door_remedy(&task.door, true, &arena), "CONNECTION LIMIT 5");
    facts.connection_limit = 5;
    task = opening(&facts, &recorded);
    is_decided(&task, DOOR_LEAVE, "it has CONNECTION LIMIT 5, as before");
}

static void what_somebody_changed_is_left_alone(void **state)
{
    Door recorded = {.lock = DOOR_LIMIT, .name = "apps", .oid = 16384, .before = 5, .after = 0};
    DoorFacts facts = database();
    DoorTask task;

    facts.connection_limit = 7;
    task = opening(&facts, &recorded);
    is_decided(&task, DOOR_REFUSE,
               "it has CONNECTION LIMIT 7, where pgquell had set CONNECTION "
               "LIMIT 0");
    is_decided(&task, DOOR_REFUSE, "ALTER DATABASE \"apps\" CONNECTION LIMIT 5");
}

static void what_is_gone_needs_no_opening(void **state)
{
    Door recorded = {.lock = DOOR_CONNECTIONS, .name = "apps", .before = 1, .after = 0};
    DoorFacts facts = {.name = "?"};
    DoorTask task = opening(&facts, &recorded);

    is_decided(&task, DOOR_LEAVE, "it is gone");
    assert_string_equal(task.door.name, "apps");
}

static void opening_takes_a_right_as_well(void **state)
{
    Door recorded = {.lock = DOOR_CONNECTIONS, .name = "apps", .before = 1, .after = 0};
    DoorFacts facts = database();
    DoorTask task;

    facts.allow_connections = false;
    facts.alterable = false;
    task = opening(&facts, &recorded);
    is_decided(&task, DOOR_DENY, "GRANT app TO ops");
}

static void names_are_quoted_for_sql(void **state)
{
    Door door = {.lock = DOOR_CONNECTIONS, .name = "My \"db\""};

    assert_string_equal(door_sql(&door, 0, &arena),
                        "ALTER DATABASE \"My \"\"db\"\"\" ALLOW_CONNECTIONS false");
    door.name = "user";
    assert_string_equal(door_sql(&door, 1, &arena),
                        "ALTER DATABASE \"user\" ALLOW_CONNECTIONS true");
    door.name = "a\x1b[2J";
    assert_string_equal(door_subject(&door, &arena), "database a\\x1b[2J");
}

static void a_pgbouncer_has_words_of_its_own(void **state)
{
    Door door = {
        .lock = DOOR_PAUSE, .name = "shop", .console = "10.0.0.5:6432", .before = 0, .after = 1};
    DoorTask task = {.door = door, .facts = {.pooled = 1}};

    assert_string_equal(door_subject(&door, &arena), "pgbouncer 10.0.0.5:6432 database shop");
    assert_string_equal(door_remedy(&door, false, &arena), "PAUSE");
    assert_string_equal(door_remedy(&door, true, &arena), "RESUME");
    assert_string_equal(door_sql(&door, 0, &arena), "RESUME \"shop\"");
    assert_int_equal(door_now(&task), 1);
    assert_string_equal(door_key(DOOR_DISABLE), "disabled");
    assert_string_equal(door_kind(DOOR_DISABLE), "pgbouncer");
    assert_true(door_is_flag(DOOR_DISABLE));
    assert_false(door_is_flag(DOOR_LIMIT));
}

static void a_database_at_a_pgbouncer_is_paused_and_resumed(void **state)
{
    Door door = {.lock = DOOR_PAUSE, .name = "shop", .console = "10.0.0.5:6432"};
    DoorFacts facts = {.exists = true, .name = "shop"};
    World world = ordinary_world();
    DoorTask task = door_close_pool(&facts, &door, NULL, &arena);
    Door recorded = task.door;

    is_decided(&task, DOOR_ACT, "PAUSE at 10.0.0.5:6432: queries of its clients wait");
    assert_int_equal(task.door.before, 0);
    assert_int_equal(task.door.after, 1);
    facts.pooled = 1;
    task = door_close_pool(&facts, &door, NULL, &arena);
    is_decided(&task, DOOR_LEAVE, "it is paused at 10.0.0.5:6432 already");
    assert_non_null(strstr(task.note, "not by pgquell, so \"let-in\" will not open it; that is: "
                                      "RESUME \"shop\""));
    task = door_close_pool(&facts, &door, &recorded, &arena);
    assert_string_equal(task.note, "on record: \"let-in\" sets RESUME back");
    world.standby = true; /* which a PgBouncer does not mind */
    facts.alterable = true;
    task = door_open(&world, &facts, &recorded, &arena);
    is_decided(&task, DOOR_ACT, "RESUME at 10.0.0.5:6432");
    facts.pooled = 0;
    task = door_open(&world, &facts, &recorded, &arena);
    is_decided(&task, DOOR_LEAVE, "it has RESUME, as before");
    door.lock = DOOR_DISABLE;
    task = door_close_pool(&facts, &door, NULL, &arena);
    is_decided(&task, DOOR_ACT, "DISABLE at 10.0.0.5:6432: new clients are refused");
}

static void outcomes_have_names_and_exit_statuses(void **state)
{
    assert_null(door_outcome_name(DOOR_PENDING));
    assert_string_equal(door_outcome_name(DOOR_CLOSED), "closed");
    assert_string_equal(door_outcome_name(DOOR_UNKNOWN), "unknown");
    assert_int_equal(door_outcome_exit(DOOR_CLOSED), ERR_NONE);
    assert_int_equal(door_outcome_exit(DOOR_OVER), ERR_NONE);
    assert_int_equal(door_outcome_exit(DOOR_REFUSED), ERR_REFUSED);
    assert_int_equal(door_outcome_exit(DOOR_DENIED), ERR_REFUSED);
    assert_int_equal(door_outcome_exit(DOOR_UNKNOWN), ERR_UNRESOLVED);
    assert_non_null(strstr(door_of_application(), "has no door"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_is_closed_to_everybody),
        cmocka_unit_test(the_database_that_we_are_in_is_closed_by_its_limit),
        cmocka_unit_test(a_limit_of_0_does_not_hold_superusers_so_more_is_closed),
        cmocka_unit_test(what_is_shut_is_left_and_said_by_whom),
        cmocka_unit_test(a_database_whose_drop_was_interrupted_is_shut),
        cmocka_unit_test(only_its_owner_closes_a_database),
        cmocka_unit_test(what_does_not_exist_is_said),
        cmocka_unit_test(a_standby_has_no_door),
        cmocka_unit_test(a_role_is_held_by_its_own_limit),
        cmocka_unit_test(roles_without_a_door),
        cmocka_unit_test(who_may_alter_a_role_differs_by_major),
        cmocka_unit_test(opening_sets_back_what_was_set),
        cmocka_unit_test(what_somebody_changed_is_left_alone),
        cmocka_unit_test(what_is_gone_needs_no_opening),
        cmocka_unit_test(opening_takes_a_right_as_well),
        cmocka_unit_test(names_are_quoted_for_sql),
        cmocka_unit_test(a_pgbouncer_has_words_of_its_own),
        cmocka_unit_test(a_database_at_a_pgbouncer_is_paused_and_resumed),
        cmocka_unit_test(outcomes_have_names_and_exit_statuses),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
