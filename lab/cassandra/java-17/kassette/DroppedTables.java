package kassette;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.cassandra.cql3.ColumnIdentifier;
import org.apache.cassandra.db.marshal.TypeParser;
import org.apache.cassandra.db.marshal.UTF8Type;
import org.apache.cassandra.schema.ColumnMetadata;
import org.apache.cassandra.schema.DroppedColumn;
import org.apache.cassandra.schema.KeyspaceMetadata;
import org.apache.cassandra.schema.SchemaKeyspace;
import org.apache.cassandra.schema.TableId;
import org.apache.cassandra.schema.TableMetadata;
import org.apache.cassandra.utils.ByteBufferUtil;

/**
 * What tables were that are not there at the target: a batch may have written to them and to others in one mutation, which is read only by what all
 * of them are. The replay of the schema finds them, and keeps them in a file for the replay of all.
 */
final class DroppedTables {
  private final Map<TableId, TableMetadata> tables = new HashMap<>();

  /** Null where it is not known. */
  TableMetadata get(TableId id) {
    return tables.get(id);
  }

  /** To be called before a table of the keyspace is dropped, or a view, which is one as well. */
  void remember(String keyspace) {
    KeyspaceMetadata found = SchemaKeyspace.fetchNonSystemKeyspaces().getNullable(keyspace);
    if (found == null) return;
    for (TableMetadata table : found.tablesAndViews()) tables.put(table.id, table);
  }

  /** @param there the ids of those that are there in the end */
  void write(Path file, Set<String> there) throws IOException {
    List<String> lines = new ArrayList<>();
    for (TableMetadata table : tables.values()) {
      if (there.contains(table.id.toString())) continue;
      String flags = String.join(",", TableMetadata.Flag.toStringSet(table.flags));
      lines.add(String.join(" ", "table", table.id.toString(), table.keyspace, table.name, flags));
      for (ColumnMetadata column : table.columns()) lines.add("column " + line(column));
      for (DroppedColumn dropped : table.droppedColumns.values()) lines.add("dropped " + line(dropped.column));
    }
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.write(part, lines);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static DroppedTables read(Path file) throws IOException {
    DroppedTables read = new DroppedTables();
    TableMetadata.Builder table = null;
    String[] of = {};
    for (String line : Files.readAllLines(file)) {
      String[] words = line.split(" ", 5);
      if (words[0].equals("table")) {
        read.add(table);
        of = words;
        table = TableMetadata.builder(of[2], of[3], TableId.fromString(of[1])).flags(flags(of[4]));
      } else if (words[0].equals("column")) {
        table.addColumn(column(of, words));
      } else {
        // When it was dropped decides what of it is shown, and nothing of it is.
        table.recordColumnDrop(column(of, words), 0);
      }
    }
    read.add(table);
    return read;
  }

  private void add(TableMetadata.Builder table) {
    if (table == null) return;
    TableMetadata built = table.build();
    tables.put(built.id, built);
  }

  private static Set<TableMetadata.Flag> flags(String names) {
    return TableMetadata.Flag.fromStringSet(names.isEmpty() ? Collections.emptySet() : new HashSet<>(Arrays.asList(names.split(","))));
  }

  private static String line(ColumnMetadata column) {
    String name = ByteBufferUtil.bytesToHex(column.name.bytes);
    return String.join(" ", name, column.kind.name(), Integer.toString(column.position()), column.type.toString());
  }

  private static ColumnMetadata column(String[] table, String[] words) {
    ByteBuffer name = ByteBufferUtil.hexToBytes(words[1]);
    return new ColumnMetadata(
        table[2],
        table[3],
        ColumnIdentifier.getInterned(name, UTF8Type.instance),
        TypeParser.parse(words[4]),
        Integer.parseInt(words[3]),
        ColumnMetadata.Kind.valueOf(words[2]),
        null);
  }
}
