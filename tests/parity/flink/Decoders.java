package weir.parity;

import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** What makes rows of the records of a file. */
final class Decoders {
    private Decoders() {}

    /** weir's own forms of a file: `json` and `changelog-json`. */
    static final class Lines implements TurnSource.Decoder {
        private static final long serialVersionUID = 1L;
        private final RowType type;
        private final boolean changelog;

        Lines(RowType type, boolean changelog) {
            this.type = type;
            this.changelog = changelog;
        }

        @Override
        public void open() {}

        @Override
        public List<RowData> decode(Input.Record record) {
            return List.of(Json.row(record.text(), type, changelog));
        }
    }
}
