/* SPDX-License-Identifier: PostgreSQL */
/* Bash: a completion script that needs nothing but bash itself. */
#include "pages/completion.h"

static const char opening[] =
    "# Completion of pgquell for bash. Made from the tables of its commands and options.\n"
    "\n"
    "# Offers the candidates that what is typed begins; a quote that it opens stays open.\n"
    "_pgquell_offer() # PREFIX TYPED CANDIDATE...\n"
    "{\n"
    "    local prefix=$1 typed=$2 candidate quoted\n"
    "    shift 2\n"
    "    for candidate; do\n"
    "        case $typed in\n"
    "        [\\'\\\"]*) [[ $candidate == \"${typed:1}\"* ]] && COMPREPLY+=(\"$prefix$candidate\") "
    ";;\n"
    "        *)\n"
    "            printf -v quoted %q \"$candidate\"\n"
    "            [[ $quoted == \"$typed\"* ]] && COMPREPLY+=(\"$prefix$quoted\")\n"
    "            ;;\n"
    "        esac\n"
    "    done\n"
    "}\n"
    "\n"
    "_pgquell_offer_files() # PREFIX TYPED\n"
    "{\n"
    "    local file\n"
    "    compopt -o filenames -o default 2>/dev/null\n"
    "    while IFS= read -r file; do\n"
    "        COMPREPLY+=(\"$1$file\")\n"
    "    done < <(compgen -f -- \"$2\")\n"
    "}\n"
    "\n"
    "# The words up to the cursor, with those put together again that readline took apart at = and "
    ":.\n"
    "_pgquell_split()\n"
    "{\n"
    "    local i word rest=${COMP_LINE:0:${COMP_POINT:-0}} trimmed last\n"
    "    words=()\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        last=$((${#words[@]} - 1))\n"
    "        trimmed=${rest#\"${rest%%[![:space:]]*}\"}\n"
    "        if ((i > 0)) && { [[ $rest && $rest == \"$trimmed\" ]] ||\n"
    "            [[ ! $COMP_LINE && ($word == [=:] || ${words[last]} == *[=:]) ]]; }; then\n"
    "            words[last]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        rest=${trimmed#\"$word\"}\n"
    "    done\n"
    "}\n"
    "\n";

/* Reads the words before the cursor. */
static const char reading[] =
    "_pgquell()\n"
    "{\n"
    "    local words word letters option='' command='' ended='' typed prefix=''\n"
    "    local arguments=0 names=() options=() choices=() firsts=()\n"
    "    local cword=${COMP_WORDS[COMP_CWORD]}\n"
    "    COMPREPLY=()\n"
    "    _pgquell_split\n"
    "    typed=${words[${#words[@]} - 1]}\n"
    "    for word in \"${words[@]:1:${#words[@]} - 2}\"; do\n"
    "        if [[ $option ]]; then\n"
    "            option=\n"
    "            continue\n"
    "        fi\n"
    "        if [[ $ended || $word != -* ]]; then\n"
    "            if [[ $command ]]; then\n"
    "                arguments=$((arguments + 1))\n"
    "            else\n"
    "                command=$word\n"
    "            fi\n"
    "            continue\n"
    "        fi\n"
    "        case $word in\n"
    "        --) ended=yes ;;\n";

static const char reading_letters[] = "        --*) ;;\n"
                                      "        *)\n"
                                      "            letters=${word#-}\n"
                                      "            while [[ $letters ]]; do\n"
                                      "                case ${letters:0:1} in\n";

static const char reading_done[] = "                *)\n"
                                   "                    letters=${letters:1}\n"
                                   "                    continue\n"
                                   "                    ;;\n"
                                   "                esac\n"
                                   "                [[ ${#letters} -eq 1 ]] || option=\n"
                                   "                break\n"
                                   "            done\n"
                                   "            ;;\n"
                                   "        esac\n"
                                   "    done\n"
                                   "    if [[ ! $option && ! $ended && $typed == --*=* ]]; then\n"
                                   "        option=${typed%%=*}\n"
                                   "        typed=${typed#*=}\n"
                                   "        [[ $cword == --*=* ]] && prefix=$option=\n"
                                   "    fi\n";

static const char offering[] = "    if [[ $option ]]; then\n"
                               "        case $option in\n";

static const char closing[] = "        esac\n"
                              "        _pgquell_offer \"$prefix\" \"$typed\" \"${choices[@]}\"\n"
                              "    elif [[ ! $ended && $typed == -* ]]; then\n"
                              "        _pgquell_offer '' \"$typed\" \"${options[@]}\"\n"
                              "    elif [[ ! $command ]]; then\n"
                              "        _pgquell_offer '' \"$typed\" \"${names[@]}\"\n"
                              "    elif ((arguments == 0)); then\n"
                              "        _pgquell_offer '' \"$typed\" \"${firsts[@]}\"\n"
                              "    fi\n"
                              "}\n"
                              "\n"
                              "complete -F _pgquell pgquell\n";

/* The options that leave the next word for their value. */
static void add_value_options(StrBuf *buf)
{
    const char *between = "        ";

    for (int id = 0; id < OPTIONS; id++) {
        if (!option_needs_value(&option_rows[id]))
            continue;
        strbuf_printf(buf, "%s--%s", between, option_rows[id].name);
        between = " | \\\n            ";
    }
    strbuf_add(buf, ") option=$word ;;\n");
}

static void add_value_letters(StrBuf *buf)
{
    for (int id = 0; id < OPTIONS; id++)
        if (option_rows[id].letter != '\0' && option_needs_value(&option_rows[id]))
            strbuf_printf(buf, "                %c) option=--%s ;;\n", option_rows[id].letter,
                          option_rows[id].name);
}

static void add_options(StrBuf *buf, unsigned int taken)
{
    strbuf_add(buf, "        options=(");
    for (int id = 0; id < OPTIONS; id++)
        if (option_rows[id].groups & taken)
            strbuf_printf(buf, "\n            --%s", option_rows[id].name);
    strbuf_add(buf, ")\n");
}

static void add_words(StrBuf *buf, const char *variable, const char *const *words)
{
    strbuf_printf(buf, "%s=(", variable);
    for (const char *const *word = words; *word; word++) {
        if (word != words)
            strbuf_add_char(buf, ' ');
        completion_escape(buf, *word);
    }
    strbuf_add_char(buf, ')');
}

static void add_command_names(StrBuf *buf)
{
    strbuf_add(buf, "    names=(");
    for (const Command *const *command = commands; *command; command++)
        strbuf_printf(buf, "%s%s", command == commands ? "" : " ", (*command)->name);
    strbuf_add(buf, ")\n");
}

static void add_commands(StrBuf *buf)
{
    strbuf_add(buf, "    case $command in\n    '')\n");
    add_options(buf, COMPLETION_IN_FRONT);
    strbuf_add(buf, "        ;;\n");
    for (const Command *const *at = commands; *at; at++) {
        const Command *command = *at;

        strbuf_printf(buf, "    %s)\n", command->name);
        add_options(buf, command->options | OPTION_GENERAL);
        if (command->takes_command)
            strbuf_add(buf, "        firsts=(\"${names[@]}\")\n");
        if (command->words) {
            strbuf_add(buf, "        ");
            add_words(buf, "firsts", command->words);
            strbuf_add_char(buf, '\n');
        }
        strbuf_add(buf, "        ;;\n");
    }
    strbuf_add(buf, "    esac\n");
}

static void add_values(StrBuf *buf)
{
    for (int id = 0; id < OPTIONS; id++) {
        const OptionRow *row = &option_rows[id];

        if (option_choices[id]) {
            strbuf_printf(buf, "        --%s) ", row->name);
            add_words(buf, "choices", option_choices[id]);
            strbuf_add(buf, " ;;\n");
        } else if (row->value == VALUE_FILE) {
            strbuf_printf(buf, "        --%s) _pgquell_offer_files \"$prefix\" \"$typed\" ;;\n",
                          row->name);
        }
    }
}

void completion_bash(StrBuf *buf)
{
    strbuf_add(buf, opening);
    strbuf_add(buf, reading);
    add_value_options(buf);
    strbuf_add(buf, reading_letters);
    add_value_letters(buf);
    strbuf_add(buf, reading_done);
    add_command_names(buf);
    add_commands(buf);
    strbuf_add(buf, offering);
    add_values(buf);
    strbuf_add(buf, closing);
}
