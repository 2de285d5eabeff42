import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.atomic.AtomicLongArray;

/** Fifty threads that count, each for itself. A line on standard input is answered by itself and the fifty counts. */
class Counting {
  private static final int THREADS = 50;

  public static void main(String[] arguments) throws Exception {
    AtomicLongArray counts = new AtomicLongArray(THREADS);
    for (int index = 0; index < THREADS; index++) {
      int own = index;
      Thread thread = new Thread(() -> countForEver(counts, own));
      thread.setDaemon(true);
      thread.start();
    }
    System.out.println("ready");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      StringBuilder answer = new StringBuilder(line);
      for (int index = 0; index < THREADS; index++) answer.append(' ').append(counts.get(index));
      System.out.println(answer);
    }
  }

  private static void countForEver(AtomicLongArray counts, int own) {
    for (;;) {
      counts.incrementAndGet(own);
      try {
        Thread.sleep(1);
      } catch (InterruptedException stop) {
        return;
      }
    }
  }
}
