package kassette;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.cassandra.config.Config;
import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.cql3.QueryProcessor;
import org.apache.cassandra.cql3.UntypedResultSet;
import org.apache.cassandra.db.ColumnFamilyStore;
import org.apache.cassandra.db.Keyspace;
import org.apache.cassandra.db.SystemKeyspace;
import org.apache.cassandra.db.commitlog.CommitLog;
import org.apache.cassandra.db.commitlog.CommitLogDescriptor;
import org.apache.cassandra.db.commitlog.CommitLogPosition;
import org.apache.cassandra.db.commitlog.CommitLogReplayer;
import org.apache.cassandra.db.marshal.BytesType;
import org.apache.cassandra.db.marshal.UUIDType;
import org.apache.cassandra.io.util.File;
import org.apache.cassandra.schema.Schema;
import org.apache.cassandra.service.StorageService;
import org.apache.cassandra.service.paxos.PaxosState;
import org.apache.cassandra.utils.ByteBufferUtil;
import org.apache.cassandra.utils.JsonUtils;

/**
 * Replays segments of the commit log up to a second, and ends. Nothing listens and nothing is sent: no gossip, no internode messages, no clients,
 * no hints, no batches, no compaction. The segments are read where they are, and stay.
 *
 * <p>The property `kassette.replay` names a directory with `request.properties`: `pass` (`schema`: only the schema and what was truncated; `all`),
 * `microseconds` (the target), `log` (a directory for this process's own commit log), `skip` (tables of `system` that are left as they are) and
 * `dropped` (a file that `schema` writes and `all` reads, see {@link DroppedTables}); and with `segments`, a line each: `last` or `more`, a blank, and
 * the path. `last`: of a process, which may have ended in the middle of a write. Where all went well the last thing that is written there is
 * `report.json`.
 */
public final class Replay {
  private final Path home;
  private final Properties request = new Properties();

  private Replay(Path home) throws IOException {
    this.home = home;
    try (Reader reader = Files.newBufferedReader(home.resolve("request.properties"))) {
      request.load(reader);
    }
  }

  public static void main(String[] arguments) {
    int status = 1;
    try {
      new Replay(Paths.get(System.getProperty("kassette.replay"))).run();
      status = 0;
    } catch (Throwable failure) {
      System.err.println("The replay failed: " + failure);
      failure.printStackTrace();
    }
    // Threads of Cassandra would keep the process.
    System.exit(status);
  }

  private void run() throws Exception {
    boolean all = request.getProperty("pass").equals("all");
    DatabaseDescriptor.daemonInitialization(this::config);
    CommitLog.instance.start();
    checkTarget();
    // Mutations are read by the schema that is there before: without one of users, none of theirs is.
    if (all) Schema.instance.loadFromDisk();
    StorageService.instance.populateTokenMetadata();
    Keyspace.setInitialized();
    for (String keyspace : Schema.instance.getKeyspaces()) open(keyspace);
    if (all) PaxosState.initializeTrackers();

    Map<String, Object> report = new TreeMap<>();
    report.put("truncatedBefore", truncations());
    report.put("indexesBefore", indexes());
    DroppedTables dropped = all ? DroppedTables.read(droppedFile()) : new DroppedTables();
    ReplayHandler handler = handler(all ? null : dropped);
    List<String> segments = Files.readAllLines(home.resolve("segments"));
    ReplayReader reader = new ReplayReader(all ? dropped : null, microseconds(), firstOf(segments));
    for (String line : segments)
      reader.readCommitLogSegment(handler, fileOf(line), CommitLogPosition.NONE, line.startsWith("last "));
    handler.finish(report);
    reader.report(report);
    Map<String, String> tables = namesOf("table");
    if (!all) dropped.write(droppedFile(), tables.keySet());
    report.put("truncatedAfter", truncations());
    report.put("tables", tables);
    report.put("views", namesOf("view"));
    report.put("indexes", indexes());
    CommitLog.instance.shutdownBlocking();
    write(report);
  }

  private Config config() {
    Config config = DatabaseDescriptor.loadConfig();
    config.commitlog_directory = request.getProperty("log");
    // Consumers have had these mutations, or are yet to get those of the segments that they have.
    config.cdc_enabled = false;
    config.disk_failure_policy = Config.DiskFailurePolicy.die;
    config.commit_failure_policy = Config.CommitFailurePolicy.die;
    return config;
  }

  /** That Cassandra has read the target where it reads it, and as what it is. */
  private void checkTarget() {
    long wanted = microseconds();
    long read = CommitLog.instance.archiver.getRestorePointInTimeInMicroseconds();
    if (wanted != read) throw new IllegalStateException("restore_point_in_time is " + read + ", not " + wanted);
  }

  private long microseconds() {
    return Long.parseLong(request.getProperty("microseconds"));
  }

  private Path droppedFile() {
    return Paths.get(request.getProperty("dropped"));
  }

  private static File fileOf(String segment) {
    return new File(segment.substring(segment.indexOf(' ') + 1));
  }

  private static long firstOf(List<String> segments) {
    return segments.isEmpty() ? 0 : CommitLogDescriptor.fromFileName(fileOf(segments.get(0)).name()).id;
  }

  private static void open(String keyspace) {
    for (ColumnFamilyStore table : Keyspace.open(keyspace).getColumnFamilyStores())
      for (ColumnFamilyStore store : table.concatWithIndexes()) store.disableAutoCompaction();
  }

  private ReplayHandler handler(DroppedTables dropped) {
    CommitLogReplayer replayer = CommitLogReplayer.construct(CommitLog.instance, SystemKeyspace.getLocalHostId());
    return new ReplayHandler(replayer, dropped, microseconds(), request.getProperty("skip", ""));
  }

  /** When tables were truncated last, by their ids, as the node keeps it. */
  private static Map<String, String> truncations() {
    Map<String, String> found = new TreeMap<>();
    for (UntypedResultSet.Row row : QueryProcessor.executeInternal("SELECT truncated_at FROM system.local")) {
      if (!row.has("truncated_at")) continue;
      Map<UUID, java.nio.ByteBuffer> map = row.getMap("truncated_at", UUIDType.instance, BytesType.instance);
      map.forEach((id, record) -> found.put(id.toString(), ByteBufferUtil.bytesToHex(record)));
    }
    return found;
  }

  /** `keyspace.name` of all tables, or of all views, by their ids. */
  private static Map<String, String> namesOf(String kind) {
    Map<String, String> found = new TreeMap<>();
    String cql = "SELECT keyspace_name, " + kind + "_name, id FROM system_schema." + kind + "s";
    for (UntypedResultSet.Row row : QueryProcessor.executeInternal(cql))
      found.put(row.getUUID("id").toString(), row.getString("keyspace_name") + "." + row.getString(kind + "_name"));
    return found;
  }

  /** What indexes are, by `keyspace.table.index`. */
  private static Map<String, String> indexes() {
    Map<String, String> found = new TreeMap<>();
    String cql = "SELECT keyspace_name, table_name, index_name, kind, options FROM system_schema.indexes";
    for (UntypedResultSet.Row row : QueryProcessor.executeInternal(cql)) {
      String name = row.getString("keyspace_name") + "." + row.getString("table_name") + "." + row.getString("index_name");
      Map<String, String> options = new TreeMap<>(row.getFrozenTextMap("options"));
      found.put(name, row.getString("kind") + " " + JsonUtils.writeAsJsonString(options));
    }
    return found;
  }

  private void write(Map<String, Object> report) throws IOException {
    Path part = home.resolve("report.json.part");
    Files.write(part, JsonUtils.writeAsJsonBytes(report));
    Files.move(part, home.resolve("report.json"), StandardCopyOption.ATOMIC_MOVE);
  }
}
