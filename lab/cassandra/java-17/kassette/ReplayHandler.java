package kassette;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.cassandra.db.Mutation;
import org.apache.cassandra.db.commitlog.CommitLogDescriptor;
import org.apache.cassandra.db.commitlog.CommitLogReadHandler;
import org.apache.cassandra.db.commitlog.CommitLogReplayer;
import org.apache.cassandra.db.marshal.UTF8Type;
import org.apache.cassandra.db.partitions.PartitionUpdate;
import org.apache.cassandra.db.rows.Row;
import org.apache.cassandra.utils.FBUtilities;
import org.apache.cassandra.utils.concurrent.Future;

/** Gives Cassandra's replayer what is meant for it, and counts. What is not of the schema of the target ends the replay, but for what is of later. */
final class ReplayHandler implements CommitLogReadHandler {
  private static final Set<String> TABLES = new HashSet<>(Arrays.asList("system_schema.tables", "system_schema.views"));

  private final CommitLogReplayer replayer;
  /** Where the schema is replayed: its tables are kept there before they are dropped. Null where all is. */
  private final DroppedTables dropped;
  private final long target;
  private final Set<String> skip;
  private long replayed;
  private long later;
  private long skipped;
  private long torn;
  private final Map<String, Long> lastWrites = new TreeMap<>();

  ReplayHandler(CommitLogReplayer replayer, DroppedTables dropped, long target, String skip) {
    this.replayer = replayer;
    this.dropped = dropped;
    this.target = target;
    this.skip = new HashSet<>(Arrays.asList(skip.split(",")));
    if (dropped != null) CommitLogReplayer.mutationInitiator = new InTurn();
  }

  /** Each change of the schema is there before the next one is looked at. */
  private static final class InTurn extends CommitLogReplayer.MutationInitiator {
    @Override
    protected Future<Integer> initiateMutation(Mutation mutation, long segment, int size, int location, CommitLogReplayer replayer) {
      Future<Integer> applied = super.initiateMutation(mutation, segment, size, location, replayer);
      FBUtilities.waitOnFuture(applied);
      return applied;
    }
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
    validate(mutation);
    replayed++;
    if (dropped != null && dropsTables(mutation)) dropped.remember(UTF8Type.instance.compose(mutation.key().getKey()));
    for (PartitionUpdate update : mutation.getPartitionUpdates())
      lastWrites.merge(nameOf(mutation, update), update.maxTimestamp(), Math::max);
    replayer.handleMutation(mutation, size, entryLocation, descriptor);
  }

  private boolean isMeant(Mutation mutation) {
    String keyspace = mutation.getKeyspaceName();
    if (dropped == null) return mutation.getPartitionUpdates().stream().noneMatch(u -> skip.contains(nameOf(mutation, u)));
    if (keyspace.equals("system_schema")) return true;
    return mutation.getPartitionUpdates().stream().allMatch(u -> nameOf(mutation, u).equals("system.local"));
  }

  private boolean isLater(Mutation mutation) {
    return mutation.getPartitionUpdates().stream().anyMatch(u -> u.maxTimestamp() > target);
  }

  /** By the types of the target. What is of later may be of another one: a type of users that a field was added to. */
  private static void validate(Mutation mutation) {
    for (PartitionUpdate update : mutation.getPartitionUpdates()) {
      try {
        update.validate();
      } catch (RuntimeException failure) {
        throw new IllegalStateException("A mutation of " + nameOf(mutation, update) + " is not of its types at the target: " + failure, failure);
      }
    }
  }

  /** A table that is created or altered is written anew: deleted, but not without columns. */
  private static boolean dropsTables(Mutation mutation) {
    for (PartitionUpdate update : mutation.getPartitionUpdates()) {
      if (!TABLES.contains(nameOf(mutation, update))) continue;
      if (!update.partitionLevelDeletion().isLive() || update.deletionInfo().hasRanges()) return true;
      for (Row row : update) if (!row.deletion().isLive() && row.columnCount() == 0) return true;
    }
    return false;
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
    shouldSkipSegmentOnError(failure);
  }

  /** Waits until all is applied and flushed. */
  void finish(Map<String, Object> report) {
    replayer.blockForWrites();
    report.put("replayed", replayed);
    report.put("later", later);
    report.put("skipped", skipped);
    report.put("torn", torn);
    report.put("lastWrites", lastWrites);
  }
}
