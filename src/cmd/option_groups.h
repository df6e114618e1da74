/* SPDX-License-Identifier: PostgreSQL */
/* Option groups: which options go together, and under which title help lists them. */
#ifndef PGQUELL_CMD_OPTION_GROUPS_H
#define PGQUELL_CMD_OPTION_GROUPS_H

/* Groups of options; a command takes some of them. */
enum {
    OPTION_GENERAL = 1 << 0,    /* --help, --version */
    OPTION_CONNECTION = 1 << 1, /* as in psql */
    OPTION_FILTER = 1 << 2,     /* which sessions */
    OPTION_ACTION = 1 << 3,     /* how to act on them */
    OPTION_OUTPUT = 1 << 4,     /* --json, --quiet */
    OPTION_LISTING = 1 << 5,    /* --sort */
    OPTION_AUDIT = 1 << 6,      /* --audit, --against */
    OPTION_AGES = 1 << 7,       /* the filters that are ages, as limits */
    OPTION_WHO = 1 << 8,        /* the filters that can name a door: role, database, application */
    OPTION_WATCH = 1 << 9,      /* --watch */
    OPTION_TREE = 1 << 10,      /* --dot */
    OPTION_DOCTOR = 1 << 11,    /* --sql */
    OPTION_DOOR = 1 << 12,      /* --keep-out, --pause, --disable */
    OPTION_STORE = 1 << 13,     /* --audit alone */
    OPTION_XMIN = 1 << 14,      /* --xmin-behind */
    OPTION_PREPARED = 1 << 15,  /* the filters that a prepared transaction can meet */
    OPTION_ROLLBACK = 1 << 16,  /* what of --reason and so on goes with rolling one back */
    OPTION_PRUNE = 1 << 17,     /* --older-than, and how to act on the audit trail */
};

/* The titles under which --help lists a group, in order; NULL ends them. */
typedef struct OptionGroup {
    unsigned int group;
    const char *title;
} OptionGroup;

extern const OptionGroup option_groups[];

#endif
