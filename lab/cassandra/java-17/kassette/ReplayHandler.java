package kassette;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.cassandra.db.Mutation;
import org.apache.cassandra.db.commitlog.CommitLogDescriptor;
import org.apache.cassandra.db.commitlog.CommitLogReadHandler;
import org.apache.cassandra.db.commitlog.CommitLogReader;
import org.apache.cassandra.db.commitlog.CommitLogReplayer;
import org.apache.cassandra.db.partitions.PartitionUpdate;
import org.apache.cassandra.schema.TableId;

/** Gives Cassandra's replayer what is meant for it, and counts. What cannot be read ends the replay, but for what is of later than the target. */
final class ReplayHandler implements CommitLogReadHandler {
  /** A column that the schema of the target does not have: the mutation is of later, and its checksum was right. */
  private static final Pattern LATER =
      Pattern.compile("^Unexpected error deserializing mutation; saved to (\\S+)\\.  .*: Unknown column \\S+ during deserialization");

  private final CommitLogReplayer replayer;
  private final boolean all;
  private final long target;
  private final Set<String> skip;
  private long replayed;
  private long later;
  private long laterSchema;
  private long skipped;
  private long torn;
  private final Map<String, Long> lastWrites = new TreeMap<>();

  ReplayHandler(CommitLogReplayer replayer, boolean all, long target, String skip) {
    this.replayer = replayer;
    this.all = all;
    this.target = target;
    this.skip = new HashSet<>(Arrays.asList(skip.split(",")));
  }

  @Override
  public void handleMutation(Mutation mutation, int size, int entryLocation, CommitLogDescriptor descriptor) {
    if (!isMeant(mutation)) {
      skipped++;
      return;
    }
    if (isLater(mutation)) {
      later++;
      return;
    }
    replayed++;
    for (PartitionUpdate update : mutation.getPartitionUpdates())
      lastWrites.merge(nameOf(mutation, update), update.maxTimestamp(), Math::max);
    replayer.handleMutation(mutation, size, entryLocation, descriptor);
  }

  private boolean isMeant(Mutation mutation) {
    String keyspace = mutation.getKeyspaceName();
    if (all) return mutation.getPartitionUpdates().stream().noneMatch(u -> skip.contains(nameOf(mutation, u)));
    if (keyspace.equals("system_schema")) return true;
    return mutation.getPartitionUpdates().stream().allMatch(u -> nameOf(mutation, u).equals("system.local"));
  }

  private boolean isLater(Mutation mutation) {
    return mutation.getPartitionUpdates().stream().anyMatch(u -> u.maxTimestamp() > target);
  }

  private static String nameOf(Mutation mutation, PartitionUpdate update) {
    return mutation.getKeyspaceName() + "." + update.metadata().name;
  }

  @Override
  public boolean shouldSkipSegmentOnError(CommitLogReadException failure) throws IOException {
    if (!failure.permissible) throw failure;
    torn++;
    return false;
  }

  @Override
  public void handleUnrecoverableError(CommitLogReadException failure) throws IOException {
    Matcher saved = LATER.matcher(failure.getMessage());
    if (saved.find()) {
      laterSchema++;
      Files.deleteIfExists(Paths.get(saved.group(1)));
    } else if (failure.permissible) {
      torn++;
    } else {
      throw failure;
    }
  }

  /** Waits until all is applied and flushed. */
  void finish(CommitLogReader reader, Map<String, Object> report) {
    replayer.blockForWrites();
    Map<String, Integer> unknown = new TreeMap<>();
    for (Map.Entry<TableId, AtomicInteger> entry : reader.getInvalidMutations())
      unknown.put(entry.getKey().toString(), entry.getValue().get());
    report.put("replayed", replayed);
    report.put("later", later);
    report.put("laterSchema", laterSchema);
    report.put("skipped", skipped);
    report.put("torn", torn);
    report.put("unknown", unknown);
    report.put("lastWrites", lastWrites);
  }
}
