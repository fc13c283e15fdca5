package main

import (
	"context"
	"time"

	"github.com/livekit/protocol/egress"
	"github.com/livekit/psrpc"
)

// seatCapture captures nothing: it sits in the room as the recorder it would be, so that the server sees a living
// egress, and delivers a ready-made file. Hundreds of them fit on a small machine.
type seatCapture struct {
	seat        *seat
	sample      string
	activeAfter time.Duration
}

func newSeatCapture(c config, j *job) (*seatCapture, error) {
	token, err := egress.BuildEgressToken(j.egressID, c.apiKey, c.apiSecret, j.roomName)
	if err != nil {
		return nil, err
	}
	return &seatCapture{seat: newSeat(c.wsURL, token), sample: c.sample, activeAfter: c.activeAfter}, nil
}

func (s *seatCapture) ended() <-chan struct{}  { return s.seat.closed }
func (s *seatCapture) finish() (string, error) { return s.sample, nil }
func (s *seatCapture) discard()                { s.seat.leave() }

func (s *seatCapture) start(ctx context.Context) (time.Time, error) {
	go s.seat.sit()
	seated := s.seat.seated
	var activeAt <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-s.seat.closed:
			return time.Time{}, errSourceClosed
		case err := <-s.seat.failed:
			return time.Time{}, psrpc.NewErrorf(psrpc.InvalidArgument, "template error: %v", err)
		case <-seated:
			seated, activeAt = nil, time.After(s.activeAfter)
		case now := <-activeAt:
			return now, nil
		}
	}
}
