/* SPDX-License-Identifier: PostgreSQL */
/* Fields: tables of what can be said of a session, an order and the world. */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

typedef enum FieldType {
    FIELD_NUMBER,  /* int, or "unknown" for COUNT_UNKNOWN */
    FIELD_ID,      /* uint32_t */
    FIELD_LONG_ID, /* uint64_t */
    FIELD_INSTANT, /* int64_t: an offset, or "none" */
    FIELD_LASTS,   /* int64_t: a duration */
    FIELD_TEXT,    /* "none" is NULL */
    FIELD_YES,
    FIELD_STATE,
} FieldType;

typedef struct Field {
    const char *name;
    FieldType type;
    size_t offset;
} Field;

#define SESSION_FIELD(name, type, member)     \
    {                                         \
        name, type, offsetof(Session, member) \
    }
#define WORLD_FIELD(name, type, member)     \
    {                                       \
        name, type, offsetof(World, member) \
    }

static const Field session_fields[] = {
    SESSION_FIELD("pid", FIELD_NUMBER, pid),
    SESSION_FIELD("leader", FIELD_NUMBER, leader_pid),
    SESSION_FIELD("backend_start", FIELD_INSTANT, backend_start),
    SESSION_FIELD("xact_start", FIELD_INSTANT, xact_start),
    SESSION_FIELD("query_start", FIELD_INSTANT, query_start),
    SESSION_FIELD("state_change", FIELD_INSTANT, state_change),
    SESSION_FIELD("state", FIELD_STATE, state),
    SESSION_FIELD("role_oid", FIELD_ID, role_oid),
    SESSION_FIELD("xid", FIELD_ID, xid),
    SESSION_FIELD("role", FIELD_TEXT, role),
    SESSION_FIELD("database", FIELD_TEXT, database),
    SESSION_FIELD("application", FIELD_TEXT, application),
    SESSION_FIELD("client", FIELD_TEXT, client),
    SESSION_FIELD("type", FIELD_TEXT, backend_type),
    SESSION_FIELD("query", FIELD_TEXT, query),
    SESSION_FIELD("role_superuser", FIELD_YES, role_superuser),
    SESSION_FIELD("signalable", FIELD_YES, role_signalable),
    SESSION_FIELD("locks", FIELD_NUMBER, locks),
    SESSION_FIELD("waiters", FIELD_NUMBER, waiters),
    SESSION_FIELD("root", FIELD_NUMBER, root_blocker),
};

static const Field world_fields[] = {
    WORLD_FIELD("own_pid", FIELD_NUMBER, own_pid),
    WORLD_FIELD("version_num", FIELD_NUMBER, server_version),
    WORLD_FIELD("role_oid", FIELD_ID, session_role_oid),
    WORLD_FIELD("role", FIELD_TEXT, current_role),
    WORLD_FIELD("superuser", FIELD_YES, superuser),
    WORLD_FIELD("sees_all", FIELD_YES, sees_all),
    WORLD_FIELD("standby", FIELD_YES, standby),
    WORLD_FIELD("signals_autovacuum", FIELD_YES, signals_autovacuum),
    WORLD_FIELD("system", FIELD_LONG_ID, system_identifier),
    WORLD_FIELD("postmaster_start", FIELD_INSTANT, postmaster_start),
};

static const Field order_fields[] = {
    {"grace", FIELD_LASTS, offsetof(Order, grace_us)},
    {"timeout", FIELD_LASTS, offsetof(Order, timeout_us)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Session fields_ordinary_session(void)
{
    return (Session){
        .backend_start = SERVER_START_US - 3600 * US_PER_S,
        .xact_start = SERVER_START_US - 10 * US_PER_S,
        .query_start = SERVER_START_US - 10 * US_PER_S,
        .state_change = SERVER_START_US - 10 * US_PER_S,
        .state = STATE_ACTIVE,
        .role_oid = 20,
        .database_oid = 5,
        .role = "app",
        .database = "shop",
        .application = "web",
        .backend_type = "client backend",
        .query = "SELECT work()",
        .over_socket = true,
        .role_signalable = true,
        .locks = COUNT_UNKNOWN,
        .waiters = COUNT_UNKNOWN,
        .root_blocker = COUNT_UNKNOWN,
    };
}

World fields_ordinary_world(void)
{
    return (World){
        .server_version = 150004,
        .own_pid = 9,
        .session_role_oid = 10,
        .current_role = "ops",
        .session_role = "ops",
        .sees_all = true,
        .system_identifier = 7001,
        .postmaster_start = SERVER_START_US - 86400 * US_PER_S,
    };
}

static SessionState state_parse(const Place *place, const char *value)
{
    SessionState state = state_named(value);

    if (state == STATE_UNKNOWN && strcmp(value, "none") != 0)
        scenario_fail(place, "\"%s\" is not a state", value);
    return state;
}

static int64_t instant_of(const Place *place, const char *value)
{
    if (strcmp(value, "none") == 0)
        return TIME_UNKNOWN;
    return SERVER_START_US + offset_parse(place, value);
}

static int64_t lasts_of(const Place *place, const char *value)
{
    int64_t lasts;
    Err err;

    if (!duration_parse(value, &lasts, &err))
        scenario_fail(place, "%s", err.message);
    return lasts;
}

static void set_field(const Field *field, void *object, const char *value, const Place *place)
{
    void *at = (char *) object + field->offset;

    switch (field->type) {
    case FIELD_NUMBER:
        *(int *) at = strcmp(value, "unknown") == 0 ? COUNT_UNKNOWN : number_parse(place, value);
        break;
    case FIELD_ID:
        *(uint32_t *) at = (uint32_t) number_parse(place, value);
        break;
    case FIELD_LONG_ID:
        *(uint64_t *) at = (uint64_t) number_parse(place, value);
        break;
    case FIELD_INSTANT:
        *(int64_t *) at = instant_of(place, value);
        break;
    case FIELD_LASTS:
        *(int64_t *) at = lasts_of(place, value);
        break;
    case FIELD_TEXT:
        *(const char **) at = strcmp(value, "none") == 0 ? NULL : value;
        break;
    case FIELD_YES:
        *(bool *) at = choice_parse(place, value);
        break;
    case FIELD_STATE:
        *(SessionState *) at = state_parse(place, value);
        break;
    }
}

static bool set_one(const Field *fields, size_t count, void *object, const char *word,
                    const Place *place)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = word_value(word, fields[i].name);

        if (!value)
            continue;
        set_field(&fields[i], object, value, place);
        return true;
    }
    return false;
}

/* wait=Lock/relation, wait=Extension or wait=none; the slash is cut out in place. */
static void set_wait(Session *session, const char *value)
{
    char *slash = strchr(value, '/');

    session->wait_event_type = strcmp(value, "none") == 0 ? NULL : value;
    session->wait_event = slash ? slash + 1 : NULL;
    if (slash)
        *slash = '\0';
}

bool fields_set_session(Session *session, const char *word, const Place *place)
{
    const char *wait = word_value(word, "wait");

    if (wait)
        set_wait(session, wait);
    return wait || set_one(session_fields, COUNT(session_fields), session, word, place);
}

typedef struct Bit {
    const char *name;
    unsigned int bit;
} Bit;

static const Bit allow_bits[] = {
    {"syncrep", ALLOW_SYNCREP},     {"concurrently", ALLOW_CONCURRENTLY},
    {"walsender", ALLOW_WALSENDER}, {"autovacuum", ALLOW_AUTOVACUUM},
    {"protected", ALLOW_PROTECTED},
};

static const Bit chosen_bits[] = {
    {"state", CHOSEN_STATE},
    {"state_change", CHOSEN_STATE_CHANGE},
    {"xact_start", CHOSEN_XACT_START},
    {"query_start", CHOSEN_QUERY_START},
    {"application", CHOSEN_APPLICATION},
};

static const Bit scope_bits[] = {
    {"statement", SCOPE_STATEMENT},
    {"transaction", SCOPE_TRANSACTION},
    {"session", SCOPE_SESSION},
};

/* The bits of all names in a list with commas. */
static unsigned int bits_of(const Bit *bits, size_t count, const char *list, const Place *place)
{
    unsigned int found = 0;

    while (*list) {
        size_t length = strcspn(list, ",");
        size_t i = 0;

        while (i < count &&
               (strlen(bits[i].name) != length || strncmp(bits[i].name, list, length) != 0))
            i++;
        if (i == count)
            scenario_fail(place, "unknown word \"%.*s\"", (int) length, list);
        found |= bits[i].bit;
        list += length + (list[length] == ',' ? 1 : 0);
    }
    return found;
}

bool fields_set_order(Order *order, const char *word, const Place *place)
{
    const char *value;

    if ((value = word_value(word, "allow"))) {
        order->allow = bits_of(allow_bits, COUNT(allow_bits), value, place);
        return true;
    }
    if ((value = word_value(word, "chosen"))) {
        order->chosen_by = bits_of(chosen_bits, COUNT(chosen_bits), value, place);
        return true;
    }
    if ((value = word_value(word, "scope"))) {
        order->scope = (Scope) bits_of(scope_bits, COUNT(scope_bits), value, place);
        return true;
    }
    return set_one(order_fields, COUNT(order_fields), order, word, place);
}

bool fields_set_world(World *world, const char *word, const Place *place)
{
    const char *version = word_value(word, "version");

    if (version)
        world->server_version = number_parse(place, version) * 10000;
    return version || set_one(world_fields, COUNT(world_fields), world, word, place);
}
