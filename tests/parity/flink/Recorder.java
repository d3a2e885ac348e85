package weir.parity;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.api.operators.SimpleUdfStreamOperatorFactory;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamStatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.types.logical.utils.LogicalTypeUtils;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * Runs cases on Flink and writes down what comes out.
 *
 * <p>Usage: Recorder FILE. The file has a case a line, an object with the members `name`,
 * `statements` (texts) and `files` (name: text). Standard output gets an object a line: `flink`
 * (the version) first, then per case `name` and `sinks` (name: lines), or `refused` (Flink did not
 * plan it) or `failed` (it ended with an error while running), with the reason.
 */
public final class Recorder {
    private static final long SECONDS_MAX = 60;
    private static final Pattern CREATE_TABLE = Pattern.compile(
            "(?is)^\\s*CREATE\\s+(?:TEMPORARY\\s+)?TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?`?(\\w+)");
    private static final Pattern SET =
            Pattern.compile("(?is)^\\s*SET\\s+'([^']*)'\\s*=\\s*'([^']*)'\\s*$");

    private final Cluster cluster;

    private Recorder(Cluster cluster) {
        this.cluster = cluster;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (Cluster cluster = new Cluster()) {
            out.println(member("flink", EnvironmentInformation.getVersion()) + "}");
            Recorder recorder = new Recorder(cluster);
            for (String line : Files.readAllLines(Path.of(args[0]))) {
                out.println(recorder.record(Json.parse(line)));
            }
        }
        System.exit(0); // whatever threads a failed job has left
    }

    private static String member(String name, String value) {
        StringBuilder text = new StringBuilder("{");
        Json.quote(text, name);
        Json.quote(text.append(": "), value);
        return text.toString();
    }

    private String record(JsonNode node) {
        Map<String, String> files = new LinkedHashMap<>();
        node.get("files").fields()
                .forEachRemaining(f -> files.put(f.getKey(), f.getValue().textValue()));
        List<String> statements = new ArrayList<>();
        node.get("statements").forEach(s -> statements.add(s.textValue()));
        StringBuilder text = new StringBuilder(member("name", node.get("name").textValue()));
        Output.WRITTEN.clear();
        Input.current = new Input(files);
        String stage = "refused";
        try {
            StreamStatementSet job = plan(statements);
            stage = "failed";
            Turn.current = new Turn();
            // Operators that gather rows would give them away at every drain.
            run(job, statements.stream().noneMatch(s -> s.contains("mini-batch")));
            appendSinks(text);
        } catch (Planning e) {
            Json.quote(text.append(", \"refused\": "), reason(e.getCause()));
        } catch (Exception e) {
            Json.quote(text.append(", \"" + stage + "\": "), reason(e));
        }
        return text.append('}').toString();
    }

    /** Flink did not accept the job when it came to running it. */
    private static final class Planning extends Exception {
        private static final long serialVersionUID = 1L;

        Planning(Exception cause) {
            super(cause);
        }
    }

    private static void appendSinks(StringBuilder text) {
        text.append(", \"sinks\": {");
        String between = "";
        for (Map.Entry<String, List<String>> sink : new TreeMap<>(Output.WRITTEN).entrySet()) {
            Json.quote(text.append(between), sink.getKey());
            text.append(": [");
            String comma = "";
            for (String line : sink.getValue()) {
                Json.quote(text.append(comma), line);
                comma = ", ";
            }
            text.append(']');
            between = ", ";
        }
        text.append('}');
    }

    private static String reason(Throwable error) {
        if (System.getenv("WEIR_PARITY_TRACE") != null) { // why a case fails, for who writes one
            error.printStackTrace();
        }
        Throwable cause = error;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage()).strip();
        return cause.getClass().getSimpleName() + ": " + message.split("\n")[0];
    }

    private StreamStatementSet plan(List<String> statements) {
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
        configuration.set(CoreOptions.DEFAULT_PARALLELISM, 1);
        configuration.set(DeploymentOptions.TARGET, Cluster.NAME);
        configuration.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, Duration.ZERO);
        configuration.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ZERO);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "disable");
        // Checkpoints come when the recorder wants one, never by themselves.
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofDays(1000));
        configuration.set(CheckpointingOptions.ENABLE_CHECKPOINTS_AFTER_TASKS_FINISH, false);
        configuration.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, Integer.MAX_VALUE);
        StreamExecutionEnvironment environment = new StreamExecutionEnvironment(cluster,
                configuration, Recorder.class.getClassLoader());
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        tables.getConfig().set("table.local-time-zone", "UTC");
        StreamStatementSet job = tables.createStatementSet();
        int selects = 0;
        for (String statement : statements) {
            String word = statement.strip().split("[\\s(]+", 2)[0].toUpperCase();
            Matcher set = SET.matcher(statement);
            if (set.matches()) {
                tables.getConfig().set(set.group(1), set.group(2));
            } else if (word.equals("INSERT")) {
                job.addInsertSql(statement);
            } else if (List.of("SELECT", "WITH", "VALUES", "").contains(word)) {
                addSelect(tables, job, tables.sqlQuery(statement), ++selects);
            } else {
                Matcher create = CREATE_TABLE.matcher(statement);
                if (create.find()) {
                    Input.current.declare(create.group(1));
                }
                tables.executeSql(statement);
            }
        }
        return job;
    }

    /** A SELECT writes into a sink that takes every kind of change, and every NULL. */
    private static void addSelect(StreamTableEnvironment tables, StreamStatementSet job,
            Table query, int number) {
        Schema.Builder schema = Schema.newBuilder();
        for (Column column : query.getResolvedSchema().getColumns()) {
            schema.column(column.getName(), TypeConversions.fromLogicalToDataType(
                    LogicalTypeUtils.removeTimeAttributes(
                            column.getDataType().getLogicalType()).copy(true)));
        }
        String name = "select " + number;
        tables.createTemporaryTable("`" + name + "`", TableDescriptor.forConnector(Tables.RESULT)
                .schema(schema.build()).option("path", name).build());
        job.add(query.insertInto("`" + name + "`"));
    }

    private void run(StreamStatementSet job, boolean inSteps) throws Exception {
        Turn turn = Turn.current;
        TableResult running;
        try {
            running = job.execute();
        } catch (Exception e) {
            throw new Planning(e);
        }
        JobID id = running.getJobClient().orElseThrow().getJobID();
        CompletableFuture<JobResult> result = cluster.result(id);
        result.whenComplete((r, e) -> turn.close());
        feed(id, turn, inSteps);
        result.get(SECONDS_MAX, TimeUnit.SECONDS)
                .toJobExecutionResult(Recorder.class.getClassLoader());
    }

    private void feed(JobID id, Turn turn, boolean inSteps) throws Exception {
        StreamGraph graph = cluster.submitted();
        List<String> sources = new ArrayList<>();
        for (StreamNode node : graph.getStreamNodes()) {
            if (node.getOperatorFactory() instanceof SimpleUdfStreamOperatorFactory<?> factory
                    && factory.getUserFunction() instanceof TurnSource source) {
                sources.add(source.table);
            }
        }
        turn.awaitSources(sources.size());
        long done = 0;
        for (String table : Input.current.order(sources)) {
            turn.grant(table);
            done += sources.stream().filter(table::equals).count();
            turn.awaitDone(done);
            if (inSteps) {
                cluster.drain(id, turn);
                Output.endStep();
            }
        }
        turn.release();
    }
}
