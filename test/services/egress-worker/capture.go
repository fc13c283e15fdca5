package main

import (
	"context"
	"errors"
	"time"
)

// errSourceClosed: the room ended before anything was recorded.
var errSourceClosed = errors.New("source closed")

// capture records one room.
type capture interface {
	// start blocks until media is being written and returns the instant of the first of it.
	// It gives up when ctx ends, and with errSourceClosed when the room does.
	start(ctx context.Context) (time.Time, error)
	// ended is closed when the room is gone.
	ended() <-chan struct{}
	// finish closes the recording and returns the file.
	finish() (string, error)
	// discard frees everything; may be called at any time, also after finish.
	discard()
}

type captureFactory func(*job) (capture, error)

// newCaptureFactory prepares what all captures of a worker share, and returns how to end it.
func newCaptureFactory(c config) (captureFactory, func(), error) {
	if c.noMedia {
		return func(j *job) (capture, error) { return newSeatCapture(c, j) }, func() {}, nil
	}
	shared, err := newStudio(c)
	if err != nil {
		return nil, nil, err
	}
	return func(j *job) (capture, error) { return newBrowserCapture(c, shared, j) }, shared.close, nil
}
