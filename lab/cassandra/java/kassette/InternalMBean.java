package kassette;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What the stand-in needs of Cassandra and no MBean of Cassandra's own offers. */
public interface InternalMBean {
  /** Runs one CQL statement without a login and gives its rows as text; null stays null. */
  List<Map<String, String>> query(String cql);

  /** A row per table and snapshot; Jolokia cannot write Cassandra's own table, which has null among its keys. */
  List<Map<String, String>> snapshots();

  /** Creates the role, or replaces the one of that name. */
  void createRole(String name, boolean superuser, boolean login, String password);

  void dropRole(String name);

  /** As those of the storage service, their failures subject to the disk failure policy. */
  void takeSnapshot(String tag, Map<String, String> options, String[] entities) throws IOException;

  void clearSnapshot(String tag, String[] keyspaces) throws IOException;
}
