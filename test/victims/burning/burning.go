// One goroutine that never sleeps. The scheduler preempts it by signals, and another one sends itself a signal each millisecond.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	signals := make(chan os.Signal, 1024)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
		}
	}()
	go func() {
		for range time.Tick(time.Millisecond) {
			syscall.Kill(syscall.Getpid(), syscall.SIGUSR1)
		}
	}()
	fmt.Println("ready")
	for value := uint32(1); ; {
		value = value*1103515245 + 12345
	}
}
