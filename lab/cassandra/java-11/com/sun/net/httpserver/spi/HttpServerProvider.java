package com.sun.net.httpserver.spi;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import sun.net.httpserver.DefaultHttpServerProvider;

/**
 * Stands before the class of that name in the HTTP server that the small Java 11 runtime is given: the original looks for
 * other servers with a class of Java 6 that is no more.
 */
public abstract class HttpServerProvider {
  public abstract HttpServer createHttpServer(InetSocketAddress address, int backlog) throws IOException;

  public abstract HttpsServer createHttpsServer(InetSocketAddress address, int backlog) throws IOException;

  public static HttpServerProvider provider() {
    return new DefaultHttpServerProvider();
  }
}
