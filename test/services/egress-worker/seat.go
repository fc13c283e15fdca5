package main

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/egress"
	"github.com/livekit/protocol/livekit"
	"github.com/livekit/psrpc"
	"google.golang.org/protobuf/proto"
)

// seatCapture captures nothing: it sits in the room as the recorder it would be, so that the server sees a living
// egress, and delivers a ready-made file. Hundreds of them fit on a small machine.
type seatCapture struct {
	config config
	job    *job
	left   context.Context
	leave  context.CancelFunc
	seated chan struct{}
	closed chan struct{}
	failed chan error
	once   sync.Once
}

func newSeatCapture(c config, j *job) *seatCapture {
	left, leave := context.WithCancel(context.Background())
	return &seatCapture{
		config: c, job: j, left: left, leave: leave,
		seated: make(chan struct{}), closed: make(chan struct{}), failed: make(chan error, 1),
	}
}

func (s *seatCapture) ended() <-chan struct{}  { return s.closed }
func (s *seatCapture) finish() (string, error) { return s.config.sample, nil }
func (s *seatCapture) discard()                { s.leave() }

func (s *seatCapture) start(ctx context.Context) (time.Time, error) {
	token, err := egress.BuildEgressToken(s.job.egressID, s.config.apiKey, s.config.apiSecret, s.job.roomName)
	if err != nil {
		return time.Time{}, err
	}
	go s.sit(token)
	seated := s.seated
	var activeAt <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-s.closed:
			return time.Time{}, errSourceClosed
		case err := <-s.failed:
			return time.Time{}, err
		case <-seated:
			seated, activeAt = nil, time.After(s.config.activeAfter)
		case now := <-activeAt:
			return now, nil
		}
	}
}

// sit stays in the room until it is told to leave or the room ends; a lost connection is taken up again, as a browser would.
func (s *seatCapture) sit(token string) {
	for s.left.Err() == nil {
		switch err := s.attend(token); {
		case errors.Is(err, errSourceClosed):
			close(s.closed)
			return
		case err != nil && s.left.Err() == nil:
			select {
			case <-s.seated:
				time.Sleep(500 * time.Millisecond)
			default:
				s.failed <- psrpc.NewErrorf(psrpc.InvalidArgument, "template error: %v", err)
				return
			}
		}
	}
}

// attend is one connection to the room. It returns errSourceClosed when the server says goodbye.
func (s *seatCapture) attend(token string) error {
	query := url.Values{"access_token": {token}, "auto_subscribe": {"0"}, "protocol": {"16"}, "sdk": {"go"}}
	socket, _, err := websocket.DefaultDialer.Dial(s.config.wsURL+"/rtc?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	signals := &signalling{socket: socket}
	stopWatching := context.AfterFunc(s.left, func() {
		_ = signals.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
		_ = socket.Close()
	})
	defer stopWatching()
	defer socket.Close()
	media, err := newTransport(signals, func() { s.once.Do(func() { close(s.seated) }) })
	if err != nil {
		return err
	}
	defer media.close()
	for {
		response, err := signals.receive()
		if err != nil {
			return err
		}
		switch message := response.Message.(type) {
		case *livekit.SignalResponse_Join:
			go signals.ping(s.left, time.Duration(max(message.Join.PingInterval, 1))*time.Second)
		case *livekit.SignalResponse_Offer:
			err = media.answer(message.Offer)
		case *livekit.SignalResponse_Trickle:
			err = media.addCandidate(message.Trickle)
		case *livekit.SignalResponse_Leave:
			return errSourceClosed
		}
		if err != nil {
			return err
		}
	}
}

// signalling is the room's WebSocket; writes may come from several goroutines.
type signalling struct {
	socket *websocket.Conn
	mu     sync.Mutex
}

func (s *signalling) send(request *livekit.SignalRequest) error {
	bytes, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.socket.WriteMessage(websocket.BinaryMessage, bytes)
}

func (s *signalling) receive() (*livekit.SignalResponse, error) {
	_, bytes, err := s.socket.ReadMessage()
	if err != nil {
		return nil, err
	}
	response := &livekit.SignalResponse{}
	return response, proto.Unmarshal(bytes, response)
}

func (s *signalling) ping(until context.Context, every time.Duration) {
	for ticker := time.NewTicker(every); ; {
		select {
		case <-until.Done():
			return
		case now := <-ticker.C:
			ping := &livekit.SignalRequest_PingReq{PingReq: &livekit.Ping{Timestamp: now.UnixMilli()}}
			if s.send(&livekit.SignalRequest{Message: ping}) != nil {
				return
			}
		}
	}
}
