import sun.misc.Signal;

/** One thread that never sleeps. Another one stops it at a safepoint each few milliseconds, and sends a signal each time. */
class Burning {
  private static volatile int value = 1;

  public static void main(String[] arguments) throws Exception {
    Signal.handle(new Signal("USR2"), signal -> {});
    Thread burning = new Thread(Burning::burnForEver);
    burning.setDaemon(true);
    burning.start();
    System.out.println("ready");
    for (;;) {
      Signal.raise(new Signal("USR2"));
      Thread.getAllStackTraces();
      Thread.sleep(2);
    }
  }

  private static void burnForEver() {
    for (;;) value = value * 1103515245 + 12345;
  }
}
