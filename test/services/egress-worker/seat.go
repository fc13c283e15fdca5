package main

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// seat is a participant's place in a room, without media.
type seat struct {
	wsURL  string
	token  string
	left   context.Context
	leave  context.CancelFunc
	seated chan struct{} // closed when it is there for the first time
	closed chan struct{} // closed when the room is gone
	failed chan error    // why it could not be taken
	once   sync.Once
}

func newSeat(wsURL, token string) *seat {
	left, leave := context.WithCancel(context.Background())
	return &seat{
		wsURL: wsURL, token: token, left: left, leave: leave,
		seated: make(chan struct{}), closed: make(chan struct{}), failed: make(chan error, 1),
	}
}

// sit stays in the room until it is told to leave or the room ends; a lost connection is taken up again, as a browser would.
func (s *seat) sit() {
	for s.left.Err() == nil {
		switch err := s.attend(); {
		case errors.Is(err, errSourceClosed):
			close(s.closed)
			return
		case err != nil && s.left.Err() == nil:
			select {
			case <-s.seated:
				time.Sleep(500 * time.Millisecond)
			default:
				s.failed <- err
				return
			}
		}
	}
}

// attend is one connection to the room. It returns errSourceClosed when the server says goodbye.
func (s *seat) attend() error {
	query := url.Values{"access_token": {s.token}, "auto_subscribe": {"0"}, "protocol": {"16"}, "sdk": {"go"}}
	socket, _, err := websocket.DefaultDialer.Dial(s.wsURL+"/rtc?"+query.Encode(), nil)
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
