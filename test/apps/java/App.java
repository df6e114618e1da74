// SPDX-License-Identifier: PostgreSQL
// An application on PostgreSQL's JDBC driver and HikariCP. See test/apps/README.md for what it is asked.
//
// usage: java -cp ... App SIZE

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.postgresql.util.DriverInfo;

public final class App {
    private static volatile boolean halted;

    private final HikariDataSource pool;
    private final Map<String, Lane> lanes = new HashMap<>();

    private App(int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/"
            + System.getenv("PGDATABASE"));
        config.setUsername(System.getenv("PGUSER"));
        config.addDataSourceProperty("ApplicationName", System.getenv("PGAPPNAME"));
        config.setMaximumPoolSize(size);
        pool = new HikariDataSource(config);
    }

    public static void main(String[] args) throws IOException {
        App app = new App(Integer.parseInt(args[0]));
        say(Map.of("ready", "PgJDBC " + DriverInfo.DRIVER_VERSION + ", HikariCP " + hikariVersion()));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("quit"); line = input.readLine()) {
            app.obey(line);
        }
        app.pool.close();
        System.exit(0);
    }

    /** Its manifest does not say it; what Maven left in the jar does. */
    private static String hikariVersion() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = App.class.getResourceAsStream("/META-INF/maven/com.zaxxer/HikariCP/pom.properties")) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }

    private void obey(String line) {
        if (line.equals("halt")) {
            halted = true;
            return;
        }
        String[] words = line.split(" ", 4);
        String sql = words.length > 3 ? words[3] : "";
        lanes.computeIfAbsent(words[1], name -> new Lane(pool)).ask(words[0], words[2], sql);
    }

    private static synchronized void say(Map<String, ?> line) {
        System.out.println(json(line));
        System.out.flush();
    }

    private static String json(Object value) {
        if (value instanceof Map) {
            StringBuilder text = new StringBuilder("{");
            ((Map<?, ?>) value).forEach((key, member) ->
                text.append(text.length() > 1 ? "," : "").append(json(key)).append(':').append(json(member)));
            return text.append('}').toString();
        }
        if (value == null || value instanceof Boolean || value instanceof Integer) {
            return String.valueOf(value);
        }
        StringBuilder text = new StringBuilder("\"");
        value.toString().chars().forEach(c -> {
            if (c < ' ' || c == '"' || c == '\\') {
                text.append(String.format("\\u%04x", c));
            } else {
                text.append((char) c);
            }
        });
        return text.append('"').toString();
    }

    /** One user of the pool: does what it is asked, in order, on a thread of its own. */
    private static final class Lane {
        private final HikariDataSource pool;
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private Connection connection;

        Lane(HikariDataSource pool) {
            this.pool = pool;
        }

        void ask(String id, String verb, String sql) {
            thread.execute(() -> {
                Map<String, Object> answer = new LinkedHashMap<>();
                answer.put("id", Integer.valueOf(id));
                try {
                    obey(verb, sql, answer);
                } catch (SQLException error) {
                    answer.put("error", error.getClass().getSimpleName());
                    answer.put("sqlstate", error.getSQLState());
                    answer.put("message", error.getMessage());
                }
                answer.put("broken", isBroken());
                say(answer);
            });
        }

        private void obey(String verb, String sql, Map<String, Object> answer) throws SQLException {
            switch (verb) {
            case "take":
                connection = pool.getConnection();
                break;
            case "give":
                connection.close();
                connection = null;
                break;
            case "begin":
                connection.setAutoCommit(false);
                break;
            case "query":
                answer.put("value", first(connection, sql));
                break;
            case "rollback":
                connection.rollback();
                break;
            case "status":
                break;
            case "request":
                answer.put("value", request(sql));
                break;
            case "loop":
                loop(sql, answer);
                break;
            default:
                throw new IllegalArgumentException(verb);
            }
        }

        private boolean isBroken() {
            try {
                return connection != null && connection.isClosed();
            } catch (SQLException error) {
                return true;
            }
        }

        private String request(String sql) throws SQLException {
            try (Connection taken = pool.getConnection()) {
                return first(taken, sql);
            }
        }

        private static String first(Connection connection, String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                if (!statement.execute(sql)) {
                    return null;
                }
                ResultSet rows = statement.getResultSet();
                return rows.next() ? rows.getString(1) : null;
            }
        }

        private void loop(String sql, Map<String, Object> answer) {
            Map<String, Integer> errors = new TreeMap<>();
            int requests = 0;
            for (; !halted; requests++) {
                try {
                    request(sql);
                } catch (SQLException error) {
                    errors.merge(error.getClass().getSimpleName(), 1, Integer::sum);
                }
            }
            answer.put("requests", requests);
            answer.put("errors", errors);
        }
    }
}
