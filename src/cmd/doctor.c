/* SPDX-License-Identifier: PostgreSQL */
/* doctor: says what a server lacks to be a calm one, with the SQL. */
#include "ui/doctor.h"

#include <stdio.h>
#include <string.h>

#include "audit/place.h"
#include "audit/survey.h"
#include "cmd/command.h"
#include "pg/ask_doctor.h"
#include "ui/json.h"

static DoctorStore look_at_store(Scene *scene)
{
    DoctorStore store = {.path = scene->settings->audit, .state = STORE_STATE_FAULTY};
    StoreSurvey survey;
    Err err;

    if (!store.path && !store_default_path(&scene->arena, &store.path, &err)) {
        store.fault = arena_strdup(&scene->arena, err.message);
        return store;
    }
    survey = store_survey(store.path, &scene->arena);
    store.shared = scene->settings->audit || strcmp(store.path, PLACE_SHARED) == 0;
    store.records = survey.records;
    store.unread = survey.unread;
    store.fault = survey.fault;
    store.shell = survey.shell;
    if (!survey.fault)
        store.state = survey.exists ? STORE_STATE_FOUND : STORE_STATE_MISSING;
    return store;
}

/* Whom the configuration protects by role alone, no limit of ours is to end. */
static void spare_protected(const Scene *scene, DoctorAnswer *answer)
{
    for (size_t i = 0; i < answer->role_count; i++) {
        Session session = {.role = answer->roles[i].name, .role_oid = answer->roles[i].oid};

        answer->roles[i].spared = protect_find(&scene->protections, &session) != NULL;
    }
}

static void take_answer(DoctorFacts *facts, const DoctorAnswer *answer)
{
    facts->settings = answer->settings;
    facts->setting_count = answer->setting_count;
    facts->overrides = answer->overrides;
    facts->override_count = answer->override_count;
    facts->roles = answer->roles;
    facts->role_count = answer->role_count;
    facts->databases = answer->databases;
    facts->database_count = answer->database_count;
    facts->own_database = answer->own_database;
    facts->grants = answer->grants;
    facts->grant_count = answer->grant_count;
}

/* The settings as they are for the instance. A superuser's look into the configuration files tells
 * what our own session hides; that it fails is no more than that. */
static bool settle(Scene *scene, const DoctorFacts *facts, DoctorAnswer *answer, Err *err)
{
    DoctorFilesAnswer *files = ARENA_NEW(&scene->arena, DoctorFilesAnswer);

    files->answer.arena = &scene->arena;
    if (scene->world.superuser) {
        ask_doctor_files(scene->link, files);
        if (!scene_await(scene, &files->answer, err) && files->answer.lost)
            return false;
    }
    for (size_t i = 0; i < answer->setting_count; i++)
        doctor_settle(facts, &files->files, &answer->settings[i]);
    return true;
}

static bool gather(Scene *scene, DoctorFacts *facts, Err *err)
{
    DoctorAnswer *answer = ARENA_NEW(&scene->arena, DoctorAnswer);

    answer->answer.arena = &scene->arena;
    ask_doctor(scene->link, answer);
    if (!scene_await(scene, &answer->answer, err) || !scene_snapshot(scene, false, err))
        return false;
    *facts = (DoctorFacts){
        .world = &scene->world,
        .utf8 = scene->utf8,
        .pooler = scene->settings->pgbouncer_count > 0,
        .own_options = link_parameter(scene->link, "options"),
        .sessions = scene->sessions,
        .session_count = scene->session_count,
        .server_us = scene->server_us,
        .store = look_at_store(scene),
    };
    spare_protected(scene, answer);
    take_answer(facts, answer);
    return settle(scene, facts, answer, err);
}

static void print_script(const DoctorFacts *facts, const DoctorChecks *checks)
{
    StrBuf buf;

    strbuf_init(&buf);
    doctor_script(&buf, facts, checks);
    look_write(stdout, &buf);
    strbuf_done(&buf);
}

static bool check_usage(const Settings *settings, Err *err)
{
    if (settings->word_count > 0)
        return err_set(err, ERR_USAGE, "unexpected word \"%s\"", settings->words[0]);
    if (settings->sql && settings->json)
        return err_set(err, ERR_USAGE, "--sql and --json exclude each other");
    return true;
}

static ErrCode run(Scene *scene, Err *err)
{
    const Settings *settings = scene->settings;
    DoctorFacts facts;
    DoctorChecks checks;

    if (!check_usage(settings, err) || !gather(scene, &facts, err))
        return err->code;
    checks = doctor_examine(&facts, &scene->arena);
    if (settings->sql) {
        print_script(&facts, &checks);
    } else if (settings->json) {
        for (size_t i = 0; i < checks.count; i++)
            if (!json_print(stdout, doctor_json(&facts, &checks.items[i])))
                break; /* the stream remembers why */
    } else {
        doctor_print(stdout, &facts, &checks, settings->quiet, &scene->look);
    }
    return ERR_NONE;
}

const Command command_doctor = {
    .name = "doctor",
    .summary = "what a calm server has and this one lacks, with the SQL",
    .arguments = "",
    .details =
        "Reads settings, what roles and databases override, roles and sessions, and says what is "
        "missing: limits by role, keepalives, logging, reserved slots, permissions, the audit "
        "store. Every advice ends in the SQL to run; --sql prints that alone. Changes nothing.",
    .options = OPTION_DOCTOR | OPTION_OUTPUT | OPTION_STORE | OPTION_CONNECTION,
    .needs = NEEDS_CONNECTION,
    .run = run,
};
