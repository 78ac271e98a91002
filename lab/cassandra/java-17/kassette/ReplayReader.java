package kassette;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.cassandra.db.Mutation;
import org.apache.cassandra.db.commitlog.CommitLogDescriptor;
import org.apache.cassandra.db.commitlog.CommitLogPosition;
import org.apache.cassandra.db.commitlog.CommitLogReadHandler;
import org.apache.cassandra.db.commitlog.CommitLogReader;
import org.apache.cassandra.db.partitions.PartitionUpdate;
import org.apache.cassandra.db.rows.DeserializationHelper;
import org.apache.cassandra.db.rows.EncodingStats;
import org.apache.cassandra.db.rows.UnfilteredRowIterator;
import org.apache.cassandra.db.rows.UnfilteredRowIteratorSerializer;
import org.apache.cassandra.io.util.DataInputBuffer;
import org.apache.cassandra.schema.Schema;
import org.apache.cassandra.schema.TableId;
import org.apache.cassandra.schema.TableMetadata;
import org.apache.cassandra.utils.ByteBufferUtil;

/**
 * Cassandra's reader, which leaves out each mutation that writes to a table that is not there. A batch with one partition key is one mutation for all of its
 * tables, so that it would leave out the rows of the others, too: a node flushes them when it drops the table, but a backup may be older than that. Here
 * each mutation is read table by table, and what was dropped is read by what it was.
 */
final class ReplayReader extends CommitLogReader {
  /** A column that the schema of the target does not have: the mutation is of later, and its checksum was right. */
  private static final Pattern LATER = Pattern.compile("Unknown column .+ during deserialization", Pattern.DOTALL);

  private static final DeserializationHelper.Flag FLAG = DeserializationHelper.Flag.LOCAL;

  private final DroppedTables dropped;
  private final long target;
  private final long first;
  private final Map<String, Integer> unknown = new TreeMap<>();
  private long laterSchema;

  /**
   * @param dropped null where mutations of users are not read
   * @param first the id of the segment in which the backup was made
   */
  ReplayReader(DroppedTables dropped, long target, long first) {
    this.dropped = dropped;
    this.target = target;
    this.first = first;
  }

  @Override
  protected void readMutation(
      CommitLogReadHandler handler,
      byte[] bytes,
      int size,
      CommitLogPosition from,
      int location,
      CommitLogDescriptor segment)
      throws IOException {
    Mutation mutation;
    try {
      mutation = read(ByteBuffer.wrap(bytes, 0, size).slice(), segment);
    } catch (IOException | RuntimeException failure) {
      if (failure.getMessage() == null || !LATER.matcher(failure.getMessage()).matches())
        throw new IOException("A mutation before byte " + location + " of " + segment.fileName() + " cannot be read: " + failure, failure);
      laterSchema++;
      return;
    }
    if (mutation != null) handler.handleMutation(mutation, size, location, segment);
  }

  /** Null where nothing in it is of a table that is there. */
  private Mutation read(ByteBuffer bytes, CommitLogDescriptor segment) throws IOException {
    DataInputBuffer in = new DataInputBuffer(bytes, false);
    Mutation.PartitionUpdateCollector found = null;
    int updates = in.readUnsignedVInt32();
    for (int n = 0; n < updates; n++) {
      int start = bytes.position();
      TableId id = TableId.deserialize(in);
      if (Schema.instance.getTableMetadata(id) != null) {
        bytes.position(start);
        PartitionUpdate update = PartitionUpdate.serializer.deserialize(in, segment.getMessagingVersion(), FLAG);
        if (found == null) found = new Mutation.PartitionUpdateCollector(update.metadata().keyspace, update.partitionKey());
        found.add(update);
        continue;
      }
      unknown.merge(id.toString(), 1, Integer::sum);
      if (dropped == null) return null;
      TableMetadata table = dropped.get(id);
      if (table == null) {
        if (updates > 1 && segment.id != first) checkLater(id, in);
        return null;
      }
      skip(in, segment.getMessagingVersion(), table);
    }
    return found == null ? null : found.build();
  }

  private static void skip(DataInputBuffer in, int version, TableMetadata table) throws IOException {
    try (UnfilteredRowIterator rows = UnfilteredRowIteratorSerializer.serializer.deserialize(in, version, table, null, FLAG)) {
      while (rows.hasNext()) rows.next();
    } catch (RuntimeException failure) {
      throw new IOException("what it writes to " + table + ", which was dropped, cannot be read: " + failure, failure);
    }
  }

  /**
   * That a table is not known because it was created after the target. One that was dropped before the backup is in the first segment only: a drop flushes
   * all, and begins another.
   */
  private void checkLater(TableId id, DataInputBuffer in) throws IOException {
    ByteBufferUtil.skipWithVIntLength(in);
    int flags = in.readUnsignedByte();
    boolean isEmpty = (flags & UnfilteredRowIteratorSerializer.IS_EMPTY) != 0;
    if (!isEmpty && EncodingStats.serializer.deserialize(in).minTimestamp > target) return;
    throw new IOException("it writes to several tables before the target, and nothing is known of that with the id " + id);
  }

  void report(Map<String, Object> report) {
    report.put("laterSchema", laterSchema);
    report.put("unknown", unknown);
  }
}
