// SPDX-License-Identifier: PostgreSQL
// An application on node-postgres and its pool. See test/apps/README.md for what it is asked.
//
// usage: app.js SIZE [HANDLERS]
//
// HANDLERS says who listens to 'error' events: none, pool, clients, or both (the default).
'use strict';

const readline = require('readline');
const Pool = require('pg-pool');

const size = Number(process.argv[2]);
const handlers = process.argv[3] || 'both';
const pool = new Pool({ max: size, idleTimeoutMillis: 0 });
let halted = false;

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

const described = (error) => ({
    error: error.constructor.name,
    sqlstate: error.code || null,
    message: error.message,
});

const heard = (from, error, client) =>
    say({ event: 'error', from, pid: client.processID, ...described(error) });

if (handlers === 'pool' || handlers === 'both') {
    pool.on('error', (error, client) => heard('pool', error, client));
}
pool.on('connect', (client) => {
    client.once('end', () => {
        client.hasEnded = true;
        say({ event: 'end', pid: client.processID });
    });
    if (handlers === 'clients' || handlers === 'both') {
        client.on('error', (error) => heard('client', error, client));
    }
});

const first = (result) => ({ value: result.rows.length ? Object.values(result.rows[0])[0] : null });

const verbs = {
    take: async (lane) => { lane.client = await pool.connect(); },
    give: async (lane) => {
        const client = lane.client;
        lane.client = null;
        client.release();
    },
    begin: (lane) => lane.client.query('BEGIN'),
    query: async (lane, sql) => first(await lane.client.query(sql)),
    rollback: (lane) => lane.client.query('ROLLBACK'),
    status: async () => ({}),
    request: async (lane, sql) => first(await pool.query(sql)),
    loop: async (lane, sql) => {
        const answer = { requests: 0, errors: {} };
        while (!halted) {
            answer.requests++;
            try {
                await pool.query(sql);
            } catch (error) {
                const { name } = error.constructor;
                answer.errors[name] = (answer.errors[name] || 0) + 1;
            }
        }
        return answer;
    },
};

async function answer(lane, id, verb, sql) {
    let line;
    try {
        const result = await verbs[verb](lane, sql);
        line = verb === 'begin' || verb === 'rollback' ? {} : result;
    } catch (error) {
        line = described(error);
    }
    say({ id: Number(id), broken: Boolean(lane.client && lane.client.hasEnded), ...line });
}

const lanes = new Map(); // what a lane has taken, and the promise of all it was asked so far

function obey(line) {
    const [, id, name, verb, sql] = /^(\d+) (\S+) (\S+) ?(.*)$/.exec(line);
    if (!lanes.has(name)) {
        lanes.set(name, { client: null, done: Promise.resolve() });
    }
    const lane = lanes.get(name);
    lane.done = lane.done.then(() => answer(lane, id, verb, sql));
}

// Exact, and compared with what is installed by npm ci.
const pinned = require('./package.json').dependencies;

const input = readline.createInterface({ input: process.stdin });
input.on('line', (line) => {
    if (line === 'halt') {
        halted = true;
    } else if (line === 'quit') {
        input.close();
    } else {
        obey(line);
    }
});
// A pipe whose other end is open would keep the process.
input.on('close', () => pool.end().then(() => process.exit()));
say({ ready: `pg ${pinned.pg}, pg-pool ${pinned['pg-pool']}` });
