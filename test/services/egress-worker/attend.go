package main

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// attend is no worker at all: it takes a seat in a room for each token, as silent participants, until SIGTERM.
func attend(wsURL string, tokens []string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	seats := make([]*seat, len(tokens))
	var sitting sync.WaitGroup
	for i, token := range tokens {
		seats[i] = newSeat(wsURL, token)
		sitting.Go(seats[i].sit)
	}
	for _, s := range seats {
		select {
		case <-s.seated:
		case err := <-s.failed:
			return err
		}
	}
	fmt.Println("joined")
	<-signals
	for _, s := range seats {
		s.leave()
	}
	sitting.Wait()
	return nil
}
