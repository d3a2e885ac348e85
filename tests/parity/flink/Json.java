package weir.parity;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Base64;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.MapType;
import org.apache.flink.table.types.logical.MultisetType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;

/** Rows from JSON and to JSON, in the form of weir's `json` and `changelog-json` files. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .appendPattern("HH:mm:ss").appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .toFormatter();
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true).toFormatter();

    private Json() {}

    static JsonNode parse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(text + ": " + e.getMessage(), e);
        }
    }

    /** A line of `changelog-json`, or of `json`: there every row is an insert. */
    static RowData row(String line, RowType type, boolean changelog) {
        JsonNode node = parse(line);
        GenericRowData row = (GenericRowData) value(changelog ? node.get("data") : node, type);
        row.setRowKind(changelog ? kind(node.get("op").textValue()) : RowKind.INSERT);
        return row;
    }

    private static RowKind kind(String op) {
        for (RowKind kind : RowKind.values()) {
            if (kind.shortString().equals(op)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("unknown kind of change " + op);
    }

    private static Object value(JsonNode node, LogicalType type) {
        if (node == null || node.isNull()) {
            return null;
        }
        switch (type.getTypeRoot()) {
            case CHAR:
            case VARCHAR:
                return StringData.fromString(node.isTextual() ? node.textValue() : node.toString());
            case BOOLEAN:
                return node.booleanValue();
            case BINARY:
            case VARBINARY:
                return Base64.getDecoder().decode(node.textValue());
            case DECIMAL:
                return DecimalData.fromBigDecimal(node.decimalValue(),
                        ((DecimalType) type).getPrecision(), ((DecimalType) type).getScale());
            case TINYINT:
                return (byte) node.intValue();
            case SMALLINT:
                return (short) node.intValue();
            case INTEGER:
                return node.intValue();
            case BIGINT:
                return node.longValue();
            case FLOAT:
                return Float.valueOf(node.asText());
            case DOUBLE:
                return Double.valueOf(node.asText());
            case DATE:
                return (int) LocalDate.parse(node.textValue()).toEpochDay();
            case TIME_WITHOUT_TIME_ZONE:
                return (int) (LocalTime.parse(node.textValue()).toNanoOfDay() / 1_000_000);
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                return TimestampData.fromLocalDateTime(LocalDateTime.parse(
                        node.textValue().replace('T', ' ').replace("Z", ""), TIMESTAMP));
            case ARRAY:
                return array(node, ((ArrayType) type).getElementType());
            case MAP:
                return map(node, (MapType) type);
            case ROW:
                return rowValue(node, (RowType) type);
            default:
                throw new IllegalArgumentException("no input of type " + type);
        }
    }

    private static ArrayData array(JsonNode node, LogicalType element) {
        Object[] values = new Object[node.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(node.get(i), element);
        }
        return new GenericArrayData(values);
    }

    private static MapData map(JsonNode node, MapType type) {
        Map<Object, Object> values = new HashMap<>();
        for (Iterator<Map.Entry<String, JsonNode>> i = node.fields(); i.hasNext(); ) {
            Map.Entry<String, JsonNode> entry = i.next();
            values.put(StringData.fromString(entry.getKey()),
                    value(entry.getValue(), type.getValueType()));
        }
        return new GenericMapData(values);
    }

    private static GenericRowData rowValue(JsonNode node, RowType type) {
        List<RowType.RowField> fields = type.getFields();
        GenericRowData row = new GenericRowData(fields.size());
        for (int i = 0; i < fields.size(); i++) {
            row.setField(i, value(node.get(fields.get(i).getName()), fields.get(i).getType()));
        }
        return row;
    }

    /** A change as a line of `changelog-json`. */
    static String change(RowKind kind, RowData row, RowType type) {
        StringBuilder text = new StringBuilder();
        text.append("{\"op\": \"").append(kind.shortString()).append("\", \"data\": ");
        print(text, row, type);
        return text.append('}').toString();
    }

    private static void print(StringBuilder text, Object value, LogicalType type) {
        if (value == null) {
            text.append("null");
            return;
        }
        switch (type.getTypeRoot()) {
            case CHAR:
            case VARCHAR:
                quote(text, value.toString());
                break;
            case BINARY:
            case VARBINARY:
                quote(text, Base64.getEncoder().encodeToString((byte[]) value));
                break;
            case DECIMAL:
                text.append(((DecimalData) value).toBigDecimal().toPlainString());
                break;
            case FLOAT:
                number(text, shortest((Float) value, true), (Float) value);
                break;
            case DOUBLE:
                number(text, shortest((Double) value, false), (Double) value);
                break;
            case DATE:
                quote(text, LocalDate.ofEpochDay((Integer) value).toString());
                break;
            case TIME_WITHOUT_TIME_ZONE:
                quote(text, TIME.format(LocalTime.ofNanoOfDay((Integer) value * 1_000_000L)));
                break;
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                quote(text, TIMESTAMP.format(((TimestampData) value).toLocalDateTime()));
                break;
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                quote(text, TIMESTAMP.format(((TimestampData) value).toLocalDateTime()) + "Z");
                break;
            case ARRAY:
                printArray(text, (ArrayData) value, ((ArrayType) type).getElementType());
                break;
            case MAP:
                printMap(text, (MapData) value, ((MapType) type).getKeyType(),
                        ((MapType) type).getValueType());
                break;
            case MULTISET:
                printMap(text, (MapData) value, ((MultisetType) type).getElementType(),
                        new IntType(false));
                break;
            case ROW:
                printRow(text, (RowData) value, (RowType) type);
                break;
            default:
                text.append(value);
        }
    }

    private static void printRow(StringBuilder text, RowData row, RowType type) {
        List<RowType.RowField> fields = type.getFields();
        String between = "";
        text.append('{');
        for (int i = 0; i < fields.size(); i++) {
            LogicalType fieldType = fields.get(i).getType();
            quote(text.append(between), fields.get(i).getName());
            print(text.append(": "), RowData.createFieldGetter(fieldType, i).getFieldOrNull(row),
                    fieldType);
            between = ", ";
        }
        text.append('}');
    }

    private static void printArray(StringBuilder text, ArrayData array, LogicalType element) {
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(element);
        String between = "";
        text.append('[');
        for (int i = 0; i < array.size(); i++) {
            print(text.append(between), getter.getElementOrNull(array, i), element);
            between = ", ";
        }
        text.append(']');
    }

    private static void printMap(StringBuilder text, MapData map, LogicalType key,
            LogicalType value) {
        ArrayData.ElementGetter keys = ArrayData.createElementGetter(key);
        ArrayData.ElementGetter values = ArrayData.createElementGetter(value);
        boolean plain = key.is(LogicalTypeFamily.CHARACTER_STRING);
        String between = "";
        text.append(plain ? "{" : "{\"$map\": [");
        for (int i = 0; i < map.size(); i++) {
            print(text.append(between).append(plain ? "" : "["),
                    keys.getElementOrNull(map.keyArray(), i), key);
            print(text.append(plain ? ": " : ", "), values.getElementOrNull(map.valueArray(), i),
                    value);
            text.append(plain ? "" : "]");
            between = ", ";
        }
        text.append(plain ? "}" : "]}");
    }

    private static void number(StringBuilder text, String number, double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            quote(text, number);
        } else {
            text.append(number);
        }
    }

    /**
     * The shortest digits that give the number back, in the layout of Double.toString: Java has
     * them since 19, and the file shall not depend on the Java that recorded it.
     */
    private static String shortest(double value, boolean single) {
        if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
            return Double.toString(value);
        }
        BigDecimal exact = new BigDecimal(Math.abs(value));
        BigDecimal digits = exact;
        for (int n = 1; n <= 17; n++) {
            digits = exact.round(new MathContext(n));
            if ((single ? digits.floatValue() : digits.doubleValue()) == Math.abs(value)) {
                break;
            }
        }
        digits = digits.stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        String sign = value < 0 ? "-" : "";
        if (exponent >= -3 && exponent < 7) {
            String plain = digits.toPlainString();
            return sign + (plain.contains(".") ? plain : plain + ".0");
        }
        String all = digits.unscaledValue().toString();
        return sign + all.charAt(0) + "." + (all.length() > 1 ? all.substring(1) : "0") + "E"
                + exponent;
    }

    static void quote(StringBuilder text, String value) {
        text.append('"');
        for (char c : value.toCharArray()) {
            switch (c) {
                case '"':
                    text.append("\\\"");
                    break;
                case '\\':
                    text.append("\\\\");
                    break;
                case '\n':
                    text.append("\\n");
                    break;
                default:
                    text.append(c < ' ' ? String.format("\\u%04x", (int) c) : Character.toString(c));
            }
        }
        text.append('"');
    }
}
