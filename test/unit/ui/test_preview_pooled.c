/* SPDX-License-Identifier: PostgreSQL */
/* The preview of a target behind a PgBouncer: the client is named before anything is sent. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/pooled.h"
#include "ui/actions.h"
#include "ui/sample.h"

/* The preview at a width, whose lines fit; to be freed. */
static char *preview_at(const Sample *sample, int columns)
{
    Look look = {.columns = columns};
    Printed printed;
    char *text;

    printed_begin(&printed);
    actions_preview(printed.out, sample->engine, NOW_US, &look);
    text = printed_end(&printed);
    assert_lines_fit(text, columns);
    return text;
}

/* The redirect stays a step of its own, without what is noted beside it. */
static void test_preview_names_the_client_behind_a_pooler(void **state)
{
    static const Pooled pooled = {.pooler = "10.0.0.5:6432",
                                  .linked = true,
                                  .client = "10.0.0.7",
                                  .port = 53124,
                                  .role = "web",
                                  .database = "shop",
                                  .application = HOSTILE};
    Order order = {.kind = ORDER_TERMINATE};
    Session session = sample_session(81423);
    Event event = {.kind = EVENT_REQUEST,
                   .session = &session,
                   .order = &order,
                   .redirected_from = 44,
                   .server_us = NOW_US};
    Sample sample;
    char *text;

    session.pooled = &pooled;
    sample_begin(&sample);
    engine_step(sample.engine, &event, &sample.plan);
    text = preview_at(&sample, 0);
    assert_non_null(strstr(text, "\n    client: web@shop 10.0.0.7:53124 application "));
    assert_non_null(strstr(text, ", through PgBouncer 10.0.0.5:6432, at 12:34:56 UTC\n"));
    assert_non_null(strstr(text, "    note: named by pid 44, a parallel worker of it; it is a "
                                 "server connection of PgBouncer 10.0.0.5:6432: "));
    free(text);
    free(preview_at(&sample, 40));
    sample_event(&sample, EVENT_GO, 0);
    assert_string_equal(engine_target(sample.engine, 0)->steps[0].result,
                        "named by pid 44, a parallel worker of it");
    sample_end(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preview_names_the_client_behind_a_pooler),
    };

    (void) setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
