package kassette;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.apache.cassandra.auth.AuthenticatedUser;
import org.apache.cassandra.auth.IRoleManager;
import org.apache.cassandra.auth.RoleOptions;
import org.apache.cassandra.auth.RoleResource;
import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.cql3.ColumnSpecification;
import org.apache.cassandra.cql3.QueryProcessor;
import org.apache.cassandra.cql3.UntypedResultSet;
import org.apache.cassandra.db.ConsistencyLevel;
import org.apache.cassandra.db.marshal.AbstractType;
import org.apache.cassandra.service.StorageService;
import org.apache.cassandra.transport.ProtocolVersion;
import org.apache.cassandra.utils.JVMStabilityInspector;

public final class Internal implements InternalMBean {
  @Override
  public List<Map<String, String>> query(String cql) {
    UntypedResultSet result = QueryProcessor.process(cql, ConsistencyLevel.ONE);
    List<Map<String, String>> rows = new ArrayList<>();
    if (result == null) return rows;
    for (UntypedResultSet.Row row : result) rows.add(asText(row));
    return rows;
  }

  private static Map<String, String> asText(UntypedResultSet.Row row) {
    Map<String, String> cells = new LinkedHashMap<>();
    for (ColumnSpecification column : row.getColumns()) {
      String name = column.name.toString();
      cells.put(name, row.has(name) ? asText(column.type, row.getBytes(name)) : null);
    }
    return cells;
  }

  private static String asText(AbstractType<?> type, ByteBuffer value) {
    return type.isCollection() ? type.toJSONString(value, ProtocolVersion.CURRENT) : type.getString(value);
  }

  @Override
  public List<Map<String, String>> snapshots() {
    List<Map<String, String>> rows = new ArrayList<>();
    for (TabularData table : StorageService.instance.getSnapshotDetails().values()) {
      for (Object row : table.values()) rows.add(asText((CompositeData) row));
    }
    return rows;
  }

  @Override
  public void takeSnapshot(String tag, Map<String, String> options, String[] entities) throws IOException {
    try {
      StorageService.instance.takeSnapshot(tag, options, entities);
    } catch (Throwable failure) {
      inspect(failure);
      throw failure;
    }
  }

  @Override
  public void clearSnapshot(String tag, String[] keyspaces) throws IOException {
    try {
      StorageService.instance.clearSnapshot(tag, keyspaces);
    } catch (Throwable failure) {
      inspect(failure);
      throw failure;
    }
  }

  /** The management API calls in a thread of CQL, where the disk failure policy judges what is thrown; one of JMX is not watched. */
  private static void inspect(Throwable failure) {
    JVMStabilityInspector.inspectThrowable(failure);
  }

  private static Map<String, String> asText(CompositeData row) {
    Map<String, String> cells = new LinkedHashMap<>();
    for (String name : row.getCompositeType().keySet()) cells.put(name, String.valueOf(row.get(name)));
    return cells;
  }

  @Override
  public void createRole(String name, boolean superuser, boolean login, String password) {
    RoleOptions options = new RoleOptions();
    options.setOption(IRoleManager.Option.SUPERUSER, superuser);
    options.setOption(IRoleManager.Option.LOGIN, login);
    options.setOption(IRoleManager.Option.PASSWORD, password);
    roles().createRole(AuthenticatedUser.SYSTEM_USER, RoleResource.role(name), options);
  }

  @Override
  public void dropRole(String name) {
    roles().dropRole(AuthenticatedUser.SYSTEM_USER, RoleResource.role(name));
  }

  private static IRoleManager roles() {
    return DatabaseDescriptor.getRoleManager();
  }
}
