/* SPDX-License-Identifier: PostgreSQL */
/* States: the table is whole, and its diagram says what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/states.h"

static void every_state_has_its_words(void **state)
{
    for (int i = 0; i < TARGET_STATES; i++) {
        assert_non_null(target_state_name((TargetState) i));
        assert_non_null(target_state_meaning((TargetState) i));
    }
    assert_string_equal(target_state_name(TARGET_LOST), "lost");
    assert_string_equal(target_state_meaning(TARGET_FINISHED), "it has its outcome");
}

static void every_state_is_reached_and_left(void **state)
{
    bool reached[TARGET_STATES] = {[TARGET_PLANNED] = true};
    bool grew = true;

    while (grew) {
        grew = false;
        for (int i = 0; i < TARGET_STATES * TARGET_STATES; i++) {
            int from = i / TARGET_STATES;
            int to = i % TARGET_STATES;

            if (!reached[from] || reached[to] ||
                !target_state_follows((TargetState) from, (TargetState) to))
                continue;
            reached[to] = true;
            grew = true;
        }
    }
    for (int i = 0; i < TARGET_STATES; i++)
        assert_true(reached[i]);
}

static void an_end_is_an_end(void **state)
{
    for (int i = 0; i < TARGET_STATES; i++) {
        assert_false(target_state_follows(TARGET_FINISHED, (TargetState) i));
        assert_false(target_state_follows((TargetState) i, TARGET_PLANNED));
        if (i != TARGET_FINISHED)
            assert_true(target_state_follows((TargetState) i, TARGET_FINISHED));
    }
}

/* A signal has one way in. */
static void signalling_comes_from_an_intent_alone(void **state)
{
    for (int i = 0; i < TARGET_STATES; i++)
        assert_int_equal(target_state_follows((TargetState) i, TARGET_SIGNALLING),
                         i == TARGET_INTENDING);
    assert_false(target_state_follows(TARGET_LOST, TARGET_QUEUED));
    assert_false(target_state_follows(TARGET_LOST, TARGET_INTENDING));
}

static void the_diagram_is_the_table(void **state)
{
    StrBuf buf;

    strbuf_init(&buf);
    target_states_print(&buf);
    assert_int_equal(strncmp(buf.text, "digraph target {\n", 17), 0);
    assert_non_null(
        strstr(buf.text, "    planned [tooltip=\"judged; waits for the go-ahead\"];\n"));
    assert_non_null(strstr(buf.text, "    intending -> signalling;\n"));
    assert_null(strstr(buf.text, "planned -> signalling"));
    assert_null(strstr(buf.text, "    finished -> "));
    assert_string_equal(buf.text + buf.length - 2, "}\n");
    strbuf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_its_words),
        cmocka_unit_test(every_state_is_reached_and_left),
        cmocka_unit_test(an_end_is_an_end),
        cmocka_unit_test(signalling_comes_from_an_intent_alone),
        cmocka_unit_test(the_diagram_is_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
