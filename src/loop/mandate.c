/* SPDX-License-Identifier: PostgreSQL */
/* Mandate: who acts on which server, as the audit trail is told. */
#include "loop/mandate.h"

#include <stdio.h>

#include "base/text.h"
#include "base/timefmt.h"

static json_t *text_or_null(const char *text, Arena *arena)
{
    return text ? json_string(text_as_utf8(arena, text)) : json_null();
}

static json_t *instant_or_null(int64_t instant_us)
{
    char buffer[INSTANT_TEXT_MAX];

    return instant_us == TIME_UNKNOWN ? json_null()
                                      : json_string(instant_format(instant_us, buffer));
}

static json_t *server(const World *world, const Link *link, Arena *arena)
{
    json_t *object = json_object();
    char number[24];

    (void) snprintf(number, sizeof(number), "%llu", (unsigned long long) world->system_identifier);
    json_object_set_new(object, "host", text_or_null(link_parameter(link, "host"), arena));
    json_object_set_new(object, "port", text_or_null(link_parameter(link, "port"), arena));
    json_object_set_new(object, "database", text_or_null(link_parameter(link, "dbname"), arena));
    json_object_set_new(object, "system_identifier",
                        world->system_identifier ? json_string(number) : json_null());
    json_object_set_new(object, "postmaster_start", instant_or_null(world->postmaster_start));
    json_object_set_new(object, "server_version", json_integer(world->server_version));
    json_object_set_new(object, "standby", json_boolean(world->standby));
    json_object_set_new(object, "session_role", text_or_null(world->session_role, arena));
    json_object_set_new(object, "current_role", text_or_null(world->current_role, arena));
    return object;
}

void mandate_tell(json_t *object, const Mandate *mandate, const World *world, const Link *link,
                  Arena *arena)
{
    json_object_set_new(object, "operator", text_or_null(mandate->operator_name, arena));
    json_object_set_new(object, "host", text_or_null(mandate->host, arena));
    json_object_set_new(object, "operator_reason", text_or_null(mandate->reason, arena));
    json_object_set_new(object, "ticket", text_or_null(mandate->ticket, arena));
    json_object_set_new(object, "server", server(world, link, arena));
}

const char *mandate_signature(const Mandate *mandate, const char *head, Arena *arena)
{
    char *(*fit)(Arena *, const char *) = mandate->utf8 ? text_cleaned : text_as_ascii;

    return arena_printf(arena, "by %s, ticket %s, reason %s; audit run %s head %s",
                        fit(arena, mandate->operator_name),
                        mandate->ticket ? fit(arena, mandate->ticket) : "none",
                        mandate->reason ? fit(arena, mandate->reason) : "none", mandate->run, head);
}
