package weir.parity;

import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * What the tables of a case are read from, and in which order: one table after the other as they
 * were created, or, where every record of all of them has a time, merged by it.
 */
final class Input {
    /** The input of the case that runs. */
    static volatile Input current;

    /** A record: a line of a file, or a message of a topic. */
    static final class Record implements Serializable {
        private static final long serialVersionUID = 1L;
        final byte[] key;
        final byte[] value;
        final Long timestamp;
        final Integer partition;
        final Long offset;
        /** Names and values. */
        final LinkedHashMap<String, byte[]> headers = new LinkedHashMap<>();

        Record(byte[] key, byte[] value, Long timestamp, Integer partition, Long offset) {
            this.key = key;
            this.value = value;
            this.timestamp = timestamp;
            this.partition = partition;
            this.offset = offset;
        }

        static Record of(String value) {
            return new Record(null, bytes(value), null, null, null);
        }

        String text() {
            return new String(value, StandardCharsets.UTF_8);
        }
    }

    private final Map<String, String> files;
    private final List<String> declared = new ArrayList<>();
    private final Map<String, List<Record>> tables = new LinkedHashMap<>();

    Input(Map<String, String> files) {
        this.files = files;
    }

    /** Tables are declared in the order of their CREATE TABLE. */
    void declare(String table) {
        declared.add(table);
    }

    /** The lines of a file as records of a table. */
    List<Record> file(String table, String path) {
        List<Record> records = new ArrayList<>();
        for (String line : lines(path)) {
            if (!line.isBlank()) {
                records.add(Record.of(line));
            }
        }
        tables.put(table, records);
        return records;
    }

    /** The messages of a topic: NAME.records.ndjson, or NAME.ndjson with a value a line. */
    List<Record> topic(String table, String name) {
        List<Record> records = new ArrayList<>();
        if (files.containsKey(name + ".records.ndjson")) {
            for (String line : lines(name + ".records.ndjson")) {
                records.add(record(Json.parse(line)));
            }
        } else {
            for (String line : lines(name + ".ndjson")) {
                records.add(Record.of(line));
            }
        }
        tables.put(table, records);
        return records;
    }

    private static Record record(JsonNode node) {
        JsonNode time = node.get("timestamp");
        JsonNode partition = node.get("partition");
        JsonNode offset = node.get("offset");
        Record record = new Record(bytes(node.get("key")), bytes(node.get("value")),
                time == null ? null : Long.valueOf(time.longValue()),
                partition == null ? null : Integer.valueOf(partition.intValue()),
                offset == null ? null : Long.valueOf(offset.longValue()));
        if (node.has("headers")) {
            node.get("headers").fields().forEachRemaining(
                    header -> record.headers.put(header.getKey(), bytes(header.getValue())));
        }
        return record;
    }

    private static byte[] bytes(JsonNode node) {
        if (node == null || node.isNull()) {
            return null;
        }
        return bytes(node.isTextual() ? node.textValue() : node.toString());
    }

    /** UTF-8; the lone surrogates U+DC80 to U+DCFF are bytes that are none (cases.py). */
    private static byte[] bytes(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        text.codePoints().forEach(c -> {
            if (c >= 0xdc80 && c <= 0xdcff) {
                bytes.write(c - 0xdc00);
            } else {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toByteArray();
    }

    private List<String> lines(String path) {
        String text = files.get(path);
        if (text == null) {
            throw new IllegalArgumentException("the case has no file " + path);
        }
        return text.isEmpty() ? List.of() : List.of(text.split("\n"));
    }

    /** The tables of the given names in the order of their steps; one more step ends a table. */
    List<String> order(Collection<String> names) {
        List<String> used = new ArrayList<>(declared);
        used.retainAll(names);
        boolean timed = used.stream()
                .allMatch(t -> tables.get(t).stream().allMatch(r -> r.timestamp != null));
        return timed ? merged(used) : oneAfterTheOther(used);
    }

    private List<String> oneAfterTheOther(List<String> used) {
        List<String> steps = new ArrayList<>();
        for (String table : used) {
            for (int i = 0; i <= tables.get(table).size(); i++) {
                steps.add(table);
            }
        }
        return steps;
    }

    private List<String> merged(List<String> used) {
        List<String> steps = new ArrayList<>();
        Map<String, Integer> next = new LinkedHashMap<>();
        used.forEach(table -> next.put(table, 0));
        while (true) {
            String first = null;
            for (String table : List.copyOf(next.keySet())) {
                List<Record> records = tables.get(table);
                if (next.get(table) == records.size()) { // it ends as soon as it is empty
                    steps.add(table);
                    next.remove(table);
                } else if (first == null || head(table, next) < head(first, next)) {
                    first = table;
                }
            }
            if (first == null) {
                return steps;
            }
            steps.add(first);
            next.merge(first, 1, Integer::sum);
        }
    }

    private long head(String table, Map<String, Integer> next) {
        return tables.get(table).get(next.get(table)).timestamp;
    }
}
