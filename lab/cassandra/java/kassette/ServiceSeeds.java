package kassette;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.cassandra.locator.InetAddressAndPort;
import org.apache.cassandra.locator.SeedProvider;

/**
 * Seeds behind Kubernetes services: every address that the names resolve to at the moment. A name without an address is
 * normal, as the service for seeds of other datacenters mostly has none.
 */
public final class ServiceSeeds implements SeedProvider {
  /** The operator names the first seed just before it starts it: DNS may learn of it later than Cassandra asks. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final String[] names;
  private boolean found;

  public ServiceSeeds(Map<String, String> parameters) {
    names = parameters.get("seeds").split(",");
  }

  @Override
  public synchronized List<InetAddressAndPort> getSeeds() {
    long begin = System.nanoTime();
    List<InetAddressAndPort> seeds = resolve();
    while (seeds.isEmpty() && !found && System.nanoTime() - begin < PATIENCE) {
      pause();
      seeds = resolve();
    }
    found |= !seeds.isEmpty();
    return seeds;
  }

  private List<InetAddressAndPort> resolve() {
    List<InetAddressAndPort> seeds = new ArrayList<>();
    for (String name : names) {
      try {
        for (InetAddress address : InetAddress.getAllByName(name.trim())) {
          seeds.add(InetAddressAndPort.getByAddress(address));
        }
      } catch (UnknownHostException none) {
        // Cassandra itself complains where no name has an address.
      }
    }
    return seeds;
  }

  private static void pause() {
    try {
      Thread.sleep(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
