package kassette;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import javax.management.ObjectName;
import org.apache.cassandra.auth.CassandraRoleManager;
import org.apache.cassandra.auth.IRoleManager;
import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.service.CassandraDaemon;

/** Cassandra with one MBean more: the way in by which the stand-in makes the first superuser. */
public final class Cassandra {
  private Cassandra() {}

  public static void main(String[] arguments) throws Exception {
    ManagementFactory.getPlatformMBeanServer()
        .registerMBean(new Internal(), new ObjectName("kassette:type=Internal"));
    CassandraDaemon.main(arguments);
    permitRoles();
  }

  /**
   * Older releases refuse all work on roles until the task has run that makes the default superuser. That task is put off
   * for good, so what it would note is noted here.
   */
  private static void permitRoles() throws IllegalAccessException {
    IRoleManager roles = DatabaseDescriptor.getRoleManager();
    if (!(roles instanceof CassandraRoleManager)) return;
    for (Field field : CassandraRoleManager.class.getDeclaredFields()) {
      if (!field.getName().equals("isClusterReady")) continue;
      field.setAccessible(true);
      field.setBoolean(roles, true);
    }
  }
}
