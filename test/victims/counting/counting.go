// Fifty goroutines that count, each for itself. A line on standard input is answered by itself and the fifty counts.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

const goroutines = 50

func main() {
	var counts [goroutines]atomic.Int64
	for index := range counts {
		go func(count *atomic.Int64) {
			for {
				// Some work, so that the scheduler preempts, which it does by signals.
				for until := time.Now().Add(50 * time.Microsecond); time.Now().Before(until); {
				}
				count.Add(1)
				time.Sleep(time.Millisecond)
			}
		}(&counts[index])
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Print(lines.Text())
		for index := range counts {
			fmt.Print(" ", counts[index].Load())
		}
		fmt.Println()
	}
}
