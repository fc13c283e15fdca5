package main

import (
	"encoding/json"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// transport is the receiving peer connection of a seat; without it the server would drop the participant after a minute.
type transport struct {
	signals *signalling
	peer    *webrtc.PeerConnection
	waiting []webrtc.ICECandidateInit // came before the offer
}

func newTransport(signals *signalling, connected func()) (*transport, error) {
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	peer, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			connected()
		}
	})
	return &transport{signals: signals, peer: peer}, nil
}

// answer waits for our own candidates, so that none has to be sent after it.
func (t *transport) answer(offer *livekit.SessionDescription) error {
	if err := t.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.Sdp}); err != nil {
		return err
	}
	for _, candidate := range t.waiting {
		if err := t.peer.AddICECandidate(candidate); err != nil {
			return err
		}
	}
	t.waiting = nil
	answer, err := t.peer.CreateAnswer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(t.peer)
	if err := t.peer.SetLocalDescription(answer); err != nil {
		return err
	}
	<-gathered
	description := &livekit.SessionDescription{Type: "answer", Sdp: t.peer.LocalDescription().SDP, Id: offer.Id}
	return t.signals.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{Answer: description}})
}

func (t *transport) addCandidate(trickle *livekit.TrickleRequest) error {
	if trickle.Target != livekit.SignalTarget_SUBSCRIBER {
		return nil
	}
	candidate := webrtc.ICECandidateInit{}
	if err := json.Unmarshal([]byte(trickle.CandidateInit), &candidate); err != nil {
		return err
	}
	if t.peer.RemoteDescription() == nil {
		t.waiting = append(t.waiting, candidate)
		return nil
	}
	return t.peer.AddICECandidate(candidate)
}

func (t *transport) close() { _ = t.peer.Close() }
