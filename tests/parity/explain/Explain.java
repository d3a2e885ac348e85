package weir.explain;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CollectionUtil;

/**
 * What Flink's EXPLAIN says of the jobs in the files named: a section a job of `=== name` and SQL, in
 * which statements are ended by a semicolon at the end of a line. INSERTs and SELECTs are explained,
 * everything else is executed.
 */
public final class Explain {
    private Explain() {}

    public static void main(String[] args) throws Exception {
        for (String section : Files.readString(Path.of(args[0])).split("(?m)^=== ")) {
            if (section.isBlank() || section.startsWith("#")) {
                continue;
            }
            int end = section.indexOf('\n');
            System.out.println("=== " + section.substring(0, end));
            System.out.print(section.substring(end + 1).stripTrailing() + "\n--- flink\n");
            System.out.print(explain(section.substring(end + 1).replaceAll("(?m)^--- .*$", "")));
        }
    }

    private static String explain(String sql) {
        TableEnvironment env = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        StringBuilder out = new StringBuilder();
        for (String statement : sql.split("(?m);\\s*$")) {
            String text = statement.strip();
            if (text.isEmpty()) {
                continue;
            }
            try {
                if (text.startsWith("INSERT") || text.startsWith("SELECT")
                        || text.startsWith("EXECUTE")) {
                    List<Row> rows = CollectionUtil.iteratorToList(
                            env.executeSql(text.startsWith("EXECUTE") ? "EXPLAIN STATEMENT SET " + text.substring(22) : "EXPLAIN " + text).collect());
                    out.append(rows.get(0).getField(0).toString().stripTrailing()).append('\n');
                } else {
                    env.executeSql(text);
                }
            } catch (RuntimeException e) {
                Throwable cause = e;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                out.append("refused: ").append(cause.getMessage()).append('\n');
            }
        }
        return out.toString();
    }
}
