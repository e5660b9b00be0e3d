// Java's HttpClient as it comes: it offers an upgrade to HTTP/2 with its requests.
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;

public class Client {
  static final HttpClient CLIENT = HttpClient.newHttpClient();
  static String base;

  static void say(String name, Callable<Object> work, Object expected) {
    String got;
    try {
      got = String.valueOf(work.call());
    } catch (Exception error) {
      got = error.toString();
    }
    boolean same = got.equals(String.valueOf(expected));
    System.out.println(same ? name + " ok" : name + " " + got.substring(0, Math.min(200, got.length())));
  }

  static String ask(String method, String path, BodyPublisher body) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(base + path)).method(method, body).build();
    var reply = CLIENT.send(request, BodyHandlers.ofString());
    return reply.statusCode() + " " + reply.body();
  }

  static BodyPublisher chunked(byte[] bytes) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
  }

  static String stream() throws Exception {
    var request = HttpRequest.newBuilder(URI.create(base + "/v1/stream")).POST(BodyPublishers.ofString("{}"));
    var times = new ArrayList<Long>();
    CLIENT.send(request.build(), BodyHandlers.ofLines()).body()
        .filter(line -> !line.isEmpty()).forEach(line -> times.add(System.nanoTime()));
    return times.size() + " " + (times.get(times.size() - 1) - times.get(0) > 200_000_000);
  }

  // The kernel knows how many connections to the gateway there are or were a moment ago.
  static long connections() throws Exception {
    String port = String.format(":%04X ", URI.create(base).getPort());
    long count = 0;
    for (String table : new String[] {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
      for (String line : Files.readAllLines(Path.of(table))) {
        count += line.substring(20, Math.min(line.length(), 80)).contains(port) ? 1 : 0;
      }
    }
    return count;
  }

  static String keepAlive() throws Exception {
    ask("GET", "/v1/models", BodyPublishers.noBody());
    long before = connections();
    for (int count = 0; count < 20; count++) {
      ask("GET", "/v1/models", BodyPublishers.noBody());
    }
    return connections() - before > 5 ? "many connections" : "few connections";
  }

  public static void main(String[] words) {
    base = words[0];
    String body = "x".repeat(70000);
    byte[] big = new byte[32 << 20];
    var none = BodyPublishers.noBody();
    String models = "200 {\"data\": []}";
    say("get", () -> ask("GET", "/v1/models", none), models);
    say("head", () -> ask("HEAD", "/v1/models", none) + ask("GET", "/v1/models", none), "200 " + models);
    say("post", () -> ask("POST", "/v1/echo", BodyPublishers.ofString(body)), "200 " + body);
    say("chunked", () -> ask("POST", "/v1/echo", chunked(body.getBytes())), "200 " + body);
    say("stream", Client::stream, "5 true");
    say("empty", () -> ask("GET", "/v1/empty", none), "204 ");
    say("keep-alive", Client::keepAlive, "few connections");
    say("early-413", () -> ask("POST", "/v1/echo", BodyPublishers.ofByteArray(big)).substring(0, 3), 413);
    say("early-413-chunked", () -> ask("POST", "/v1/echo", chunked(big)).substring(0, 3), 413);
    say("not-found", () -> ask("GET", "/nothing", none).substring(0, 3), 404);
    System.exit(0);
  }
}
