/* SPDX-License-Identifier: PostgreSQL */
/* Shell: every word comes back from a shell as it was, and is clean on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/shell.h"
#include "base/text.h"

static void assert_quoted(const char *word, const char *expected)
{
    StrBuf buf;

    strbuf_init(&buf);
    shell_quote(&buf, word);
    assert_string_equal(buf.text, expected);
    strbuf_done(&buf);
}

static void words_need_quotes_or_not(void **state)
{
    (void) state;
    assert_quoted("673dd2b1.13e0f", "673dd2b1.13e0f");
    assert_quoted("--grace=1s", "--grace=1s");
    assert_quoted("/tmp/a_b@c%,:+", "/tmp/a_b@c%,:+");
    assert_quoted("", "''");
    assert_quoted("idle in transaction (aborted)", "'idle in transaction (aborted)'");
    assert_quoted("it's", "'it'\\''s'");
    assert_quoted("~", "'~'");
    assert_quoted("caf\xc3\xa9", "'caf\xc3\xa9'");
    assert_quoted("a\033[2J'\\", "$'a\\033[2J\\'\\\\'");
    assert_quoted("a\n1", "$'a\\0121'");
    assert_quoted("\xe2\x80\x8b\xff", "$'\\342\\200\\213\\377'");
}

/* What bash makes of the word. */
static void assert_read_back(const char *word)
{
    char back[512] = "";
    ssize_t length;
    int output[2];
    pid_t pid;
    StrBuf buf;

    strbuf_init(&buf);
    strbuf_add(&buf, "printf %s ");
    shell_quote(&buf, word);
    assert_int_equal(pipe(output), 0);
    pid = fork();
    if (pid == 0) {
        (void) dup2(output[1], STDOUT_FILENO);
        (void) execlp("bash", "bash", "-c", buf.text, (char *) NULL);
        _exit(127);
    }
    (void) close(output[1]);
    for (size_t used = 0; (length = read(output[0], back + used, sizeof(back) - 1 - used)) > 0;)
        used += (size_t) length;
    (void) close(output[0]);
    (void) waitpid(pid, NULL, 0);
    assert_true(length >= 0);
    assert_string_equal(back, word);
    for (const char *c = buf.text; *c;) {
        uint32_t code;
        size_t size = text_decode(c, strlen(c), &code);

        assert_true(size > 0 && !text_is_hostile(code));
        c += size;
    }
    strbuf_done(&buf);
}

static void a_shell_reads_every_byte_back(void **state)
{
    char all[256] = "";

    (void) state;
    for (int c = 1; c < 256; c++)
        all[c - 1] = (char) c;
    assert_read_back(all);
    assert_read_back("plain");
    assert_read_back("a b $HOME `x` \"q\" 'q' \\");
    assert_read_back("\x1b"
                     "7\\\\'"
                     "\n8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_need_quotes_or_not),
        cmocka_unit_test(a_shell_reads_every_byte_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
