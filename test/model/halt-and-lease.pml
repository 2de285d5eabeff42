/*
 * One host: its halt latch, its lease and its holder, among two people who halt straight at the agent, a halt that the
 * network delays past everything else, one who rearms, a coordinator that injects and renews, and a crash of the agent
 * with the loss of all that was not on disk. README.md says which function each step mirrors.
 *
 * A mutant is one of the names in mutants.txt, defined when the model is compiled (spin -DNAME).
 *
 * Time: a clock that only moves when it may. The kernel timer of the holder is urgent, as CLOCK_BOOTTIME timers are: the
 * clock does not pass the end of a lease while a holder that is due still holds.
 */

#define HALTERS 3      /* The third is the delayed one. */
#define TIME_MAX 4
#define TTL 2
#define HARD 3

/* On disk: what a restart of the agent finds. */
bool diskHalted = false;
byte diskEpoch = 1;
bool diskSeen[HALTERS];

/* In the memory of the agent. */
byte writes = 0;            /* Of the latch, under way: they are made in the order of the calls (shared/turns.ts). */
bool isUp = true;
bool halted = false;
byte epoch = 1;
bool seen[HALTERS];
bool leased = false;
byte leaseEnds = 0;
byte hardEnds = 0;

/* In the kernel: outlives the agent only for as long as PDEATHSIG takes, which is one step. */
bool held = false;
byte timerEnds = 0;
bool bound = false;

byte now = 0;

/* What the claims look at. */
bool answered[HALTERS];     /* This halt was acknowledged as durable, and nobody has rearmed since. */
byte epochBefore = 1;
byte injectStarted = 0;
bool latched[HALTERS];      /* It was taken as a new one. */
bool lateRenewal = false;
bool touchedWhileHalted = false;
bool duplicated = false;

#define end_of_lease (leaseEnds < hardEnds -> leaseEnds : hardEnds)
#define is_over (now >= end_of_lease)

/* lease.ts grantLease; ptrace-hold and holder.ts: the timer is armed before the touch. */
inline grant() {
  leaseEnds = now + TTL;
  hardEnds = now + HARD;
  leased = true
}

inline end_fault() {
  leased = false;
  held = false;
  bound = false
}

/* halt.ts latchHalt, decide.ts halt: in one turn of the agent; then latch.ts writes it. */
proctype Halter(byte id) {
  byte attempts = 0;
  bool isNew = false;
again:
  atomic {
    isUp ->
#ifdef HALT_COMPARES_EPOCH
      /* The sender believed in epoch 1. */
      if
      :: epoch != 1 -> goto done
      :: else -> skip
      fi;
#endif
      if
#ifdef DUPLICATE_HALT_COUNTS
      :: true ->
#else
      :: !seen[id] ->
#endif
           epochBefore = epoch;
#ifndef HALT_KEEPS_EPOCH
           epoch = epoch + 1;
#endif
           duplicated = duplicated || seen[id];
           seen[id] = true;
           halted = true;
           latched[id] = true;
           isNew = true;
           writes = writes + 1;
           assert(epoch > epochBefore);   /* An unseen halt always increments. */
           assert(!duplicated)            /* A repeated one never does. */
#ifndef DUPLICATE_HALT_COUNTS
      :: else -> skip
#endif
      fi;
#ifndef HALT_LETS_RUN
      end_fault();
      assert(!held)                       /* Letting go happens in that same turn, before any write. */
#endif
  };
  /* The write is a step of its own: a crash may come between. */
  atomic {
    if
    :: isUp && seen[id] && isNew ->
#ifndef EPOCH_NOT_PERSISTED
         diskEpoch = epoch;
#endif
#ifndef LATCH_NOT_PERSISTED
         diskHalted = halted;
#endif
         diskSeen[id] = true;
         answered[id] = true;
         isNew = false;
         writes = writes - 1
    :: else -> skip
    fi
  };
  /* One of them heard nothing, and sends the same request once more. */
  if
  :: id == 0 && attempts == 0 -> attempts = 1; goto again
  :: else -> skip
  fi;
done:
  assert(latched[id])   /* An authentic halt that nobody has seen always latches, whatever epoch its sender believed in. */
}

/* Engine.rearm: durable first, then in force; asked again in between, so that a halt that came first wins. */
proctype Rearmer() {
  byte expected;
  atomic { isUp -> expected = epoch };
  atomic {
    isUp && writes == 0 ->
      if
#ifdef REARM_IGNORES_EPOCH
      :: true ->
#else
      :: epoch == expected ->
#endif
           assert(epoch == expected);          /* rearmLatch: compare-and-set. */
           diskHalted = false;
           diskEpoch = epoch;
           answered[0] = false; answered[1] = false; answered[2] = false
#ifndef REARM_IGNORES_EPOCH
      :: else -> goto done
#endif
      fi
  };
  /* Asked again, after the write: a halt may have come. Its own write follows this one. */
  atomic {
    if
#ifdef REARM_ASKS_ONCE
    :: isUp ->
         assert(!halted || epoch == expected);
#else
    :: isUp && epoch == expected ->
#endif
         halted = false
    :: else -> skip
    fi
  };
done:
  skip
}

/* decide.ts inject and haltRefusals; then record, holder, touch: each a step, so that a halt may come between. */
proctype Coordinator() {
  byte asked;
  atomic { isUp -> asked = epoch };            /* Plan returned the epoch. */
  /* The inject may be late: everything else may happen first. */
  atomic {
    isUp ->
      if
#ifdef INJECT_IGNORES_LATCH
      :: !leased ->
#else
#ifdef INJECT_IGNORES_EPOCH
      :: !halted && !leased ->
#else
      :: !halted && epoch == asked && !leased ->
#endif
#endif
           injectStarted = now;
           assert(epoch == asked);             /* Compare-and-set: an inject of before a halt never fits. */
           assert(!halted);
           grant()
      :: else -> goto done
      fi
  };
#ifdef TOUCH_BEFORE_BIND
  atomic { isUp && leased -> held = true };
  atomic { isUp && leased -> bound = true; timerEnds = end_of_lease };
#else
  /* The holder binds itself: kernel timer and PDEATHSIG, before the first touch. */
  if
  :: atomic { isUp && leased -> bound = true; timerEnds = end_of_lease }
  :: !leased || !isUp -> goto done
  fi;
  /* The touch: only while the agent still wants it (whileBinding, isOver). */
  if
#ifdef TOUCH_UNASKED
  :: atomic { isUp && bound -> held = true; touchedWhileHalted = halted }
#else
  :: atomic { isUp && leased && bound && !is_over -> held = true; touchedWhileHalted = halted }
#endif
  :: !leased || !isUp || is_over -> goto done
  fi;
#endif
  /* Two renewals, each at any time later. */
  byte renewals = 0;
  do
  :: renewals < 2 ->
       atomic {
         if
#ifdef LATE_RENEWAL_ACCEPTED
         :: isUp && hardEnds > 0 ->
              lateRenewal = is_over || !leased;
              leased = true;
              held = true;
#else
         :: isUp && leased && !is_over ->
#endif
              assert(!lateRenewal);            /* renewLease: what is over stays over. */
#ifdef RENEWAL_IGNORES_HARD_DEADLINE
              leaseEnds = now + TTL;
              hardEnds = leaseEnds;
#else
              leaseEnds = (now + TTL > leaseEnds -> now + TTL : leaseEnds);
#endif
              assert(end_of_lease <= injectStarted + HARD);   /* No renewal goes past the hard deadline. */
              if
              :: bound -> timerEnds = end_of_lease
              :: else -> skip
              fi
         :: else -> skip
         fi;
         renewals = renewals + 1
       }
  :: renewals == 2 -> break
  od;
done:
  skip
}

/* The agent's own timer: tick, overdue. Whether it comes in time does not matter: the kernel's does. */
proctype Ticker() {
end:
  do
  :: atomic { isUp && leased && is_over -> end_fault() }
  od
}

/* A SIGKILL of the agent at any instant, at most one, and its restart. */
proctype Crash() {
  if
  :: atomic {
       isUp = false;
       leased = false;
       leaseEnds = 0;
       hardEnds = 0;
       halted = false;
       epoch = 0;
       writes = 0;
       seen[0] = false; seen[1] = false; seen[2] = false;
#ifndef NO_PDEATHSIG
       held = false;                            /* The kernel ends the holder with the agent. */
       bound = false
#endif
     };
     atomic {
       isUp = true;
       halted = diskHalted;
       epoch = diskEpoch;
       seen[0] = diskSeen[0]; seen[1] = diskSeen[1]; seen[2] = diskSeen[2];
       /* A halt that was acknowledged, and that nobody has rearmed since, is in force after a restart, at an epoch not lower. */
       assert(!(answered[0] || answered[1] || answered[2]) || halted);
       assert(!(answered[0] || answered[1] || answered[2]) || epoch > 1)
     }
  :: skip
  fi
}

/* Time. It may stand still for as long as it likes, but does not pass a timer of the kernel that is due. */
proctype Clock() {
end:
  do
#ifdef NO_KERNEL_TIMER
  :: atomic { now < TIME_MAX -> now = now + 1 }
#else
  :: atomic { now < TIME_MAX && !(held && bound && now >= timerEnds) -> now = now + 1 }
  :: atomic { held && bound && now >= timerEnds -> held = false; bound = false }
#endif
  od
}

/* Looked at in every state. */
proctype Monitor() {
end:
  do
  :: atomic { held && !bound -> assert(false) }                        /* Bind before touch. */
  :: atomic { touchedWhileHalted -> assert(false) }                    /* No touch behind a halt. */
  :: atomic { held && now > injectStarted + HARD -> assert(false) }    /* No renewal passes the hard deadline. */
  :: atomic { held && bound && now > timerEnds -> assert(false) }      /* Bounded, also with the agent gone. */
  :: atomic { held && !isUp -> assert(false) }                         /* With the agent goes the holder. */
  :: atomic { held && halted -> assert(false) }                        /* A halted host holds nothing. */
  od
}

init {
  atomic {
    run Halter(0);
    run Halter(1);
    run Halter(2);
    run Rearmer();
    run Coordinator();
    run Ticker();
    run Crash();
    run Clock();
    run Monitor()
  }
}
