package kassette;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;
import org.apache.cassandra.service.CassandraDaemon;

/** Cassandra with one MBean more: the way in by which the stand-in makes the first superuser. */
public final class Cassandra {
  private Cassandra() {}

  public static void main(String[] arguments) throws Exception {
    ManagementFactory.getPlatformMBeanServer()
        .registerMBean(new Internal(), new ObjectName("kassette:type=Internal"));
    CassandraDaemon.main(arguments);
  }
}
